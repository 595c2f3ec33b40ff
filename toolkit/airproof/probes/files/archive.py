"""Read the metadata inside a wheel or an sdist: in memory, never unpacked to disk, and never beyond a size limit."""

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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Literal, Protocol

import msgspec
from packaging.metadata import parse_email

from airproof.custody.licences import Licence, licence_of

MAX_METADATA = 10 * 1024 * 1024
"""Bytes that are read of METADATA, RECORD, PKG-INFO and pyproject.toml."""
MAX_UNPACKED = 8 * 1024 * 1024 * 1024
"""Most bytes that are unpacked of one file while it is inspected."""
MAX_MEMBERS = 200_000
SILENT = "setuptools>=40.8.0"
"""Build requirements of an sdist that names none (PEP 518)."""
BLOCK = 1 << 20
UNLISTED = (".dist-info/RECORD", ".dist-info/RECORD.jws", ".dist-info/RECORD.p7s")
"""Members for which RECORD has no hash, or no line (PEP 427)."""
SBOMS = "/sboms/"
"""Below `.dist-info`: the folder of SBOMs that a wheel brings along (PEP 770)."""
MOST_SBOMS = 20
LONGEST_SBOM_NAME = 200
MODULE_SUFFIXES = (".py", ".pyd", ".so")
"""Endings of files that Python imports."""
DAMAGES = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(OSError, EOFError, ValueError, KeyError, IndexError, OverflowError, RuntimeError, NotImplementedError),
)
"""Exceptions of the standard library for files that are not archives, or are cut, encrypted or inconsistent."""


class Inside(msgspec.Struct, frozen=True):
    """Metadata from inside a file."""

    readable: bool
    problem: str = ""
    """Why the file cannot be read."""
    name: str = ""
    """The name as METADATA or PKG-INFO writes it."""
    version: str = ""
    tags: tuple[str, ...] = ()
    """The tags of a wheel's WHEEL file, sorted."""
    requires_python: str | None = None
    requires: tuple[str, ...] = ()
    """Requires-Dist."""
    extras: tuple[str, ...] = ()
    """Provides-Extra."""
    build_requires: tuple[str, ...] = ()
    """`[build-system] requires` of an sdist; setuptools if it states nothing (PEP 518)."""
    record_untrue: tuple[str, ...] = ()
    """Members of a wheel that are missing, that differ from RECORD, or that RECORD does not list."""
    licence: Licence = Licence()
    sboms: tuple[str, ...] = ()
    """Members of a wheel that are SBOMs (PEP 770), by their paths; at most MOST_SBOMS."""


class BrokenArchive(Exception):
    """The archive is not of the kind that its name says."""


def read_wheel(path: Path | IO[bytes], *, whole: bool = True) -> Inside:
    """Read a wheel (PEP 427), given as a path or as an open file.

    `whole`: unpack each member and compare it with RECORD, as an installation would.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            names = names_of(wheel)
            info = _info_folder(names)
            metadata = metadata_of(bounded_member(wheel, f"{info}/METADATA"))
            tags = _tags(bounded_member(wheel, f"{info}/WHEEL"))
            record = _record(bounded_member(wheel, f"{info}/RECORD"))
            untrue = _untrue(wheel, names, record) if whole else ()
    except (BrokenArchive, *DAMAGES) as error:
        return Inside(False, str(error) or type(error).__name__)
    return msgspec.structs.replace(metadata, tags=tags, record_untrue=untrue, sboms=sboms_in(names, info))


def read_sdist(path: Path | IO[bytes]) -> Inside:
    """Read an sdist, tar or zip, to its end, given as a path or as an open file."""
    try:
        members = _sdist_members(path)
        if "PKG-INFO" not in members:
            raise BrokenArchive("no PKG-INFO in its top folder")
        metadata = metadata_of(members["PKG-INFO"])
        needed = _build_requires(members.get("pyproject.toml", b""))
    except (BrokenArchive, msgspec.DecodeError, *DAMAGES) as error:
        return Inside(False, str(error) or type(error).__name__)
    return msgspec.structs.replace(metadata, build_requires=needed)


def names_of(archive: zipfile.ZipFile) -> list[str]:
    names = archive.namelist()
    if len(names) > MAX_MEMBERS:
        raise BrokenArchive(f"more than {MAX_MEMBERS} members")
    return names


def sboms_in(names: Iterable[str], info: str) -> tuple[str, ...]:
    """Return the SBOMs in the `.dist-info` folder of a wheel, by their paths."""
    front = f"{info}{SBOMS}"
    found = (name for name in names if name.startswith(front) and not name.endswith("/"))
    return tuple(sorted(name for name in found if len(name) <= LONGEST_SBOM_NAME)[:MOST_SBOMS])


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
    """Parse core metadata (PEP 566 and later) without judging its content. Raises BrokenArchive if it has no name or no
    version.
    """
    raw, unparsed = parse_email(content)
    # Of several, pip reads the first.
    name = raw.get("name") or next(iter(unparsed.get("name", ())), "")
    version = raw.get("version") or next(iter(unparsed.get("version", ())), "")
    if not name or not version:
        raise BrokenArchive("its metadata has no Name or no Version")

    def _every(field: Literal["license_expression", "license"], header: str) -> list[str]:
        """Return each value of a field that may stand once; repeated, it is not parsed."""
        return [value for value in (raw.get(field), *unparsed.get(header, ())) if value]

    return Inside(
        readable=True,
        name=name,
        version=version,
        requires_python=raw.get("requires_python") or None,
        requires=tuple(raw.get("requires_dist", ())),
        extras=tuple(raw.get("provides_extra", ())),
        licence=licence_of(
            _every("license_expression", "license-expression"), raw.get("classifiers", ()), _every("license", "license")
        ),
    )


def wheel_metadata_of(content: bytes) -> Inside:
    """Parse the METADATA of a wheel, or beside one, which pip reads as UTF-8 only (measured, 20.3 to 26.3). Raises
    BrokenArchive.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenArchive(f"its METADATA is not UTF-8: {error.reason} at byte {error.start}") from error
    return metadata_of(content)


