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
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
from packaging.metadata import parse_email

MAX_METADATA = 10 * 1024 * 1024
"""Bytes that are read of METADATA, RECORD, PKG-INFO and pyproject.toml."""
MAX_UNPACKED = 8 * 1024 * 1024 * 1024
"""Bytes that are unpacked of one file to look at it."""
MAX_MEMBERS = 200_000
BLOCK = 1 << 20
NOT_IN_RECORD = ("RECORD", "RECORD.jws", "RECORD.p7s")
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
    build_requires: tuple[str, ...] = ()
    """An sdist's `[build-system] requires`; setuptools where it says nothing (PEP 518)."""
    record_untrue: tuple[str, ...] = ()
    """Members of a wheel that are missing, or are not what RECORD says."""


class BrokenArchive(Exception):  # noqa: N818 -- exceptions name the trouble here
    """An archive that is not what its name says."""


def read_wheel(path: Path, *, whole: bool = True) -> Inside:
    """Reads a wheel (PEP 427). `whole`: each member is unpacked and compared with RECORD, as installing it would."""
    try:
        with zipfile.ZipFile(path) as wheel:
            members = wheel.infolist()
            if len(members) > MAX_MEMBERS:
                raise BrokenArchive(f"more than {MAX_MEMBERS} members")
            info = _info_folder(members)
            told = _metadata(_member(wheel, f"{info}/METADATA"))
            tags = parse_email(b"").__class__ and _tags(_member(wheel, f"{info}/WHEEL"))
            untrue = _untrue(wheel, info) if whole else ()
    except (BrokenArchive, *DAMAGES) as error:
        return Inside(False, str(error) or type(error).__name__)
    return msgspec.structs.replace(told, tags=tags, record_untrue=untrue)
