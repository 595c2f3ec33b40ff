"""The OSV export of the ecosystem PyPI, read from a zip or a folder: which advisories affect which versions.

The schema is OSV's, and so is the evaluation (https://ossf.github.io/osv-schema/, "Evaluation"). Two passes keep the
memory small: `index_database` notes which entry speaks of which project, and `matches_of` reads the entries of the
projects that are asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.custody.affected import RANGES, Affects, VersionEvent, VersionRange, read_version, same_version
from airproof.custody.cvss import base_score, rated, rating, worst
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

ECOSYSTEM = "PyPI"
PURL = "pkg:pypi/"
MAX_FILE = 1_000_000_000
"""Bytes of the zip."""
MAX_EVENTS = 20_000
"""Events, versions or packages of one advisory; more are refused."""
MAX_READ = 5_000_000
"""Events and versions of all advisories about what is asked for, and projects of all advisories."""
MAX_MATCHES = 20_000
"""Advisories that affect what is asked for; with more the database is no advice any more."""
CARRIED = "advisories.zip"
"""The database on a medium."""
KEPT = "advisories.index"
"""File of an index that another process of the same run reads."""
MAX_DEPTH = 5
"""Folders below the one that is named."""
SHOWN = 200
"""Characters of a summary."""
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class _Package(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""


class _About(msgspec.Struct):
    package: _Package | None = None


class _Head(msgspec.Struct):
    """The part of every advisory that is read."""

    id: str
    modified: str
    withdrawn: str | None = None
    affected: list[_About] | None = None


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[VersionRange] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None
    ecosystem_specific: msgspec.Raw = msgspec.Raw()
    database_specific: msgspec.Raw = msgspec.Raw()


class _Advisory(msgspec.Struct):
    """The part of an advisory that is read where it speaks of a project that is asked for."""

    id: str
    aliases: list[str] | None = None
    summary: str = ""
    severity: list[_Severity] | None = None
    affected: list[_Affected] | None = None
    database_specific: msgspec.Raw = msgspec.Raw()


class _Own(msgspec.Struct):
    severity: str = ""


class AdvisoryIndex(msgspec.Struct, frozen=True):
    """A database, with the entries that speak of each project."""

    path: str
    total: int
    """Advisories of the ecosystem, without those that were withdrawn."""
    newest: str
    """The newest `modified` of them, such as 2026-11-20T08:00:00Z."""
    places: dict[str, list[PackedEntry]]
    """Normalised name of a project to the entries that speak of it."""


class Match(msgspec.Struct, frozen=True):
    """An advisory that affects one version of a project; its duplicates under other names are the same match."""

    id: str
    aliases: tuple[str, ...]
    """All other names, those of the duplicates included."""
    project: str
    version: str
    summary: str
    severity: str
    """A word of `cvss.SEVERITIES`, or `unknown`."""
    score: float | None
    affected: str
    """The affected versions, for people, such as `>=1.0, <1.5`."""
    fixed: tuple[str, ...]
    """Versions that an event names as fixed and that are newer than this one, oldest first."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, *self.aliases)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The names by which a waiver may name it: alone, in the project, and in this version of it."""
        each = (("",), (self.project,), (self.project, self.version))
        return tuple(subject_of(name, *where) for name in self.names for where in each)


def subject_of(advisory: str, project: str = "", version: str = "") -> str:
    """Return how a waiver, or a statement of a VEX document, names an advisory, alone or in a package."""
    package = f" {PURL}{canonicalize_name(project)}" if project else ""
    return f"{advisory}{package}" + (f"@{same_version(version)}" if version else "")


def named_subject(text: str) -> str:
    """Return the name that somebody wrote, as `subject_of` spells it: `CVE-1 pkg:pypi/Name@2.0` is of version 2."""
    advisory, named, written = text.partition(f" {PURL}")
    package = package_of(f"{PURL}{written.strip()}") if named else None
    return subject_of(advisory.strip(), *package) if package is not None else text


def package_of(purl: str) -> tuple[str, str] | None:
    """Return name and version of a package URL of PyPI, the version empty for all; None for any other."""
    if not purl.lower().startswith(PURL):
        return None
    name, _, version = purl[len(PURL) :].partition("?")[0].partition("#")[0].partition("@")
    return (unquote(name).strip(), unquote(version).strip()) if name.strip() else None


