"""An empty environment of an interpreter, in which that interpreter's own pip can run without being there itself.

The environment is made without pip. The interpreter's `pip` package, without its metadata, is linked into a folder of
its own that PYTHONPATH names: so `pip check` and `pip list` speak only of what was installed, nothing that the
interpreter has is visible, and an externally managed interpreter is no obstacle. An interpreter that can make no
environment (Windows' embeddable one) is started through `launcher.py`, which makes it behave as in one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from airproof.errors import CannotLook
from airproof.probes.interpreters.host import Host
from airproof.probes.onhost import SCRIPTS
from airproof.system.processes import run

LAUNCHER = SCRIPTS / "launcher.py"
MAKING_TIME = 120.0
"""Seconds that `venv` may take."""


class EmptyEnv(msgspec.Struct, frozen=True):
    """A virtual environment that holds nothing yet."""

    python: tuple[str, ...]
    """The command that starts its interpreter."""
    site_packages: Path


def make_empty_env(host: Host, folder: Path, env: Mapping[str, str]) -> EmptyEnv:
    """Make a fresh environment in `folder`. Raises CannotLook if this interpreter can neither make one nor run without
    one.
    """
    ran = run([host.executable, "-I", "-m", "venv", "--without-pip", folder], timeout=MAKING_TIME, env=env)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    folders = [*folder.glob("[Ll]ib/site-packages"), *folder.glob("lib/*/site-packages")]
    if not ran.ok or not python.exists() or not folders:
        launched = _launched(host, folder, env)
        if launched is not None:
            return launched
        reason = (ran.stderr.strip() or ran.stdout.strip()).rpartition("\n")[2] or f"exit code {ran.exit_code}"
        raise CannotLook("no-environment", interpreter=host.executable, reason=reason)
    return EmptyEnv((str(python),), folders[0])


def _launched(host: Host, folder: Path, env: Mapping[str, str]) -> EmptyEnv | None:
    """Return the folder as the launcher's environment; None if the launcher does not run either."""
    shutil.rmtree(folder, ignore_errors=True)  # Remove a half-made virtual environment.
    folder.mkdir(parents=True)
    # -I ignores the variables, so the ban on bytecode must be repeated as an option.
    python = (host.executable, "-I", "-S", "-B", str(LAUNCHER), str(folder))
    # The output is ASCII, whatever the console's encoding.
    asks = "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
    where = run([*python, "-c", asks], timeout=MAKING_TIME, env=env)
    if not where.ok:
        return None
    site_packages = Path(msgspec.json.decode(where.stdout, type=str))
    if not site_packages.is_relative_to(folder):
        return None
    site_packages.mkdir(parents=True, exist_ok=True)
    return EmptyEnv(python, site_packages)


def link_pip(host: Host, folder: Path) -> Path:
    """Make `folder` hold the interpreter's `pip` package and nothing else; return `folder`.

    Raises CannotLook if the interpreter has no pip, or one that is not a folder of files.
    """
    source = Path(host.pip_location or "") / "pip"
    if host.pip_location is None or not source.is_dir():
        raise CannotLook("interpreter-without-pip", interpreter=host.executable)
    folder.mkdir(parents=True)
    _link(source, folder / "pip")
    return folder


def link_build_tools(host: Host, folder: Path) -> Path:
    """Make `folder` hold the interpreter's setuptools and wheel, if it has them beside its pip; return `folder`.

    pip before 25.3 may build a `setup.py` without pyproject.toml with installed distributions
    (`environment.ISOLATES_ALWAYS`).
    """
    folder.mkdir(parents=True)
    for name in ("setuptools", "pkg_resources", "_distutils_hack", "wheel", "setuptools-*", "wheel-*"):
        for source in Path(host.pip_location or "").glob(name):
            if source.is_dir():
                _link(source, folder / source.name)
    return folder


def _link(source: Path, link: Path) -> None:
    try:
        if sys.platform == "win32":
            import _winapi  # noqa: PLC0415 -- only there

            _winapi.CreateJunction(str(source), str(link))  # A symbolic link would need a privilege.
        else:
            link.symlink_to(source, target_is_directory=True)
    except OSError:
        shutil.copytree(source, link, ignore=shutil.ignore_patterns("__pycache__"))
