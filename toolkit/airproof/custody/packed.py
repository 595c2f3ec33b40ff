"""Read the entries of a zip that a stranger made, bounded in time and memory.

The standard library's `zipfile` takes 30 to 50 µs for each entry that is read and about 600 bytes for each that is
listed; an export of advisories has up to 100,000 of them. So the directory at the end of the file is read here, and
nothing is ever written to a path that the zip names.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

END, END64, LOCATOR, LISTED, LOCAL = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"
MAX_ENTRIES = 500_000
MAX_ENTRY = 4_000_000
"""Bytes of one entry; the largest advisory that is published has about 200,000."""
MAX_TOTAL = 1_500_000_000
"""Bytes of all entries, unpacked."""
STORED, DEFLATED = 0, 8
ENCRYPTED = 0x1
_DIRECTORY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")


class Refused(Exception):
    """The zip cannot be used; the message says why, without a full stop."""


class PackedEntry(NamedTuple):
    """One file of a zip; of a folder the name alone."""

    name: str
    offset: int = 0
    """Offset of its local header in the zip."""
    packed: int = 0
    """Bytes as they lie in the zip."""
    size: int = 0
    """Bytes unpacked, as the directory declares."""
    crc: int = 0
    method: int = 0


def entries_of(raw: mmap.mmap | bytes) -> Iterator[PackedEntry]:
    """Yield the files that the zip's directory lists, without folders. Raises Refused."""
    start, length, count = _directory(raw)
    if count > MAX_ENTRIES:
        raise Refused(f"it lists {count} files, and {MAX_ENTRIES} are read")
    at, total, here = start, 0, start + length
    for _ in range(count):
        if at + _DIRECTORY.size > here:
            raise Refused("its directory is cut off")
        fields = _DIRECTORY.unpack_from(raw, at)
        mark, _, _, flags, method, _, _, crc, packed, size, named, extra, comment = fields[:13]
        offset = fields[16]
        if mark != LISTED:
            raise Refused("its directory is damaged")
        name = raw[at + _DIRECTORY.size : at + _DIRECTORY.size + named].decode("utf-8", "backslashreplace")
        at += _DIRECTORY.size + named + extra + comment
        if name.endswith("/"):
            continue
        if flags & ENCRYPTED:
            raise Refused(f"{name} in it is encrypted")
        if leaves(name):
            raise Refused(f"{name} in it leads out of the zip")
        if method not in (STORED, DEFLATED):
            raise Refused(f"{name} in it is packed in a way that is not read (method {method})")
        if size > MAX_ENTRY or packed > MAX_ENTRY:
            raise Refused(f"{name} in it has {max(size, packed)} bytes, and an advisory has at most {MAX_ENTRY}")
        total += size
        if total > MAX_TOTAL:
            raise Refused(f"unpacked it has more than {MAX_TOTAL} bytes")
        yield PackedEntry(name, offset, packed, size, crc, method)


def content_of(raw: mmap.mmap | bytes, entry: PackedEntry) -> bytes:
    """Return the bytes of an entry, which are those that the directory declares. Raises Refused."""
    if entry.offset + _LOCAL.size > len(raw):
        raise Refused("it is cut off")
    fields = _LOCAL.unpack_from(raw, entry.offset)
    if fields[0] != LOCAL:
        raise Refused(f"{entry.name} in it is damaged")
    start = entry.offset + _LOCAL.size + fields[9] + fields[10]
    packed = raw[start : start + entry.packed]
    if entry.method == STORED:
        content = packed
    else:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise Refused(f"{entry.name} in it is damaged") from error
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise Refused(f"{entry.name} in it is damaged, or has not the size that the zip declares")
    return content


def mapped(path: Path) -> mmap.mmap:
    """Map a file into memory for reading. Raises OSError, and Refused for an empty file."""
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise Refused("it is empty") from error


def leaves(name: str) -> bool:
    """Say whether a path inside an archive would lead out of it, on any system."""
    if name[:1].isalnum() and not ("/" in name or "\\" in name or ":" in name or "\0" in name):
        return False  # as nearly all of them are
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ":" in parts[0] or ".." in parts or "\0" in name


def _directory(raw: mmap.mmap | bytes) -> tuple[int, int, int]:
    """Return where the directory begins, its bytes, and how many files it lists."""
    end = raw.rfind(END, max(0, len(raw) - 65_557))
    if end < 0 or end + 22 > len(raw):
        raise Refused("it is no zip, or is cut off")
    count, length, start = struct.unpack_from("<HLL", raw, end + 10)
    if count == 0xFFFF or 0xFFFFFFFF in (length, start):
        if end < 20 or raw[end - 20 : end - 16] != LOCATOR:
            raise Refused("its directory is damaged")
        (place,) = struct.unpack_from("<Q", raw, end - 12)
        if place + 56 > len(raw) or raw[place : place + 4] != END64:
            raise Refused("its directory is damaged")
        count, length, start = struct.unpack_from("<QQQ", raw, place + 32)
    if start + length > end or count * _DIRECTORY.size > length:
        raise Refused("its directory is damaged or cut off")
    return start, length, count