def look_at(path: Path) -> None:
    """Look whether there is a database at all, and whether its directory can be used. Raises BadInput."""
    with _opened(path) as (listed, _):
        if not any(True for _ in listed):
            raise BadInput("advisories-none", path=path)


def index_database(path: Path) -> AdvisoryIndex:
    """Read every entry of a database once. Raises BadInput for what cannot be read, and for one without advisories."""
    places: dict[str, list[PackedEntry]] = {}
    newest, total, pairs = "", 0, 0
    head = msgspec.json.Decoder(_Head)
    names: dict[str, str] = {}
    with _opened(path) as (listed, content):
        for place in listed:
            try:
                found = head.decode(content(place))
            except (msgspec.DecodeError, ValueError, RecursionError) as error:
                raise BadInput("advisories-unreadable", path=path, reason=_why(place.name, error)) from error
            about = found.affected or ()
            if len(about) > MAX_EVENTS:
                raise BadInput("advisories-unreadable", path=path, reason=f"{place.name}: {len(about)} packages")
            mine = {one.package.name for one in about if one.package is not None and _is_ours(one.package)}
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


def matches_of(index: AdvisoryIndex, wanted: Mapping[str, Collection[str]]) -> tuple[Match, ...]:
    """Return the advisories that affect any of these versions. `wanted`: normalised name to versions.

    Raises BadInput where an entry cannot be read any more, or speaks of more than is believable.
    """
    found: list[Match] = []
    read = 0
    decoder = msgspec.json.Decoder(_Advisory)
    path = Path(index.path)
    asked = [(name, versions) for name, versions in sorted(wanted.items()) if name in index.places]
    with _opened(path, listing=False) as (_, content):
        for name, versions in asked:
            mine: list[Match] = []
            for place in index.places[name]:
                try:
                    advisory = decoder.decode(content(place))
                except (msgspec.DecodeError, ValueError, RecursionError) as error:
                    raise BadInput("advisories-unreadable", path=path, reason=_why(place.name, error)) from error
                read += _hold_in_bounds(advisory, place.name, path)
                if read > MAX_READ:
                    raise BadInput("advisories-too-many", path=path, count=MAX_READ)
                mine += _matches(advisory, name, versions)
            found += _without_duplicates(mine)
            if len(found) > MAX_MATCHES:
                raise BadInput("advisories-too-many", path=path, count=MAX_MATCHES)
    return tuple(found)


def _matches(advisory: _Advisory, name: str, versions: Iterable[str]) -> Iterator[Match]:
    """Yield how an advisory affects each of these versions of a project."""
    mine = [
        (affected, Affects(affected.ranges or (), affected.versions or ()))
        for affected in advisory.affected or ()
        if affected.package is not None
        and _is_ours(affected.package)
        and canonicalize_name(affected.package.name) == name
    ]
    for version in versions:
        hit = [affected for affected, prepared in mine if prepared.has(version)]
        if hit:
            yield _match(advisory, hit, name, version)


def _match(advisory: _Advisory, hit: Sequence[_Affected], name: str, version: str) -> Match:
    score, severity = _severity(advisory, hit)
    at = read_version(version)
    events = [one for affected in hit for events in _ranges(affected) for event in events if (one := event.told())]
    fixed = {told for kind, told in events if kind == "fixed" and read_version(told)[0] and at < read_version(told)}
    return Match(
        id=advisory.id[:100],
        aliases=tuple(alias[:100] for alias in dict.fromkeys(advisory.aliases or ()) if alias != advisory.id)[:50],
        project=name,
        version=version,
        summary=" ".join(advisory.summary[: 2 * SHOWN].split())[:SHOWN],
        severity=severity,
        score=score,
        affected=_shown(hit),
        fixed=tuple(sorted(fixed, key=Version)[:20]),
    )


def _ranges(affected: _Affected) -> Iterator[Sequence[VersionEvent]]:
    return (entry.events or () for entry in affected.ranges or () if entry.type in RANGES)


