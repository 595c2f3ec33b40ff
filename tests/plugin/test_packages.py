"""The tiny wheels and sdists are real ones: any pip installs them, and what is planted in them is all that is wrong."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import socket
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.tags import Tag
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from airproof.system.processes import Ran, run
from pytest_airproof.packages import (
    SAMPLE_REQUIREMENTS,
    Packages,
    Sdist,
    Wheel,
    sample_wheelhouse,
    write_truncated_wheel,
    write_wheel_without_metadata,
)


def pip_install(folder: Path, target: Path, *requirements: str) -> Ran:
    """The pip of this Python, with nothing but the files of a folder."""
    foreign = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    flags = ("--disable-pip-version-check", "--no-cache-dir", "--target", str(target))
    return run((sys.executable, "-m", "pip", "install", *flags, *requirements), timeout=120, env=env)


def record_lies(wheel: Wheel) -> list[str]:
    """Members of which RECORD is missing or wrong, and rows without member."""
    with zipfile.ZipFile(io.BytesIO(wheel.content())) as archive:
        record = f"{wheel.stem}.dist-info/RECORD"
        rows = {row.split(",")[0]: row.split(",")[1:] for row in archive.read(record).decode().splitlines()}
        wanted = {record: ["", ""]}
        for name in set(archive.namelist()) - {record}:
            digest = hashlib.sha256(archive.read(name)).digest()
            encoded = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            wanted[name] = [f"sha256={encoded}", str(len(archive.read(name)))]
    return sorted(name for name in rows.keys() | wanted.keys() if rows.get(name) != wanted.get(name))


@pytest.mark.parametrize(
    "wheel",
    [
        Wheel("demo"),
        Wheel("Big.Name", "1.0rc1", files={"data/x.bin": b"\x00\n,"}, modules=("one", "two.three")),
        Wheel("demo", metadata_name="other", metadata_version="9"),
    ],
    ids=["plain", "rich", "lying"],
)
def test_record_names_each_member_and_its_hash(wheel: Wheel) -> None:
    """RECORD is true, also where the wheel lies about its name."""
    assert record_lies(wheel) == []


def test_a_file_name_says_name_version_build_and_tags() -> None:
    """The file name is one that packaging reads back to what was asked for."""
    wheel = Wheel("Big.Name-x", "1.0+local-1", build="2abc", tag="py2.py3-none-any")

    found = parse_wheel_filename(wheel.filename)

    tags = frozenset({Tag("py2", "none", "any"), Tag("py3", "none", "any")})
    assert ("big-name-x", "1.0+local.1", (2, "abc"), tags) == (found[0], str(found[1]), found[2], found[3])


def test_metadata_holds_what_was_asked_for() -> None:
    """METADATA is valid core metadata with requirements, extras and their markers."""
    wheel = Wheel(
        "demo",
        requires=("base>=1",),
        requires_python=">=3.8",
        extras={"fast": ("speed", 'wings ; sys_platform == "win32"')},
    )

    found = Metadata.from_email(wheel.metadata.encode(), validate=True)

    wanted = ["base>=1", 'speed; extra == "fast"', 'wings; sys_platform == "win32" and extra == "fast"']
    assert wanted == [str(requirement) for requirement in found.requires_dist or ()]
    assert (found.provides_extra, str(found.requires_python)) == (["fast"], ">=3.8")


def test_a_planted_lie_stays_inside() -> None:
    """The file name keeps the truth while METADATA lies."""
    lying = Wheel("demo", metadata_name="other", metadata_version="9")

    assert lying.filename == "demo-1.0-py3-none-any.whl"
    assert lying.metadata.splitlines()[1:3] == ["Name: other", "Version: 9"]


@pytest.mark.parametrize("kind", [Wheel, Sdist])
def test_the_same_package_has_the_same_bytes(kind: type[Wheel] | type[Sdist], tmp_path: Path) -> None:
    """Bytes depend on nothing but what was asked for; another version has others."""
    first, again = kind("demo").write(tmp_path / "a"), kind("demo").write(tmp_path / "b")

    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != kind("demo", "1.1").content()


def test_broken_wheels_are_broken_in_one_way(tmp_path: Path) -> None:
    """A truncated wheel is no zip any more; one without METADATA is a whole zip."""
    cut = write_truncated_wheel(tmp_path / "cut", Wheel("demo"))
    bare = write_wheel_without_metadata(tmp_path / "bare", Wheel("demo"))

    assert (zipfile.is_zipfile(cut), zipfile.is_zipfile(bare)) == (False, True)
    with zipfile.ZipFile(bare) as archive:
        assert archive.namelist() == ["demo.py", "demo-1.0.dist-info/WHEEL", "demo-1.0.dist-info/RECORD"]


def test_pip_installs_a_wheel_and_builds_an_sdist_offline(tmp_path: Path) -> None:
    """Both kinds install with their dependency, and the sdist's backend comes from its own tree."""
    packages = Packages(tmp_path / "wheels")
    packages.wheel("base", modules=("base_module",))
    packages.wheel("demo", requires=("base",))
    packages.sdist("Source.Only", "2.0", requires=("base",), modules=("source_module",))

    ran = pip_install(packages.folder, tmp_path / "target", "demo", "source-only")

    assert (ran.exit_code, "" if ran.ok else ran.stdout + ran.stderr) == (0, "")
    modules = sorted(path.name for path in (tmp_path / "target").glob("*.py"))
    assert modules == ["base_module.py", "demo.py", "source_module.py"]


