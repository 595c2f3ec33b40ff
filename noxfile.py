"""The house's few commands: `python noxfile.py -s NAME`, with nothing but Python installed.

Without nox this file makes itself a private environment with nox in it (`.nox/bootstrap`) and goes on there, so that it
is the same line on every system: an externally managed Python is left alone, and PowerShell needs no activation.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
BOOTSTRAP = HERE / ".nox" / "bootstrap"


def bootstrap() -> int:
    """Runs nox from an environment of this file's own making, with this command line."""
    python = BOOTSTRAP / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists() or _code([python, "-c", "import nox"], capture_output=True):
        _say("making a private environment with nox in .nox/bootstrap, once; half a minute")
        try:
            venv.create(BOOTSTRAP, with_pip=True, clear=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return _say(f"this Python cannot make a virtual environment ({error}); on Debian: apt install python3-venv")
        if _code([python, "-m", "pip", "install", "--quiet", "nox>=2025.5"]):
            return _say("nox could not be installed with pip's own configuration; give pip an index and run again")
    return _code([python, "-m", "nox", "-f", __file__, *sys.argv[1:]])


def _code(command: list[str | Path], *, capture_output: bool = False) -> int:
    return subprocess.run(command, check=False, capture_output=capture_output).returncode


def _say(sentence: str) -> int:
    print(f"noxfile.py: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(bootstrap())

import nox  # noqa: E402 - only once it is certainly there

nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False
SIDE_BY_SIDE = ("-n", "4", "--dist", "worksteal")  # much is waiting; slow tests stand together, so workers take over
GROUPS = nox.project.dependency_groups
PYPROJECT = nox.project.load_toml(HERE / "pyproject.toml")


def install(session: nox.Session, *groups: str) -> None:
    """airproof as it would be installed from its wheel, and the tools of the named groups."""
    session.log("installing airproof and its tools, with pip's own configuration; up to two minutes the first time")
    session.install("--quiet", ".", *(asked_group for group in groups for asked_group in GROUPS(PYPROJECT, group)))


@nox.session
def rehearse(session: nox.Session) -> None:
    """The main job: the manual's steps on a real devpi, offline, judged. Arguments go after `--`."""
    install(session)
    session.run("airproof", "rehearse", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests of every day, on four workers. Arguments go after `--`."""
    install(session, "test")
    session.run("pytest", *SIDE_BY_SIDE, "-q", *session.posargs)


@nox.session
def thorough(session: nox.Session) -> None:
    """The tests and every variant of them: all scenarios, all remedies, all interpreters. Some 25 minutes."""
    install(session, "test")
    session.run("pytest", *SIDE_BY_SIDE, "-q", "-m", "", *session.posargs)


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def matrix(session: nox.Session) -> None:
    """The tests under every Python that is present."""
    install(session, "test")
    session.run("pytest", *SIDE_BY_SIDE, "-q", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting. `-- --fix` mends what it can."""
    session.install("--quiet", *GROUPS(PYPROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict, tests included."""
    install(session, "test", "lint")
    session.install("--quiet", "nox")
    session.run("mypy", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The numbers of docs/benchmarks.md, as ratios measured in one run."""
    install(session, "test")
    session.run("python", "tests/bench/run.py", *session.posargs)


@nox.session
def differential(session: nox.Session) -> None:
    """airproof and real pips over 2,000 random indexes each: some minutes. The pips are those of AIRPROOF_PYTHONS."""
    install(session, "test")
    variables = {"AIRPROOF_DIFFERENTIAL": "2000"}
    session.run("pytest", "-n", "2", "-q", "tests/differential", *session.posargs, env=variables)


@nox.session
def docs(session: nox.Session) -> None:
    """Writes the pages of checks, scenarios and options anew, and the list of presets; tests hold them to that."""
    install(session, "test")
    draw = "from airproof.catalog import load_catalog; from airproof.commands.page import page"
    session.run("python", "-c", f"{draw}; open('docs/checks.md', 'w', encoding='utf-8').write(page(load_catalog()))")
    session.run("python", "-m", "tests.docs.scenarios")
    session.run("python", "-m", "tests.docs.options")


@nox.session
def site(session: nox.Session) -> None:
    """Builds the documentation site into site/, for `airproof carry --docs site`."""
    install(session, "site")
    session.run("python", "-m", "tests.docs.building", "site")


@nox.session
def pictures(session: nox.Session) -> None:
    """Takes the pictures of docs/operator.md anew: a rejected and an accepted run, in Chromium."""
    install(session, "test")
    session.run("python", "-m", "tests.docs.pictures")


@nox.session
def build(session: nox.Session) -> None:
    """The wheel and the sdist, and a check of the built wheel in an environment of its own."""
    session.install("--quiet", "build", "twine")
    shutil.rmtree(HERE / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist")
    built = sorted(map(str, (HERE / "dist").iterdir()))
    session.run("twine", "check", "--strict", *built)
    session.install("--quiet", "--force-reinstall", "--no-deps", next(text for text in built if text.endswith(".whl")))
    session.install("--quiet", next(text for text in built if text.endswith(".whl")))
    with session.chdir(session.create_tmp()):
        session.run("airproof", "--version")
        session.run("airproof", "explain", silent=True)
        session.run("airproof", "rehearse", "--quiet")
