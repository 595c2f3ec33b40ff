"""Wheels and sdists, whole and damaged, read where they lie."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from pathlib import Path

import msgspec
import pytest

from airproof.custody.licences import Licence
from airproof.probes.files import archive
from airproof.probes.files.archive import Inside, read_sdist, read_wheel
from pytest_airproof.packages import Packages
from pytest_airproof.packages.wheels import Wheel

PKG_INFO = b"Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\nRequires-Dist: beta>=2\nRequires-Python: >=3.8\n"


def tar_of(members: dict[str, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def zip_of(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def changed(path: Path, **members: bytes | None) -> Path:
    """The wheel with members replaced, or left out where None; keys with `__` for a dot-info member."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    for name, content in members.items():
        (full,) = [entry for entry in kept if entry.endswith(name)] or [name]
        kept.pop(full, None)
        if content is not None:
            kept[full] = content
    return zip_of(path, kept)


def test_a_wheel_tells_what_it_is(airproof_packages: Packages) -> None:
    """Name, version, tags and demands come from the files inside."""
    path = airproof_packages.wheel("Foo.Bar", "2.0", requires=["beta>=1; python_version<'4'"], requires_python=">=3.8")

    assert Inside(
        readable=True,
        name="Foo.Bar",
        version="2.0",
        tags=("py3-none-any",),
        requires_python=">=3.8",
        requires=("beta>=1; python_version<'4'",),
    ) == read_wheel(path)


def test_a_wheel_states_its_licence_and_names_its_sboms(tmp_path: Path) -> None:
    """The SBOMs of PEP 770 by their paths: no folder, no other file, and not more than a page of them."""
    front = "alpha-1.0.dist-info/sboms"
    many = {f"{front}/{number:04}.json": b"{}" for number in range(100)} | {f"{front}/{'x' * 300}": b"{}"}
    wheels = [
        Wheel("alpha", stated=("License-Expression: MIT",), files={f"{front}/a.json": b"{}", "alpha/sboms/b": b""}),
        Wheel("alpha", stated=("License: MIT", "License: ISC"), files=many),
    ]
    first, second = (read_wheel(wheel.write(tmp_path / str(at))) for at, wheel in enumerate(wheels))

    assert (Licence(("MIT",), "", "License-Expression"), (f"{front}/a.json",)) == (first.licence, first.sboms)
    assert (("MIT", "ISC"), archive.MOST_SBOMS) == (second.licence.spdx, len(second.sboms))


def test_an_empty_requires_python_is_none(airproof_packages: Packages) -> None:
    """A wheel without one, or with nothing in it, demands nothing."""
    assert read_wheel(airproof_packages.wheel("alpha")).requires_python is None


def test_a_truncated_wheel_is_not_readable(airproof_packages: Packages) -> None:
    """The reason is said."""
    found = read_wheel(airproof_packages.truncated_wheel("alpha"))

    assert not found.readable
    assert found.problem


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_not_readable(tmp_path: Path, content: bytes) -> None:
    """Junk of any kind never raises."""
    path = tmp_path / "alpha-1.0-py3-none-any.whl"
    path.write_bytes(content)

    assert not read_wheel(path).readable
    assert not read_sdist(path).readable


@pytest.mark.parametrize("member", ["METADATA", "WHEEL", "RECORD"])
def test_a_wheel_without_its_papers_is_not_readable(airproof_packages: Packages, member: str) -> None:
    """The missing one is named."""
    found = read_wheel(changed(airproof_packages.wheel("alpha"), **{member: None}))

    assert (False, True) == (found.readable, member in found.problem)


@pytest.mark.parametrize(
    "metadata", [b"", b"Name: alpha\n", b"Version: 1.0\n", b"\xff\xfe\0\0", b"\n\nName: alpha\nVersion: 1\n"]
)
def test_metadata_without_name_or_version_is_not_readable(airproof_packages: Packages, metadata: bytes) -> None:
    """It could not be installed."""
    assert not read_wheel(changed(airproof_packages.wheel("alpha"), METADATA=metadata)).readable


def test_two_info_folders_are_one_too_many(airproof_packages: Packages) -> None:
    """Installers refuse them, so it is not readable."""
    found = read_wheel(changed(airproof_packages.wheel("alpha"), **{"beta-1.0.dist-info/METADATA": PKG_INFO}))

    assert (False, True) == (found.readable, "several" in found.problem)


def test_a_changed_member_is_untrue_to_the_record(airproof_packages: Packages) -> None:
    """RECORD's hash and the member's differ, or the member is missing; the whole wheel has none of these."""
    whole = airproof_packages.wheel("alpha", modules=["one", "two"])
    (one, two) = [
        n
        for n in zipfile.ZipFile(whole).namelist()
        if n.endswith(("one.py", "two.py", "one/__init__.py", "two/__init__.py"))
    ]
    before = read_wheel(whole)
    found = read_wheel(changed(whole, **{one: b"evil = 1\n", two: None}))

    assert (True, ()) == (before.readable, before.record_untrue)
    assert (True, tuple(sorted((one, two)))) == (found.readable, found.record_untrue)
    assert () == read_wheel(whole, whole=False).record_untrue


