"""Modules that pip installed are compiled by airproof on several processors, with the result that pip has on one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its types are another distribution
import pytest
from packaging.version import Version

from airproof.probes.pip import compiling, environment
from airproof.probes.pip.compiling import RUNS_SETUP_PY
from airproof.probes.pip.environment import GuardedEnvironment
from airproof.system.processes import Ran, run
from pytest_airproof.packages import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import PLAIN, group, offline_pip
from tests.probes.pythons import each_python, found_pythons, python_with_pip

KILLS = b"x = " + b"+".join([b"1"] * 300_000) + b"\n"
"""The compiler of CPython 3.7 to 3.9 ends in a segmentation fault (measured); from 3.10 on it is a RecursionError."""
MODULES: Mapping[str, bytes] = {
    "demo/__init__.py": b"",
    "demo/deep/inner.py": b"value = 1\n",
    "demo/of_another_python.py": b"print 'two'\n",
    "demo/no_text.py": b"\x00\xff",
}


def compiled_below(site_packages: Path) -> set[str]:
    """Return the compiled modules of a folder, but for the guard's own."""
    found = {path.relative_to(site_packages).as_posix() for path in site_packages.rglob("*.pyc")}
    return {name for name in found if name.startswith("demo")}


@pytest.fixture
def left_behind(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Return the compiled modules of each environment, as they are before its modules are imported."""
    found: list[set[str]] = []
    look_at = GuardedEnvironment.look_at

    def watched(self: GuardedEnvironment, *arguments: object, **named: object) -> object:
        found.append(compiled_below(self.env.site_packages))
        return look_at(self, *arguments, **named)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(GuardedEnvironment, "look_at", watched)
    return found


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[Collection[str]]:
    """Return the arguments of each process of an environment."""
    seen: list[Collection[str]] = []

    def watched(command: Collection[object], **named: object) -> Ran:
        seen.append([str(word) for word in command])
        return run(command, **named)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(environment, "run", watched)
    monkeypatch.setattr(compiling, "run", watched)
    return seen


def compilers(commands: Collection[Collection[str]]) -> int:
    return sum(compiling.COMPILES in command for command in commands)


@pytest.mark.parametrize("executable", each_python())
def test_the_same_modules_are_compiled_as_by_pip(
    executable: str, tmp_path: Path, left_behind: list[set[str]], commands: list[Collection[str]]
) -> None:
    """Those that do not compile are left as they are, by both."""
    with StaticIndex({"demo": [Wheel("demo", modules=(), files=MODULES)]}) as index:
        pip = offline_pip(index.url, tmp_path, executable=executable)
        pip.install([group("demo")])
        pip.install([group("demo")], by_pip=True)

    by_airproof, by_pip = left_behind
    assert by_airproof == by_pip
    assert {name.partition(".")[0] for name in by_pip} == {"demo/__pycache__/__init__", "demo/deep/__pycache__/inner"}
    assert compilers(commands) == int(Version(pip.host.pip or "0") >= RUNS_SETUP_PY)


def test_much_is_compiled_by_several_processes(
    tmp_path: Path, left_behind: list[set[str]], commands: list[Collection[str]]
) -> None:
    """As many as there are for pips, and one for each megabyte at most."""
    large = {f"demo/part{number}.py": b"value = 1\n" * 60_000 for number in range(4)}
    with StaticIndex({"demo": [Wheel("demo", modules=(), files={"demo/__init__.py": b"", **large})]}) as index:
        pip = offline_pip(index.url, tmp_path)
        pip.at_once = 8
        pip.install([group("demo")], imports=False)

    assert len(left_behind[0]) == 5
    assert [command[-1] for command in map(list, commands) if compiling.COMPILES in command] == ["2"]


@pytest.mark.parametrize("option", ["--no-compile", "--compile", "--no-comp"])
def test_a_command_that_says_it_itself_is_left_alone(
    option: str, tmp_path: Path, left_behind: list[set[str]], commands: list[Collection[str]]
) -> None:
    """The site's pip does what the site's line says."""
    with StaticIndex({"demo": [Wheel("demo", modules=(), files={"demo/__init__.py": b""})]}) as index:
        pip = offline_pip(index.url, tmp_path, pip_command=PLAIN.replace("install", f"install {option}"))
        run_ = pip.install([group("demo")])

    assert run_.ok
    assert bool(left_behind[0]) is (option == "--compile")
    assert compilers(commands) == 0


@pytest.mark.parametrize("minor", [8, 11])
def test_a_module_that_ends_the_compiler_ends_pip(minor: int, tmp_path: Path) -> None:
    """pip itself says so. Newer Pythons only leave out the module."""
    python = next((path for label, path in found_pythons().items() if label.startswith(f"cp3{minor}-")), "")
    if not python:
        pytest.skip(f"absent: python3.{minor}")
    with StaticIndex(
        {"demo": [Wheel("demo", modules=(), files={"demo/__init__.py": b"", "demo/table.py": KILLS})]}
    ) as index:
        run_ = offline_pip(index.url, tmp_path, executable=python).install([group("demo")])

    assert run_.ok is (minor >= 10)


def test_a_compiler_that_is_killed_is_left_to_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where its memory is not enough: pip may come to another end."""
    monkeypatch.setattr(compiling, "COMPILES", "import os; os.abort()")
    with StaticIndex({"demo": [Wheel("demo", modules=(), files={"demo/__init__.py": b""})]}) as index:
        run_ = offline_pip(index.url, tmp_path).install([group("demo")])

    assert run_.ok
    assert "--no-compile" not in run_.ran.command


def test_a_full_disk_is_left_to_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip writes its RECORD after what it has compiled, and fails where that took the last room."""
    monkeypatch.setattr(compiling, "NO_ROOM", 1 << 60)
    with StaticIndex({"demo": [Wheel("demo", modules=(), files={"demo/__init__.py": b""})]}) as index:
        run_ = offline_pip(index.url, tmp_path).install([group("demo")])

    assert "--no-compile" not in run_.ran.command


def test_a_pip_that_may_run_setup_py_compiles_itself(tmp_path: Path) -> None:
    """It hands the option on, and a setup.py may heed it (measured, 20.3.4 and 22.2.2)."""
    python = python_with_pip(Version("20.3"), RUNS_SETUP_PY)
    if python is None:
        pytest.skip("absent: a pip before 23.1")
    with StaticIndex({"demo": [Wheel("demo")]}) as index:
        run_ = offline_pip(index.url, tmp_path, executable=python).install([group("demo")])

    assert run_.ok
    assert "--no-compile" not in run_.ran.command


def test_a_compiler_that_does_not_end_is_left_to_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is bounded, as pip's is."""
    monkeypatch.setattr(compiling, "COMPILES", "import time; time.sleep(60)")
    whole, seconds = compiling.compile_modules, 0.5
    monkeypatch.setattr(
        environment, "compile_modules", lambda *place, **given: whole(*place, **{**given, "seconds": seconds})
    )
    with StaticIndex({"demo": [Wheel("demo", modules=(), files={"demo/__init__.py": b""})]}) as index:
        run_ = offline_pip(index.url, tmp_path).install([group("demo")])

    assert run_.ok
    assert "--no-compile" not in run_.ran.command


def compiling_processes() -> set[int]:
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if compiling.COMPILES in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process.pid)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt there goes to a whole console")
def test_an_interrupt_ends_the_compiler(tmp_path: Path) -> None:
    """It was started by another thread than the one that hears of the interrupt."""
    functions = b"\n".join(
        b"def f%d(a, b=None):\n    return [a, b, %d]\n" % (number, number) for number in range(40_000)
    )
    files = {"demo/__init__.py": b"", **{f"demo/part{number}.py": functions for number in range(3)}}
    others, environment = compiling_processes(), os.environ | {"TMPDIR": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    with StaticIndex({"demo": [Wheel("demo", modules=(), files=files)]}) as index:
        words = ["check", index.url, "-p", "demo", "--quiet", "--report-dir", str(tmp_path / "report")]
        process = subprocess.Popen(
            [sys.executable, "-m", "airproof", *words], env=environment, cwd=tmp_path, stderr=subprocess.DEVNULL
        )
        bound = time.monotonic() + 120
        while not compiling_processes() - others and process.poll() is None and time.monotonic() < bound:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)

    assert process.wait(60) == 130
    assert compiling_processes() <= others
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
