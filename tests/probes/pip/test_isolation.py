"""Source distributions that say nothing of their build: by the rules of each pip, and by what the interpreter has."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from airproof.probes.interpreters.pipbehaviour import builds_plain
from pytest_airproof.packages import Package
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.probes.pythons import each_python, host_of

SETUP = "from setuptools import setup\nsetup(name='plain', version='1.0', py_modules=['plain'])\n"
FILES = {"setup.py": SETUP, "plain.py": "", "PKG-INFO": "Metadata-Version: 1.0\nName: plain\nVersion: 1.0\n"}


class PlainSdist:
    """An sdist with a `setup.py`, and with this pyproject.toml or none."""

    filename = "plain-1.0.tar.gz"

    def __init__(self, pyproject: str | None = None) -> None:
        self.files = FILES if pyproject is None else {**FILES, "pyproject.toml": pyproject}

    def content(self) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, text in self.files.items():
                member = tarfile.TarInfo(f"plain-1.0/{name}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        return packed.getvalue()

    def write(self, folder: Path) -> Path:
        path = folder / self.filename
        path.write_bytes(self.content())
        return path


@pytest.mark.parametrize("executable", each_python())
def test_a_plain_setup_is_built_as_that_pip_builds_it(executable: str, tmp_path: Path) -> None:
    """The index has no setuptools: whether it installs depends on the pip and on what the interpreter has."""
    index_of: dict[str, list[Package]] = {"plain": [PlainSdist()]}
    with StaticIndex(index_of) as index:
        run = offline_pip(index.url, tmp_path, executable=executable).install([group("plain")])

    assert builds_plain(host_of(executable)) is run.ok


@pytest.mark.parametrize("executable", each_python())
def test_with_a_pyproject_every_pip_isolates(executable: str, tmp_path: Path) -> None:
    """Even one that is silent on building; what the interpreter has does not count."""
    index_of: dict[str, list[Package]] = {"plain": [PlainSdist("[tool.other]\n")]}
    with StaticIndex(index_of) as index:
        run = offline_pip(index.url, tmp_path, executable=executable).install([group("plain")])

    assert not run.ok
