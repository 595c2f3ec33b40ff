"""What is inside a wheel or an sdist: read where it lies, never unpacked to disk, never more than a bound of it."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol

import msgspec
from packaging.metadata import parse_email

MAX_METADATA = 10 * 1024 * 1024
"""Bytes that are read of METADATA, RECORD, PKG-INFO and pyproject.toml."""
MAX_UNPACKED = 8 * 1024 * 1024 * 1024
"""Bytes that are unpacked of one file to look at it."""
MAX_MEMBERS = 200_000
SILENT = "setuptools>=40.8.0"
"""Build requirements of an sdist that names none (PEP 518)."""
BLOCK = 1 << 20
UNLISTED = (".dist-info/RECORD", ".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
"""Members for which RECORD has no hash, or no line (PEP 427)."""
DAMAGES = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(OSError, EOFError, ValueError, KeyError, IndexError, OverflowError, RuntimeError, NotImplementedError),
)
"""What the standard library raises for archives that are none, are cut, are encrypted or lie about themselves."""


class Inside(msgspec.Struct, frozen=True):
    """What a file says of itself."""

    readable: bool
    problem: str = ""
    """Why it cannot be read."""
    name: str = ""
    """As METADATA or PKG-INFO writes it."""
    version: str = ""
    tags: tuple[str, ...] = ()
    """A wheel's own, from its WHEEL file, sorted."""
    requires_python: str | None = None
    requires: tuple[str, ...] = ()
    """Requires-Dist."""
    extras: tuple[str, ...] = ()
    """Provides-Extra."""
    build_requires: tuple[str, ...] = ()
    """An sdist's `[build-system] requires`; setuptools where it says nothing (PEP 518)."""
    record_untrue: tuple[str, ...] = ()
    """Members of a wheel that are missing, are not what RECORD says, or that it does not name."""


class BrokenArchive(Exception):
    """An archive that is not what its name says."""