def test_a_flipped_bit_is_damage(airproof_packages: Packages) -> None:
    """A member whose checksum is wrong cannot be installed."""
    path = zip_of(
        airproof_packages.wheel("alpha"),
        {**Wheel("alpha").members(), "alpha/data.bin": b"payload" * 50},
        zipfile.ZIP_STORED,
    )
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"payload", b"qayload", 1))
    found = read_wheel(path)

    assert (False, True) == (found.readable, "CRC" in found.problem)


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither huge metadata nor huge members are unpacked to their end."""
    monkeypatch.setattr(archive, "MAX_METADATA", 10_000)
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1_000_000)
    info = "alpha-1.0.dist-info"
    papers = {f"{info}/METADATA": PKG_INFO, f"{info}/WHEEL": b"", f"{info}/RECORD": b""}
    metadata = zip_of(tmp_path / "a.whl", {**papers, f"{info}/METADATA": PKG_INFO + b"\n" * 20_000})
    members = zip_of(tmp_path / "b.whl", {**papers, "zeros": b"\0" * 2_000_000})
    sdist = tmp_path / "c.tar.gz"
    sdist.write_bytes(gzip.compress(tar_of({"a-1/PKG-INFO": PKG_INFO, "a-1/zeros": b"\0" * 2_000_000})))
    found = [read_wheel(metadata), read_wheel(members), read_sdist(sdist)]

    assert [False] * 3 == [item.readable for item in found]
    assert [True, True, True] == ["bytes" in item.problem for item in found]


def test_too_many_members_are_given_up(airproof_packages: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list without end is not gone through."""
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)

    assert "members" in read_wheel(airproof_packages.wheel("alpha")).problem
    assert "members" in read_sdist(airproof_packages.sdist("alpha")).problem


def test_an_sdist_tells_what_it_is_and_needs(airproof_packages: Packages) -> None:
    """PKG-INFO and the build-system table are read from the top folder."""
    found = read_sdist(airproof_packages.sdist("alpha", "1.5", requires=["beta"]))

    assert (True, "alpha", "1.5", ("beta",)) == (found.readable, found.name, found.version, found.requires)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["tar", "gz", "bz2", "xz"])
def test_every_compression_of_an_sdist_is_read(tmp_path: Path, pack: object) -> None:
    """It is told by its first bytes, whatever the file is called."""
    assert callable(pack)
    pyproject = b'[build-system]\nrequires = ["flit_core>=3"]\nbuild-backend = "flit_core.buildapi"\n[project]\n'
    path = tmp_path / "alpha"
    deep = {"alpha-1.0/sub/PKG-INFO": b"", "alpha-1.0/pyproject.toml": pyproject, "alpha-1.0/PKG-INFO": PKG_INFO}
    path.write_bytes(pack(tar_of(deep)))

    assert Inside(
        True,
        name="alpha",
        version="1.0",
        requires_python=">=3.8",
        requires=("beta>=2",),
        build_requires=("flit_core>=3",),
    ) == read_sdist(path)


def test_a_zipped_sdist_is_read(tmp_path: Path) -> None:
    """Without pyproject.toml it needs setuptools, as pip has it."""
    found = read_sdist(zip_of(tmp_path / "alpha-1.0.zip", {"alpha-1.0/PKG-INFO": PKG_INFO}))

    assert (True, ("setuptools>=40.8.0",)) == (found.readable, found.build_requires)


@pytest.mark.parametrize(
    ("pyproject", "needs"),
    [
        (b"", ("setuptools>=40.8.0",)),
        (b"[project]\nname = 'alpha'\n", ("setuptools>=40.8.0",)),
        (b"[build-system]\nrequires = []\n", ()),
        (b"[build-system]\n", None),
        (b"[build-system\n", None),
        (b"[build-system]\nrequires = 3\n", None),
    ],
)
def test_what_a_build_needs_is_read_as_pip_reads_it(
    tmp_path: Path, pyproject: bytes, needs: tuple[str, ...] | None
) -> None:
    """No table means setuptools; a table without `requires`, or no TOML, cannot be built (PEP 518)."""
    path = tmp_path / "alpha-1.0.tar"
    path.write_bytes(tar_of({"alpha-1.0/PKG-INFO": PKG_INFO, "alpha-1.0/pyproject.toml": pyproject}))
    found = read_sdist(path)

    assert (needs is not None, needs or ()) == (found.readable, found.build_requires)


def test_a_cut_sdist_is_not_readable(airproof_packages: Packages) -> None:
    """Also where PKG-INFO had come already; one without PKG-INFO neither."""
    path = airproof_packages.sdist("alpha")
    path.write_bytes(path.read_bytes()[:-20])

    assert not read_sdist(path).readable


def test_an_sdist_without_pkg_info_is_not_readable(tmp_path: Path) -> None:
    """Nor is one whose PKG-INFO is no file."""
    path = tmp_path / "alpha-1.0.tar"
    path.write_bytes(tar_of({"alpha-1.0/setup.py": b""}))

    assert "PKG-INFO" in read_sdist(path).problem


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_damage_anywhere_never_raises(airproof_packages: Packages, kind: str) -> None:
    """Bytes changed at random are read, or not readable: nothing else."""
    path = getattr(airproof_packages, kind)("alpha", requires=["beta"])
    good = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 -- no secret: the same damage each time
    for _ in range(150):
        bad = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            bad[chance.randrange(len(bad))] = chance.randrange(256)
        path.write_bytes(bytes(bad[: chance.randint(1, len(bad))] if chance.random() < 0.3 else bad))
        found = read_wheel(path) if kind == "wheel" else read_sdist(path)

        assert found == msgspec.convert(msgspec.to_builtins(found), Inside)
        assert found.readable is not bool(found.problem)
