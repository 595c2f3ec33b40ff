"""Each module is imported as if alone, whether its process was forked or started."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from airproof.probes.pip import importing
from airproof.probes.pip.importing import TriedImport, try_imports
from airproof.system.processes import Ran, run

FORKED = pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only"))
ways = pytest.mark.parametrize("forks", [FORKED, False], ids=("forked", "started"))
Importing = Callable[..., dict[str, TriedImport]]


@pytest.fixture
def importing_of(tmp_path: Path) -> Importing:
    """Writes modules, and tries them in the order of their names."""

    def of(codes: Mapping[str, str], *, forks: bool) -> dict[str, TriedImport]:
        for module, code in codes.items():
            (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        variables = {**os.environ, "PYTHONPATH": str(tmp_path)}

        def python(arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
            return run([sys.executable, *arguments], timeout=seconds, env=variables, cwd=tmp_path, stdin=stdin)

        came = try_imports(python, [(f"of-{module}", module) for module in codes], forks=forks)
        return {imported.module: imported for imported in came}

    return of


@ways
def test_each_module_speaks_for_itself(importing_of: Importing, forks: bool) -> None:
    """In the order asked for, with the last line of what went wrong, or how its process ended."""
    codes = {
        "well": "import sys; sys.stderr.write('a warning')",
        "wanting": "import nowhere_to_be_found",
        "also_well": "",
        "silent": "import os; os._exit(7)",
        "leaving": "import sys; sys.exit(0)",
        "crashing": "import os; os.abort()",
        "last": "print('hello')",
    }
    came = importing_of(codes, forks=forks)

    assert list(codes) == list(came)
    assert [("of-well", True), ("of-wanting", False)] == [
        (tried.project, tried.ok) for tried in list(came.values())[:2]
    ]
    assert {
        "well": "",
        "wanting": "ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        "also_well": "",
        "silent": "exit code 7",
        "leaving": "ImportError: it ends the process that imports it: SystemExit(0)",
        "crashing": came["crashing"].error,
        "last": "",
    } == {module: one.error for module, one in came.items()}
    assert came["crashing"].error
    assert not came["crashing"].ok


@ways
def test_nothing_is_left_for_the_next(importing_of: Importing, forks: bool) -> None:
    """A module that works only after another was imported does not work."""
    leaving = "import sys, types; sys.modules['left'] = types.ModuleType('left')"
    codes = {"a": leaving, "b": leaving, "c": "import left", "d": "import left"}

    assert {"a": True, "b": True, "c": False, "d": False} == {
        module: one.ok for module, one in importing_of(codes, forks=forks).items()
    }


@ways
def test_one_that_hangs_is_stopped(importing_of: Importing, forks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as failed, with the time that it was given; the others go on."""
    monkeypatch.setattr(importing, "IMPORT_TIME", 1.5)
    came = importing_of({"a": "import time; time.sleep(600)", "b": "", "c": "", "d": ""}, forks=forks)

    assert {"a": "no end after 1.5 s", "b": "", "c": "", "d": ""} == {module: one.error for module, one in came.items()}


@ways
def test_one_that_cannot_be_stopped_by_a_signal(
    importing_of: Importing, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped with the process that waits for it; whoever came after it is tried again."""
    monkeypatch.setattr(importing, "IMPORT_TIME", 1.0)
    deaf = "import signal, time\nsignal.signal(getattr(signal, 'SIGALRM', signal.SIGINT), signal.SIG_IGN)\n"
    came = importing_of({"a": deaf + "time.sleep(600)", "b": "", "c": "", "d": ""}, forks=forks)

    assert {"a": "no end after 1 s", "b": "", "c": "", "d": ""} == {module: one.error for module, one in came.items()}


@ways
def test_one_that_writes_without_end_hides_nobody(importing_of: Importing, forks: bool) -> None:
    """The output of a process is kept up to a limit."""
    loud = "import sys\nfor _ in range(300): sys.stderr.write('x' * 9999 + '\\n')\n"
    came = importing_of({"a": "", "b": "", "c": loud, "d": "", "e": "", "f": "", "g": "nonsense"}, forks=forks)

    assert "NameError: name 'nonsense' is not defined" == came["g"].error
    assert [True] * 6 == [tried.ok for tried in came.values()][:6]


@ways
def test_an_import_that_never_returned_is_no_import(importing_of: Importing, forks: bool) -> None:
    """Whatever the exit code of the process is: it is the import's return that counts."""
    codes = {
        "leaving": "import os; os._exit(0)",
        "covering": "import atexit, os; atexit.register(os._exit, 0); import nowhere_to_be_found",
        "replacing": "import os; os.execv('/bin/true', ['true'])",
        "forking": "import os\nif os.fork(): os._exit(0)",
        "silencing": "import os, sys; os.close(2); sys.stderr = None; import nowhere_to_be_found",
    }
    came = importing_of(codes if os.name == "posix" else {"leaving": codes["leaving"]}, forks=forks)

    assert dict.fromkeys(came, False) == {module: result.ok for module, result in came.items()}
    assert [] == [module for module, result in came.items() if not result.error]


@ways
def test_what_a_module_leaves_running_does_not_hold_its_import(importing_of: Importing, forks: bool) -> None:
    """A thread that is no daemon, an exit function that never ends, an output that is closed: the import returned."""
    codes = {
        "threading_on": "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()",
        "ending_never": "import atexit, time; atexit.register(time.sleep, 600)",
        "silent": "import os, sys; os.close(2); sys.stderr = None",
    }
    came = importing_of(codes, forks=forks)

    assert dict.fromkeys(codes, True) == {module: result.ok for module, result in came.items()}