def _severity(advisory: _Advisory, hit: Sequence[_Affected]) -> tuple[float | None, str]:
    """Return the worst CVSS 3.x base score with its word; without any, the database's own word."""
    told = [one.score for one in (*(advisory.severity or ()), *(each for one in hit for each in one.severity or ()))]
    scores = [score for vector in told if (score := base_score(vector)) is not None]
    if scores:
        return max(scores), rating(max(scores))
    own = (advisory.database_specific, *(raw for one in hit for raw in (one.ecosystem_specific, one.database_specific)))
    words = [rated(_own(raw)) for raw in own]
    return None, worst(words)


def _own(raw: msgspec.Raw) -> str:
    """Return the severity that a database writes in a field of its own form; empty where there is none."""
    try:
        return msgspec.json.decode(raw, type=_Own).severity if raw else ""
    except (msgspec.DecodeError, RecursionError):
        return ""


def _shown(hit: Iterable[_Affected]) -> str:
    """Return the affected versions for people, such as `>=1.0, <1.5`; of a mere list its first and last."""
    found: dict[str, None] = {}
    for affected in hit:
        for events in _ranges(affected):
            told = [one for event in events if (one := event.told())]
            marks = {"introduced": ">=", "fixed": "<", "last_affected": "<=", "limit": "<"}
            parts = [
                f"{marks[kind]}{version[:40]}" for kind, version in told[:6] if (kind, version) != ("introduced", "0")
            ]
            found[", ".join(parts) or ">=0"] = None
        if not affected.ranges and affected.versions:
            first, last = affected.versions[0][:40], affected.versions[-1][:40]
            found[first if first == last else f"{first} ... {last}"] = None
    return " | ".join(list(found)[:3]) or ">=0"


def _without_duplicates(matches: Sequence[Match]) -> Iterator[Match]:
    """Yield each advisory once: those of one project and version that share a name are one."""
    groups: list[tuple[set[str], list[Match]]] = []
    for match in matches:
        names = set(match.names)
        same = [group for group in groups if group[1][0].version == match.version and group[0] & set(match.names)]
        merged = [one for group in same for one in group[1]]
        for group in same:
            names |= group[0]
            groups.remove(group)
        groups.append((names, [*merged, match]))
    for _, each in groups:
        first, *_ = sorted(each, key=lambda match: (_rank(match.id), match.id))
        others = {name for match in each for name in match.names} - {first.id}
        scored = max((match for match in each if match.score is not None), key=lambda m: m.score or 0, default=None)
        fixed = dict.fromkeys(version for match in each for version in match.fixed)
        yield msgspec.structs.replace(
            first,
            aliases=tuple(sorted(others)),
            severity=scored.severity if scored else worst(match.severity for match in each),
            score=scored.score if scored else None,
            summary=next((match.summary for match in (first, *each) if match.summary), ""),
            fixed=tuple(sorted(fixed, key=Version)),
        )


def _rank(id: str) -> int:
    """Return the place of a database's names: those that say most come first."""
    return next((place for place, begins in enumerate(("MAL-", "GHSA-", "PYSEC-")) if id.startswith(begins)), 9)


def _is_ours(package: _Package) -> bool:
    return package.ecosystem.partition(":")[0] == ECOSYSTEM


def _hold_in_bounds(advisory: _Advisory, name: str, path: Path) -> int:
    """Return how many events and versions an advisory has. Raises BadInput for one that has too many."""
    each = advisory.affected or ()
    events = sum(len(entry.events or ()) for one in each for entry in one.ranges or ())
    count = events + len(each) + sum(len(one.versions or ()) for one in each)
    if count > MAX_EVENTS:
        reason = f"{name}: {count} events and versions, and an advisory has at most {MAX_EVENTS}"
        raise BadInput("advisories-unreadable", path=path, reason=reason)
    return count


def _why(name: str, error: Exception) -> str:
    said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return f"{name}: {said[:SHOWN]}"


Content = Callable[[PackedEntry], bytes]


@contextmanager
def _opened(path: Path, *, listing: bool = True) -> Iterator[tuple[Iterable[PackedEntry], Content]]:
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
    with path.open("rb") as file:
        raw = file.read(MAX_ENTRY + 1)
    if len(raw) > MAX_ENTRY:
        raise Refused(f"{path.name} in it has more than {MAX_ENTRY} bytes")
    return raw
