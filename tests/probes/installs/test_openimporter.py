"""The lines that OMFlow's open edition runs before an item's code: what they import, and what else stands on them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from airproof.probes.installs.openground import READS, importer_stdin
from airproof.system.processes import run


def ended(folder: Path, text: str, *, started: str = "", **asked: Any) -> dict[str, Any]:
    """The answer for these lines, with the modules of `folder`. `started`: code that the process runs as it begins."""
    own = {"own": "", "folders": (str(folder),), "assumed": (), "absent": {}, "unsure": (), "alone": False}
    before = {"filled": "", "loaded": (), "earlier": (), "restarted": False}
    given = {"text": text, "after": (), "executes": True, **own, **before, **asked}
    ran = run([sys.executable, "-c", started + READS], timeout=60, stdin=importer_stdin("mark", given), cwd=folder)
    line = next(line for line in ran.stderr.splitlines() if line.startswith("mark "))
    answer: dict[str, Any] = json.loads(line.partition(" ")[2])
    return answer


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    (tmp_path / "alpha.py").write_text(
        "from pathlib import Path\nvalue = 1\n\n\ndef act():\n    Path('ran').touch()\n\n\nimport_module = act\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("text", "end", "said"),
    [
        ("import alpha; raise ValueError(1)", "raises", "raise ValueError(1)"),
        ("import alpha; alpha.act(url)", "raises", "NameError: name 'url' is not defined"),
        ("import alpha; assert False", "raises", "AssertionError"),
        ("import alpha; assert True", "well", ""),
        ("import alpha; x = alpha.gone", "raises", "AttributeError: module 'alpha' has no attribute 'gone'"),
        ("import alpha; print(host)", "raises", "NameError: name 'host' is not defined"),
        ("import alpha as a; x = alpha", "raises", "NameError: name 'alpha' is not defined"),
        ("import alpha; x = a.value; import beta", "raises", "NameError: name 'a' is not defined"),
        ("import alpha; x = alpha.value; y = (x, 2, 'z'); import beta", "missing", "No module named 'beta'"),
        ("import alpha; alpha.value = 2; print(alpha.value)", "well", ""),
        ("import os; os.environ['NLS_LANG'] = 'x'; pass", "well", ""),
        ("from alpha import *; x = value", "well", ""),
        ("import alpha; f = lambda: host", "well", ""),
        ("import warnings; warnings.filterwarnings('ignore')", "well", ""),
        ("from warnings import simplefilter; simplefilter(action='ignore')", "well", ""),
        ("import importlib; importlib.import_module('beta')", "missing", "No module named 'beta'"),
        ("from importlib import import_module as load; a = load('beta')", "missing", "No module named 'beta'"),
        ("import alpha; a = __import__('alpha'); a.value", "well", ""),
        ("import json; x = json.dumps({})", "well", ""),
        ("import json; x = json.dumps({'a': [1]}, indent=2)", "well", ""),
        ("import json; x = json.loads('')", "raises", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        ("import os, time; now = time.time(); x = os.getenv('A', '')", "well", ""),
        ("import os; x = int('a')", "raises", "ValueError: invalid literal for int() with base 10: 'a'"),
    ],
)
def test_code_on_the_line_of_an_import_runs_before_the_items_own(modules: Path, text: str, end: str, said: str) -> None:
    """It sees what is imported and what OMFlow itself holds there, and none of the item's variables."""
    answer = ended(modules, text)

    assert (end, said, "") == (answer["ended"], answer["said"], answer["untold"])


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("alpha.act()", "import alpha; alpha.act()"),
        ("x = 1 + alpha.value", "import alpha; x = 1 + alpha.value; y = x"),
        ("x = data, 1", "import alpha; x = data, 1"),
        ("del alpha", "import alpha; del alpha"),
        ("x = json.dumps(alpha)", "import alpha, json; x = json.dumps(alpha)"),
        ("x = json.loads(**{})", "import json; x = json.loads(**{})"),
        ("alpha.import_module('beta')", "import alpha; alpha.import_module('beta')"),
        ("warnings.simplefilter('nonsense')", "import warnings; warnings.simplefilter('nonsense')"),
        ("os.environ['PIP_INDEX_URL'] = 'x'", "import os; os.environ['PIP_INDEX_URL'] = 'x'"),
        ("sys.path.append('..')", "import sys; sys.path.append('..')"),
        ("exec('y = 1')", "import alpha; exec('y = 1'); x = y"),
    ],
)
def test_no_code_of_the_item_is_run(modules: Path, statement: str, text: str) -> None:
    """The end of an unknown call is not known without making it: that is said, with the statement."""
    answer = ended(modules, text)

    assert ("well", statement) == (answer["ended"], answer["untold"])
    assert not (modules / "ran").exists()


def test_a_folder_that_the_line_adds_to_the_path_is_heeded(modules: Path) -> None:
    """An import behind it finds the module there, as it does in OMFlow."""
    folder = modules / "more"
    folder.mkdir()
    (folder / "gamma.py").write_text("")

    answer = ended(modules, f"import sys; sys.path.append({str(folder)!r})\nimport gamma\n")

    assert ("well", "") == (answer["ended"], answer["untold"])