def read_wheel(path: Path | IO[bytes], *, whole: bool = True) -> Inside:
    """Reads a wheel (PEP 427), also one that is open already.

    `whole`: each member is unpacked and compared with RECORD, as installing it would.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            names = names_of(wheel)
            info = _info_folder(names)
            told = metadata_of(bounded_member(wheel, f"{info}/METADATA"))
            tags = _tags(bounded_member(wheel, f"{info}/WHEEL"))
            record = _record(bounded_member(wheel, f"{info}/RECORD"))
            untrue = _untrue(wheel, names, record) if whole else ()
    except (BrokenArchive, *DAMAGES) as error:
        return Inside(False, str(error) or type(error).__name__)
    return msgspec.structs.replace(told, tags=tags, record_untrue=untrue)


def read_sdist(path: Path | IO[bytes]) -> Inside:
    """Reads an sdist, tar or zip, to its end, also one that is open already."""
    try:
        members = _sdist_members(path)
        if "PKG-INFO" not in members:
            raise BrokenArchive("no PKG-INFO in its top folder")
        told = metadata_of(members["PKG-INFO"])
        needed = _build_requires(members.get("pyproject.toml", b""))
    except (BrokenArchive, msgspec.DecodeError, *DAMAGES) as error:
        return Inside(False, str(error) or type(error).__name__)
    return msgspec.structs.replace(told, build_requires=needed)


def names_of(archive: zipfile.ZipFile) -> list[str]:
    names = archive.namelist()
    if len(names) > MAX_MEMBERS:
        raise BrokenArchive(f"more than {MAX_MEMBERS} members")
    return names


def _info_folder(names: list[str]) -> str:
    tops = {name.partition("/")[0] for name in names if "/" in name}
    folders = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(folders) != 1:
        raise BrokenArchive("no .dist-info folder" if not folders else f"several .dist-info folders: {folders}")
    return folders[0]


def bounded_member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as member:
            return _bounded(member, name)
    except KeyError:
        raise BrokenArchive(f"no {name}") from None


def _bounded(source: IO[bytes], name: str) -> bytes:
    content = source.read(MAX_METADATA + 1)
    if len(content) > MAX_METADATA:
        raise BrokenArchive(f"{name} is longer than {MAX_METADATA} bytes")
    return content


def metadata_of(content: bytes) -> Inside:
    """Core metadata (PEP 566 and later), as it is written: what is wrong in it is for others to judge. Raises
    BrokenArchive where it has no name or no version.
    """
    raw, _ = parse_email(content)
    if not raw.get("name") or not raw.get("version"):
        raise BrokenArchive("its metadata has no Name or no Version")
    return Inside(
        readable=True,
        name=raw["name"],
        version=raw["version"],
        requires_python=raw.get("requires_python") or None,
        requires=tuple(raw.get("requires_dist", ())),
        extras=tuple(raw.get("provides_extra", ())),
    )


def _tags(content: bytes) -> tuple[str, ...]:
    lines = content.decode("utf-8", "replace").splitlines()
    return tuple(sorted({line.partition(":")[2].strip() for line in lines if line.lower().startswith("tag:")}))


def _record(content: bytes) -> dict[str, str]:
    """Member to hash, as `sha256=...`; empty where none is given."""
    rows = csv.reader(io.StringIO(content.decode("utf-8", "replace")))
    return {row[0]: row[1] for row in rows if len(row) > 1}


def _untrue(wheel: zipfile.ZipFile, names: list[str], record: dict[str, str]) -> tuple[str, ...]:
    """Unpacks all members, in memory, a block at a time; a member with a wrong checksum raises BadZipFile."""
    if sum(one.file_size for one in wheel.infolist()) > MAX_UNPACKED:  # no member gives more than it announces
        raise BrokenArchive(f"unpacks to more than {MAX_UNPACKED} bytes")
    left = MAX_UNPACKED
    unnamed = {one for one in names if one not in record and not one.endswith(("/", *UNLISTED))}
    wrong = set(record) - set(names) | unnamed
    for name in names:
        kind, _, wanted = record.get(name, "").partition("=")
        digest = hashlib.new(kind, usedforsecurity=False) if kind in hashlib.algorithms_guaranteed else None
        with wheel.open(name) as member:
            while block := member.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise BrokenArchive(f"unpacks to more than {MAX_UNPACKED} bytes")
                if digest is not None:
                    digest.update(block)
        if digest is not None and base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() != wanted:
            wrong.add(name)
    return tuple(sorted(wrong))


def _sdist_members(path: Path | IO[bytes]) -> dict[str, bytes]:
    """PKG-INFO and pyproject.toml of the top folder, as far as they are there."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {
                name.partition("/")[2]: bounded_member(archive, name) for name in names_of(archive) if _is_wanted(name)
            }
    found: dict[str, bytes] = {}
    with _unpacked(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for count, member in enumerate(archive):
            if count > MAX_MEMBERS:
                raise BrokenArchive(f"more than {MAX_MEMBERS} members")
            if _is_wanted(member.name) and member.isfile() and (content := archive.extractfile(member)) is not None:
                found[member.name.partition("/")[2]] = _bounded(content, member.name)
        while stream.read(BLOCK):  # what follows the archive's end mark: the checksum of the whole stands there
            pass
    return found


def _is_wanted(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(("/PKG-INFO", "/pyproject.toml"))


class _BuildSystem(msgspec.Struct, frozen=True):
    requires: tuple[str, ...]


class _Project(msgspec.Struct, frozen=True, rename="kebab"):
    """What pyproject.toml says of building; without a word of it, PEP 518 means setuptools."""

    build_system: _BuildSystem = _BuildSystem((SILENT,))


def _build_requires(pyproject: bytes) -> tuple[str, ...]:
    return msgspec.toml.decode(pyproject, type=_Project).build_system.requires


@contextmanager
def _unpacked(path: Path | IO[bytes]) -> Iterator[Bounded]:
    """The tar inside of a compressed file, told by its first bytes: a file name may say anything."""
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb")) if isinstance(path, Path) else path
        raw.seek(0)
        start = raw.read(6)
        raw.seek(0)
        if start.startswith(b"\x1f\x8b"):
            yield Bounded(stack.enter_context(gzip.GzipFile(fileobj=raw)))
        elif start.startswith(b"BZh"):
            yield Bounded(stack.enter_context(bz2.BZ2File(raw)))
        elif start == b"\xfd7zXZ\x00":
            yield Bounded(stack.enter_context(lzma.LZMAFile(raw)))
        else:
            yield Bounded(raw)


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Bounded(io.RawIOBase):
    """A stream of at most MAX_UNPACKED bytes: a few compressed ones may stand for terabytes."""

    def __init__(self, stream: Readable) -> None:
        self._stream, self._left = stream, MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(BLOCK if size < 0 else min(size, BLOCK))
        self._left -= len(block)
        if self._left < 0:
            raise BrokenArchive(f"unpacks to more than {MAX_UNPACKED} bytes")
        return block
