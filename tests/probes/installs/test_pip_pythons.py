"""The same under every interpreter and pip that this machine has."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from packaging.version import Version

from airproof.probes.pip.decoy import Decoy
from airproof.probes.pip.environment import ISOLATES_ALWAYS, ISOLATES_MOSTLY
from airproof.site.site import COMMERCIAL
from pytest_airproof.packages import Sdist, Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.probes.pythons import each_python, host_of


class SetupPy:
    """An sdist of the old kind: a setup.py and nothing that says what it is built with."""

    filename = "ancient-1.0.tar.gz"

    def content(self) -> bytes:
        made = io.BytesIO()
        source = b"from setuptools import setup\nsetup(name='ancient', version='1.0', py_modules=['ancient'])\n"
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            for name, content in {"setup.py": source, "ancient.py": b"", "PKG-INFO": b"Name: ancient\n"}.items():
                member = tarfile.TarInfo(f"ancient-1.0/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return made.getvalue()

    def write(self, folder: Path) -> Path:
        path = folder / self.filename
        path.write_bytes(self.content())
        return path


def version_of(executable: str) -> Version:
    """Return the version of its pip."""
    return Version(host_of(executable).pip or "0")


def builds_with_what_is_there(executable: str) -> bool:
    """As `ISOLATES_ALWAYS` has it."""
    pip, beside = version_of(executable), Path(host_of(executable).pip_location or "")
    if pip < Version("21"):
        return True
    needed = ["setuptools"] if pip < ISOLATES_MOSTLY else ["setuptools", "wheel"]
    return pip < ISOLATES_ALWAYS and all((beside / name).is_dir() for name in needed)


@pytest.mark.parametrize("executable", each_python())
def test_a_setup_py_is_built_with_what_the_interpreter_has(executable: str, tmp_path: Path) -> None:
    """By a pip that can do no other; a later one asks the index for setuptools, and says that it is not there."""
    with StaticIndex({"ancient": [SetupPy()]}) as index:
        run = offline_pip(index.url, tmp_path, executable=executable).install([group("ancient")])

    if builds_with_what_is_there(executable):
        assert (run.ran.exit_code, [dist.name for dist in run.installed]) == (0, ["ancient"])
        assert [(imported.module, imported.ok) for imported in run.imports] == [("ancient", True)]
    else:
        assert run.ran.exit_code == 1
        assert "setuptools" in run.ran.stderr


@pytest.mark.parametrize("executable", each_python())
def test_every_pip_installs_and_every_process_of_it_is_guarded(executable: str, tmp_path: Path) -> None:
    """An sdist whose backend calls home is installed; the call is refused in the build's own child, and named."""
    if version_of(executable) < Version("20.0"):
        pytest.skip("this pip cannot build what brings its own backend (backend-path)")
    with StaticIndex() as elsewhere, Decoy() as decoy:
        sdist = Sdist("built", requires=["dep"], backend_requires=["tool"], phone_home=("127.0.0.1", elsewhere.port))
        with StaticIndex({"built": [sdist], "tool": [Wheel("tool")], "dep": [Wheel("dep")]}) as index:
            pip = offline_pip(index.url, tmp_path, executable=executable, decoy=decoy, pip_command=COMMERCIAL)
            run = pip.install([group("built", "gone; python_version < '3'")])
            canary = pip.canary()
        asked = elsewhere.asked

    assert (run.ran.exit_code, [dist.name for dist in run.installed]) == (0, ["built", "dep"])
    assert ([elsewhere.destination], []) == ([refusal.destination for refusal in run.refused], asked)
    assert [(imported.module, imported.ok) for imported in run.imports] == [("built", True)]
    assert run.check_problems == ()
    assert (canary.decoy_answers, canary.refused, canary.visitors) == (True, True, 0)


@pytest.mark.parametrize("executable", each_python())
def test_every_pip_installs_a_wheel_and_is_refused_elsewhere(executable: str, tmp_path: Path) -> None:
    """The oldest pips too: their own ways of reading settings and of caching are no obstacle."""
    with StaticIndex({"dep": [Wheel("dep")]}) as elsewhere:
        wheels = {"demo": [Wheel("demo", requires=["dep"])], "dep": [Wheel("dep")]}
        links = {"strayed": [elsewhere.file(Wheel("strayed").filename)]}
        with Decoy() as decoy, StaticIndex(wheels, links=links) as index:
            pip = offline_pip(index.url, tmp_path, executable=executable, decoy=decoy)
            well, strayed, visitors = pip.install([group("demo")]), pip.install([group("strayed")]), decoy.visitors
        asked = elsewhere.asked

    assert (well.ran.exit_code, [dist.name for dist in well.installed], well.refused) == (0, ["demo", "dep"], ())
    assert [elsewhere.destination] == [refusal.destination for refusal in strayed.refused]
    assert (strayed.ran.exit_code, asked, visitors) == (1, [], 0)