def _tags(content: bytes) -> tuple[str, ...]:
    lines = content.decode("utf-8", "replace").splitlines()
    return tuple(sorted({line.partition(":")[2].strip() for line in lines if line.lower().startswith("tag:")}))


def _record(content: bytes) -> dict[str, str]:
    """Map each member to its hash, as `sha256=...`; empty if none is given."""
    rows = csv.reader(io.StringIO(content.decode("utf-8", "replace")))
    return {row[0]: row[1] for row in rows if len(row) > 1}


def _untrue(wheel: zipfile.ZipFile, names: list[str], record: dict[str, str]) -> tuple[str, ...]:
    """Unpack all members, in memory, a block at a time, and return those that differ from RECORD.

    A member with a wrong checksum raises BadZipFile.
    """
    # No member yields more bytes than it announces.
    if sum(entry.file_size for entry in wheel.infolist()) > MAX_UNPACKED:
        raise BrokenArchive(f"unpacks to more than {MAX_UNPACKED} bytes")
    remaining = MAX_UNPACKED
    unnamed = {path for path in names if path not in record and not path.endswith(("/", *UNLISTED))}
    wrong = set(record) - set(names) | unnamed
    for name in names:
        kind, _, wanted = record.get(name, "").partition("=")
        digest = hashlib.new(kind, usedforsecurity=False) if kind in hashlib.algorithms_guaranteed else None
        with wheel.open(name) as member:
            while block := member.read(BLOCK):
                remaining -= len(block)
                if remaining < 0:
                    raise BrokenArchive(f"unpacks to more than {MAX_UNPACKED} bytes")
                if digest is not None:
                    digest.update(block)
        if digest is not None and base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() != wanted:
            wrong.add(name)
    return tuple(sorted(wrong))


def _sdist_members(path: Path | IO[bytes]) -> dict[str, bytes]:
    """Return PKG-INFO and pyproject.toml of the top folder, if present."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {
                name.partition("/")[2]: bounded_member(archive, name) for name in names_of(archive) if _is_wanted(name)
            }
    members: dict[str, bytes] = {}
    with _unpacked(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for count, member in enumerate(archive):
            if count > MAX_MEMBERS:
                raise BrokenArchive(f"more than {MAX_MEMBERS} members")
            if _is_wanted(member.name) and member.isfile() and (content := archive.extractfile(member)) is not None:
                members[member.name.partition("/")[2]] = _bounded(content, member.name)
        # Read what follows the end mark of the archive: the checksum of the whole comes there.
        while stream.read(BLOCK):
            pass
    return members


def _is_wanted(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(("/PKG-INFO", "/pyproject.toml"))


class _BuildSystem(msgspec.Struct, frozen=True):
    requires: tuple[str, ...]


class _Project(msgspec.Struct, frozen=True, rename="kebab"):
    """The `[build-system]` part of pyproject.toml; without one, PEP 518 means setuptools."""

    build_system: _BuildSystem = _BuildSystem((SILENT,))


class Backend(msgspec.Struct, frozen=True, rename="kebab"):
    """The build backend of an sdist (PEP 517)."""

    build_backend: str = "setuptools.build_meta:__legacy__"
    backend_path: tuple[str, ...] = ()
    """Folders inside the sdist in which it lies."""


class _Backed(msgspec.Struct, frozen=True, rename="kebab"):
    build_system: Backend = Backend()


def read_backend(path: Path) -> Backend | None:
    """Return who builds an sdist; None if it does not say that in a readable way."""
    try:
        return msgspec.toml.decode(_sdist_members(path).get("pyproject.toml", b""), type=_Backed).build_system
    except (BrokenArchive, msgspec.DecodeError, *DAMAGES):
        return None


def _build_requires(pyproject: bytes) -> tuple[str, ...]:
    return msgspec.toml.decode(pyproject, type=_Project).build_system.requires


@contextmanager
def _unpacked(path: Path | IO[bytes]) -> Iterator[Bounded]:
    """Open the tar inside a compressed file. The format is recognised by the first bytes, because a file name may be
    wrong.
    """
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
    """A stream of at most MAX_UNPACKED bytes: a few compressed bytes may expand to terabytes."""

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