def test_modules_that_are_only_looked_for_tell_nothing_of_their_attributes(modules: Path) -> None:
    """If nothing is imported, a use of an imported name cannot be judged; a name that nobody has can."""
    told = ended(modules, "import alpha; x = alpha.value", executes=False)
    fails = ended(modules, "import alpha; x = host", executes=False)

    assert ("well", "x = alpha.value") == (told["ended"], told["untold"])
    assert ("raises", "NameError: name 'host' is not defined") == (fails["ended"], fails["said"])


@pytest.mark.parametrize("line", ["import logging; x = logging.handlers", "import concurrent; x = concurrent.futures"])
def test_a_part_of_pythons_library_may_be_loaded_already(modules: Path, line: str) -> None:
    """Seen with OMFlow: both lines work, since a running OMFlow has imported these parts for itself."""
    answer = ended(modules, f"{line}\n")

    assert ("well", line.partition("; ")[2]) == (answer["ended"], answer["untold"])


def test_items_run_in_a_thread_that_is_not_the_main_one(tmp_path: Path) -> None:
    """Measured with the open edition: "signal only works in main thread"."""
    (tmp_path / "alpha.py").write_text("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_DFL)\n")

    answer = ended(tmp_path, "import alpha")

    assert (answer["ended"], "main thread" in answer["said"]) == ("raised", True)


@pytest.mark.parametrize(("text", "end"), [("from locale import setlocale", "well"), ("from logs import x", "raised")])
def test_a_folder_of_omflows_stands_back_behind_a_module(tmp_path: Path, text: str, end: str) -> None:
    """OMFlow's folder has one called `locale`, without `__init__.py`, and Python's library has the module."""
    for name in ("locale", "logs"):
        (tmp_path / "own" / name).mkdir(parents=True)

    assert ended(tmp_path, text, own=str(tmp_path / "own"))["ended"] == end


@pytest.mark.parametrize("code", ["import omflow.views", "from django.core.errors import Improper\nraise Improper"])
def test_what_needs_a_running_omflow_is_not_told(tmp_path: Path, code: str) -> None:
    (tmp_path / "own" / "omflow").mkdir(parents=True)
    (tmp_path / "own" / "omflow" / "__init__.py").touch()
    (tmp_path / "django" / "core").mkdir(parents=True)
    (tmp_path / "django" / "core" / "errors.py").write_text("class Improper(Exception):\n    pass\n")
    (tmp_path / "alpha.py").write_text(code + "\n")

    answer = ended(tmp_path, "import alpha", own=str(tmp_path / "own"))

    assert (answer["ended"], answer["untold"], answer["server"]) == ("well", "import alpha", True)


def test_path_files_count_if_they_were_there_as_omflow_started(tmp_path: Path) -> None:
    """Those of the interpreter's own packages are heeded, those that pip has brought meanwhile are not."""
    (tmp_path / "alpha.pth").write_text("# a comment\nlib\nimport os\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "alpha.py").touch()

    assert ended(tmp_path, "import alpha")["ended"] == "well"


@pytest.mark.parametrize(("restarted", "end"), [(False, "missing"), (True, "well")])
def test_code_of_a_path_file_that_pip_has_brought_is_taken_back(tmp_path: Path, end: str, *, restarted: bool) -> None:
    """Measured with the open edition: a `.pth` file with an `import` line does not help a running OMFlow."""
    (tmp_path / "hook.py").write_text(
        "import sys, importlib.machinery as made\n"
        "class Finder:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        return made.ModuleSpec(name, Finder) if name == 'beta' else None\n"
        "    create_module = exec_module = lambda *_: None\n"
        "sys.meta_path.append(Finder)\n"
    )
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "alpha.py").touch()
    started = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(tmp_path / 'lib')!r}]; import hook; sys.path.pop(0)\n"
    )
    given = {"filled": str(tmp_path), "restarted": restarted, "folders": ()}

    assert ended(tmp_path, "import alpha", started=started, **given)["ended"] == end
    assert ended(tmp_path, "import beta", started=started, **given)["ended"] == end
    assert ended(tmp_path, "import json", started=started, **given)["ended"] == "well"


def test_what_is_loaded_stays_as_it_is(tmp_path: Path) -> None:
    """A package looked for another one as it was imported; pip has installed that one afterwards."""
    (tmp_path / "alpha.py").write_text("try:\n    import beta\nexcept ImportError:\n    pass\nelse:\n    part = 1\n")
    (tmp_path / "beta.py").touch()
    text = "import alpha\nimport beta\nfrom alpha import part\n"
    then = [(text, ["alpha"])]

    assert ended(tmp_path, text, filled=str(tmp_path))["ended"] == "well"
    assert "cannot import name 'part'" in ended(tmp_path, text, filled=str(tmp_path), earlier=then)["said"]


def test_what_omflow_has_loaded_is_the_version_that_it_had(tmp_path: Path) -> None:
    """pip upgraded a package on which OMFlow stands: the process keeps the old one."""
    for folder, value in (("new", "newer"), ("old", "older")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pytz.py").write_text(f"{value} = 1\n")
    given: dict[str, Any] = {"filled": str(tmp_path / "new"), "folders": (str(tmp_path / "new"), str(tmp_path / "old"))}

    assert ended(tmp_path, "from pytz import newer", **given)["ended"] == "well"
    assert ended(tmp_path, "from pytz import newer", **given, loaded=["pytz"])["ended"] == "raised"
