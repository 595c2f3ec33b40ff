"""The published names, as somebody else's suite uses them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

import pytest_airproof
from pytest_airproof import FaultyIndex, Index, Mirror, Packages, Pip, Sdist, Server, ServerMaker, ServerSettings, Wheel

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
CLASSES = [name for name in pytest_airproof.__all__ if not name.startswith("airproof_")]
STRANGER = """
from __future__ import annotations

from typing import assert_type

import pytest
from pytest_airproof import {classes}


def test_types(
    airproof_faulty: FaultyIndex,
    airproof_index: Index,
    airproof_mirror: Mirror,
    airproof_packages: Packages,
    airproof_pip: Pip,
    airproof_server: Server,
    airproof_server_maker: ServerMaker,
) -> None:
    folder = airproof_packages.folder
    assert_type(airproof_index.upload("wheelhouse", folder, Wheel("demo"), Sdist("base")), tuple[str, ...])
    assert_type(airproof_index.projects(), tuple[str, ...])
    assert_type(airproof_faulty.files("demo"), dict[str, str])
    assert_type(airproof_mirror.upstream.env, dict[str, str])
    assert_type(airproof_pip(airproof_faulty, "demo").check(), Installation)
    assert_type(airproof_pip("http://127.0.0.1/", "demo").installed, dict[str, str])
    assert_type(airproof_faulty.requests[0], Request)
    assert_type(airproof_server.client, DevpiClient)
    assert_type(airproof_server_maker("other", ServerSettings()), Server)
    package: Package = Wheel("demo")
    with pytest.raises((BadInput, DevpiRefused, ServerDied)):
        airproof_index.upload(package)


def test_a_mistake(airproof_index: Index) -> None:
    airproof_index.upload(1)
    airproof_index.uplod("demo")
"""


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_is_imported_from_the_root(name: str) -> None:
    """A published class exists, and says in a sentence what it is."""
    published = getattr(pytest_airproof, name)

    assert isinstance(published, type)
    assert len((published.__doc__ or "").split()) > 3


def test_an_unknown_name_is_no_attribute() -> None:
    """Python's own error, with the place of the list."""
    with pytest.raises(AttributeError, match=r"'Indx'; see pytest_airproof\.__all__"):
        pytest_airproof.Indx  # noqa: B018 -- asked for to fail


def test_the_types_are_shipped() -> None:
    """A type checker reads the annotations of an installed package only beside this file."""
    assert Path(pytest_airproof.__file__).with_name("py.typed").is_file()


def checked(folder: Path) -> list[str]:
    """Return what mypy says about a folder of tests, as a stranger calls it: without any configuration."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-version=3.11", "."]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    return ran.stdout.splitlines() + ran.stderr.splitlines()


@pytest.mark.thorough
def test_a_strangers_suite_passes_mypy_strict(tmp_path: Path) -> None:
    """The examples of the page, and all published names in annotations; real types, so that a mistake is found."""
    for path in EXAMPLES.rglob("*.py"):
        shutil.copy(path, tmp_path)
    source = STRANGER.format(classes=", ".join(CLASSES))
    (tmp_path / "test_types.py").write_text(source, encoding="utf-8")
    wrong = [number for number, line in enumerate(source.splitlines(), 1) if "upload(1)" in line or "uplod" in line]

    said = checked(tmp_path)

    places = [re.match(r"test_types\.py:(\d+): error", line) for line in said if ": error:" in line]
    assert wrong == sorted({int(place[1]) for place in places if place}), said
    assert all(places), said


def test_each_object_says_what_it_is(
    airproof_faulty: FaultyIndex,
    airproof_mirror: Mirror,
    airproof_packages: Packages,
    airproof_pip: Pip,
    airproof_server_maker: ServerMaker,
) -> None:
    """A repr names the object and its state, and no password."""
    index = Index(airproof_faulty.server, airproof_faulty.name)
    server = index.server
    airproof_faulty.status(404, on="*/demo/")
    airproof_faulty.hang()
    airproof_packages.wheel("demo")

    assert f"<Index {index.url}>" == repr(index)
    assert f"<Mirror {airproof_mirror.url} of <Index {airproof_mirror.upstream.url}>>" == repr(airproof_mirror)
    assert f"<FaultyIndex {airproof_faulty.url}: status 404 on */demo/; hang on *>" == repr(airproof_faulty)
    assert f"<Packages in {airproof_packages.folder}: 1 file(s)>" == repr(airproof_packages)
    assert "<Pip: 0 installation(s) so far>" == repr(airproof_pip)
    assert f"<Server {server.name}: {server.url}, devpi-server {server.version}>" == repr(server)
    assert f"<DevpiClient of {server.url}, logged in as root>" == repr(server.client)
    assert repr(server) in repr(airproof_server_maker)
    assert "hunter2" not in repr(ServerSettings(password="hunter2"))


def test_a_stopped_server_has_a_repr(tmp_path: Path) -> None:
    """Nothing that a traceback shows raises while the server is away."""
    server = Server(tmp_path / "serverdir", rundir=tmp_path, name="away")

    assert "<Server away: stopped>" == repr(server)
    assert "<Index root/x on a stopped server>" == repr(Index(server, "root/x"))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Wheel("demo", requires="base"), TypeError, r"Wheel\(requires='base'\): give a tuple.*\('base',\)"),
        (lambda: Sdist("demo", backend_requires="base"), TypeError, r"Sdist\(backend_requires='base'\): give a tuple"),
        (lambda: Wheel("demo", extras={"fast": "speed"}), TypeError, "give a tuple for each extra"),
        (lambda: Wheel("demo", extras=cast(Any, ["fast"])), TypeError, "give a tuple for each extra"),
        (lambda: Wheel("demo", files=cast(Any, {"a.py": "x"})), TypeError, "give the content of each file as bytes"),
        (lambda: Wheel("demo", cast(Any, 1.0)), TypeError, r"Wheel\(version=1.0\): give a text, as in version='1.0'"),
        (lambda: Wheel("demo", tag="any"), ValueError, "a tag has three parts, such as 'py3-none-any'"),
        (lambda: ServerSettings(args=cast(Any, "--x")), TypeError, r"give a tuple, as in args=\('--x',\)"),
        (lambda: FaultyIndex(cast(Any, "http://127.0.0.1/")), TypeError, "give an Index, such as airproof_index"),
    ],
)
def test_a_wrong_field_is_named(make: Callable[[], object], error: type[Exception], words: str) -> None:
    """A text where a sequence belongs would become one requirement for each letter."""
    with pytest.raises(error, match=words):
        make()
