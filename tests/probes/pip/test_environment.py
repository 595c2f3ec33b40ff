"""The environment of a pip run, as an import sees it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airproof.probes.pip.emptyenv import EmptyEnv
from airproof.probes.pip.environment import GuardedEnvironment, PipCall
from tests.probes.pythons import host_of

SHOWN = "import sys, setuptools; sys.stderr.write(setuptools.version)"


@pytest.mark.parametrize(("installed", "version"), [("newer", "newer"), ("", "older")])
def test_a_build_tool_that_pip_installed_hides_the_interpreters(tmp_path: Path, installed: str, version: str) -> None:
    """A package that needs a newer setuptools than the interpreter's brings it, and imports that one."""
    there, tools, cwd = tmp_path / "site", tmp_path / "tools", tmp_path / "cwd"
    for folder, held in ((there, installed), (tools, "older")):
        (folder / "setuptools").mkdir(parents=True)
        (folder / "setuptools" / "__init__.py").write_text(f"version = {held!r}\n")
    if not installed:
        (there / "setuptools" / "__init__.py").unlink()
        (there / "setuptools").rmdir()
    cwd.mkdir()
    started = f"import sys; sys.path.insert(sys.path.index({str(tools)!r}) + 1 if {str(tools)!r} in sys.path else 0, "
    python = (sys.executable, "-S", "-c", f"{started}{str(there)!r}); exec(sys.argv[1])")
    call = PipCall(url="http://192.0.2.1/simple/", pip_command="{python} -m pip", timeout=5.0)
    environment = GuardedEnvironment(host_of(), call, tmp_path, EmptyEnv(python, there), {}, str(tools))

    ran = environment.importing([SHOWN], 60, "")

    assert version == ran.stderr
