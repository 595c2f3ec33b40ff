"""A database of advisories in the OSV format, a zip or a folder: its entries, and the part of each that is read.

The schema: https://ossf.github.io/osv-schema/.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from airproof.custody.affected import VersionRange
from airproof.custody.packed import (
    MAX_ENTRIES,
    MAX_ENTRY,
    MAX_TOTAL,
    PackedEntry,
    Refused,
    content_of,
    entries_of,
    mapped,
)
from airproof.errors import BadInput

T = TypeVar("T")

ECOSYSTEM = "PyPI"
MAX_FILE = 1_000_000_000
"""Bytes of the zip."""
MAX_EVENTS = 20_000
"""Events, versions or packages of one advisory; more are refused."""
MAX_READ = 5_000_000
"""Events and versions of all advisories about what is asked for, and projects of all advisories."""
SHOWN = 200
"""Characters of a summary, and of a reason."""
MAX_DEPTH = 5
"""Folders below the one that is named."""


class AffectedPackage(msgspec.Struct):
    """A package that an advisory names, and the ecosystem that it belongs to, such as `PyPI`."""

    ecosystem: str = ""
    name: str = ""


class About(msgspec.Struct):
    """An item of `affected`, as far as it says which package the advisory is about."""

    package: AffectedPackage | None = None


class AdvisoryHead(msgspec.Struct):
    """The part of an advisory that is read of each one, to learn which projects it is about."""

    id: str
    modified: str
    withdrawn: str | None = None
    affected: list[About] | None = None


class Severity(msgspec.Struct):
    """An item of `severity`: the kind of rating, such as `CVSS_V3`, and the vector."""

    type: str = ""
    score: str = ""


class Affected(msgspec.Struct):
    """An item of `affected`: one package, its affected versions, and the severity for it."""

    package: AffectedPackage | None = None
    ranges: list[VersionRange] | None = None
    versions: list[str] | None = None
    severity: list[Severity] | None = None
    ecosystem_specific: msgspec.Raw = msgspec.Raw()
    database_specific: msgspec.Raw = msgspec.Raw()


class Advisory(msgspec.Struct):
    """The part of an advisory that is read where it speaks of a project that is asked for."""

    id: str
    aliases: list[str] | None = None
    summary: str = ""
    severity: list[Severity] | None = None
    affected: list[Affected] | None = None
    database_specific: msgspec.Raw = msgspec.Raw()


class OwnFields(msgspec.Struct):
    """The field that is read of `database_specific` and `ecosystem_specific`: the severity as a word."""

    severity: str = ""


def is_ours(package: AffectedPackage) -> bool:
    """Say whether a package belongs to PyPI; the part of an ecosystem behind a colon does not matter."""
    return package.ecosystem.partition(":")[0] == ECOSYSTEM


Content = Callable[[PackedEntry], bytes]
"""A function that returns the bytes of one entry of an open database."""


def decoded(decoder: msgspec.json.Decoder[T], content: Content, place: PackedEntry, path: Path) -> T:
    """Read an entry of an open database. Raises BadInput, with the database's path, if the entry cannot be decoded."""
    try:
        return decoder.decode(content(place))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInput("advisories-unreadable", path=path, reason=f"{place.name}: {said[:SHOWN]}") from error


@contextmanager
def opened(path: Path, *, listing: bool = True) -> Iterator[tuple[Iterable[PackedEntry], Content]]:
    """Open a database: its entries, and a function that reads one of them. Raises BadInput."""
    try:
        if path.is_dir():
            yield (_files(path) if listing else ()), lambda place: _content(path / place.name)
            return
        size = path.stat().st_size
        if size > MAX_FILE:
            raise Refused(f"it has {size} bytes, and {MAX_FILE} are read")
        with mapped(path) as raw:
            entries = (entry for entry in entries_of(raw) if entry.name.endswith(".json")) if listing else ()
            yield entries, lambda place: content_of(raw, place)
    except FileNotFoundError as error:
        raise BadInput("advisories-missing", path=path) from error
    except Refused as error:
        raise BadInput("advisories-unreadable", path=path, reason=error) from error
    except OSError as error:
        raise BadInput("advisories-unreadable", path=path, reason=error.strerror or error) from error


def _files(folder: Path) -> Iterator[PackedEntry]:
    """Yield the JSON files of a folder, by name; links are not followed."""
    waiting, count, total = [(folder, "", 0)], 0, 0
    while waiting:
        at, prefix, depth = waiting.pop()
        with os.scandir(at) as listed:
            for entry in sorted(listed, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), f"{prefix}{entry.name}/", depth + 1))
                elif entry.name.endswith(".json") and entry.is_file(follow_symlinks=False):
                    count, total = count + 1, total + entry.stat(follow_symlinks=False).st_size
                    if count > MAX_ENTRIES or total > MAX_TOTAL:
                        raise Refused(f"it has more than {MAX_ENTRIES} files or {MAX_TOTAL} bytes")
                    yield PackedEntry(prefix + entry.name)


def _content(path: Path) -> bytes:
    """Return the bytes of one file of a folder. Raises Refused for more than MAX_ENTRY."""
    with path.open("rb") as file:
        raw = file.read(MAX_ENTRY + 1)
    if len(raw) > MAX_ENTRY:
        raise Refused(f"{path.name} in it has more than {MAX_ENTRY} bytes")
    return raw
