"""The index of a database of advisories: which of its entries speak of which project.

In this module and in `matches`, "index" always means this table, and never the package index that airproof checks.

Two passes keep the memory small: this one reads each entry once, and `matches` those of the projects that are asked
for.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.custody.osv import MAX_EVENTS, MAX_READ, AdvisoryHead, decoded, is_ours, opened
from airproof.custody.packed import PackedEntry
from airproof.errors import BadInput

CARRIED = "advisories.zip"
"""The database on a medium."""
KEPT = "advisories.index"
"""File of an index that another process of the same run reads."""
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class AdvisoryIndex(msgspec.Struct, frozen=True):
    """A database, with the entries that speak of each project."""

    path: str
    total: int
    """Advisories of the ecosystem, without those that were withdrawn."""
    newest: str
    """The newest `modified` of them, such as 2026-11-20T08:00:00Z."""
    places: dict[str, list[PackedEntry]]
    """Normalised name of a project to the entries that speak of it."""


def look_at(path: Path) -> None:
    """Look whether there is a database at all, and whether its directory can be used. Raises BadInput."""
    with opened(path) as (listed, _):
        if not any(True for _ in listed):
            raise BadInput("advisories-none", path=path)


def index_database(path: Path) -> AdvisoryIndex:
    """Read every entry of a database once. Raises BadInput for what cannot be read, and for one without advisories."""
    places: dict[str, list[PackedEntry]] = {}
    newest, total, pairs = "", 0, 0
    head = msgspec.json.Decoder(AdvisoryHead)
    names: dict[str, str] = {}
    with opened(path) as (listed, content):
        for place in listed:
            found = decoded(head, content, place, path)
            about = found.affected or ()
            if len(about) > MAX_EVENTS:
                raise BadInput("advisories-unreadable", path=path, reason=f"{place.name}: {len(about)} packages")
            packages = [affected.package for affected in about if affected.package is not None]
            mine = {package.name for package in packages if is_ours(package)}
            if not mine or found.withdrawn:
                continue
            if not DATE.match(found.modified):
                reason = f"{place.name}: modified is no date"
                raise BadInput("advisories-unreadable", path=path, reason=reason)
            total, pairs = total + 1, pairs + len(mine)
            if pairs > MAX_READ:
                raise BadInput("advisories-too-many", path=path, count=MAX_READ)
            newest = max(newest, found.modified[:40])
            for name in mine:
                known = names.get(name)
                if known is None:
                    known = names[name] = canonicalize_name(name)
                places.setdefault(known, []).append(place)
    if not total:
        raise BadInput("advisories-none", path=path)
    return AdvisoryIndex(str(path), total, newest, places)


def keep_index(index: AdvisoryIndex, folder: Path) -> None:
    """Write an index into a folder of airproof's own, so that another process need not read the database again."""
    (folder / KEPT).write_bytes(msgspec.msgpack.encode(index))


def kept_index(folder: Path, path: Path) -> AdvisoryIndex:
    """Return the index that was kept for a database; it is made now if none was. Raises BadInput."""
    kept = folder / KEPT
    if kept.is_file():
        index = msgspec.msgpack.decode(kept.read_bytes(), type=AdvisoryIndex)
        if index.path == str(path):
            return index
    return index_database(path)