def test_an_sdist_can_want_a_backend_that_is_not_there(tmp_path: Path) -> None:
    """A required backend is looked for among the files, and its absence fails the build."""
    Sdist("demo", backend_requires=("absent-backend>=1",)).write(tmp_path)

    ran = pip_install(tmp_path, tmp_path / "target", "demo")

    assert ran.exit_code == 1
    assert "No matching distribution found for absent-backend>=1" in ran.stdout + ran.stderr


@pytest.mark.parametrize("phones", [True, False], ids=["phones home", "keeps quiet"])
def test_only_a_backend_that_phones_home_is_heard(tmp_path: Path, phones: bool) -> None:
    """The planted backend connects while it prepares metadata; the plain one opens no socket."""
    with socket.create_server(("127.0.0.1", 0)) as home:
        home.settimeout(0.2)
        Sdist("demo", phone_home=home.getsockname() if phones else None).write(tmp_path)
        ran = pip_install(tmp_path, tmp_path / "target", "demo")
        try:
            home.accept()[0].close()
            heard = True
        except TimeoutError:
            heard = False

    assert (0, phones) == (ran.exit_code, heard)


def test_an_sdist_says_who_it_is(tmp_path: Path) -> None:
    """The file name is one that packaging reads, and PKG-INFO is valid."""
    sdist = Sdist("Big.Name", "1.0", requires=("base",), requires_python=">=3.9")

    name, version = parse_sdist_filename(sdist.write(tmp_path).name)

    found = Metadata.from_email(sdist.metadata.encode(), validate=True)
    assert (name, str(version)) == ("big-name", "1.0")
    assert (found.name, str(found.requires_python)) == ("Big.Name", ">=3.9")


def test_everything_in_the_sample_fits(tmp_path: Path) -> None:
    """The sample installs by itself, and leaves out what its markers exclude here."""
    files = sample_wheelhouse(tmp_path / "sample")

    ran = pip_install(tmp_path / "sample", tmp_path / "target", *SAMPLE_REQUIREMENTS)

    installed = sorted(path.name for path in (tmp_path / "target").glob("*.dist-info"))
    names = ("app-1.0", "base-2.1", "lib-1.2", "native-1.0", "source-1.0")
    assert ran.exit_code == 0
    assert [f"airproof_sample_{name}.dist-info" for name in names] == installed
    assert {"airproof_sample_native-1.0-cp37-cp37m-win32.whl"} < {path.name for path in files}
