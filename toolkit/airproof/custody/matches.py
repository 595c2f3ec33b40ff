"""Advisories that affect the packages that are asked for.

The evaluation is OSV's (https://ossf.github.io/osv-schema/, "Evaluation").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.custody.advisories import AdvisoryIndex
from airproof.custody.affected import RANGES, Affects, VersionEvent, read_version, same_version
from airproof.custody.cvss import base_score, rated, rating, worst
from airproof.custody.osv import MAX_EVENTS, MAX_READ, SHOWN, Advisory, Affected, OwnFields, decoded, is_ours, opened
from airproof.errors import BadInput

PURL = "pkg:pypi/"
MAX_MATCHES = 20_000
"""Advisories that affect what is asked for; with more the database is no advice any more."""


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
        """Return the names by which a waiver may name it: alone, in the project, and in this version of it."""
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


def matches_of(index: AdvisoryIndex, wanted: Mapping[str, Collection[str]]) -> tuple[Match, ...]:
    """Return the advisories that affect any of these versions. `wanted`: normalised name to versions.

    Raises BadInput where an entry cannot be read any more, or speaks of more than is believable.
    """
    found: list[Match] = []
    read = 0
    decoder = msgspec.json.Decoder(Advisory)
    path = Path(index.path)
    asked = [(name, versions) for name, versions in sorted(wanted.items()) if name in index.places]
    with opened(path, listing=False) as (_, content):
        for name, versions in asked:
            mine: list[Match] = []
            for place in index.places[name]:
                advisory = decoded(decoder, content, place, path)
                read += _hold_in_bounds(advisory, place.name, path)
                if read > MAX_READ:
                    raise BadInput("advisories-too-many", path=path, count=MAX_READ)
                mine += _matches(advisory, name, versions)
            found += _without_duplicates(mine)
            if len(found) > MAX_MATCHES:
                raise BadInput("advisories-too-many", path=path, count=MAX_MATCHES)
    return tuple(found)


def _matches(advisory: Advisory, name: str, versions: Iterable[str]) -> Iterator[Match]:
    """Yield how an advisory affects each of these versions of a project."""
    mine = [
        (affected, Affects(affected.ranges or (), affected.versions or ()))
        for affected in advisory.affected or ()
        if affected.package is not None
        and is_ours(affected.package)
        and canonicalize_name(affected.package.name) == name
    ]
    for version in versions:
        hit = [affected for affected, prepared in mine if prepared.has(version)]
        if hit:
            yield _match(advisory, hit, name, version)


def _match(advisory: Advisory, hit: Sequence[Affected], name: str, version: str) -> Match:
    """Return the match of an advisory with one version. `hit`: the items of `affected` that hold this version."""
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


def _ranges(affected: Affected) -> Iterator[Sequence[VersionEvent]]:
    """Yield the events of each range, of the types of range that are evaluated."""
    return (entry.events or () for entry in affected.ranges or () if entry.type in RANGES)


def _severity(advisory: Advisory, hit: Sequence[Affected]) -> tuple[float | None, str]:
    """Return the worst CVSS 3.x base score with its word; without any, the database's own word."""
    severities = [*(advisory.severity or ()), *(severity for affected in hit for severity in affected.severity or ())]
    scores = [score for severity in severities if (score := base_score(severity.score)) is not None]
    if scores:
        return max(scores), rating(max(scores))
    of_affected = (raw for affected in hit for raw in (affected.ecosystem_specific, affected.database_specific))
    own = (advisory.database_specific, *of_affected)
    words = [rated(_own(raw)) for raw in own]
    return None, worst(words)


def _own(raw: msgspec.Raw) -> str:
    """Return the severity that a database writes in a field of its own form; empty where there is none."""
    try:
        return msgspec.json.decode(raw, type=OwnFields).severity if raw else ""
    except (msgspec.DecodeError, RecursionError):
        return ""


def _shown(hit: Iterable[Affected]) -> str:
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
        merged = [joined for group in same for joined in group[1]]
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


def _hold_in_bounds(advisory: Advisory, name: str, path: Path) -> int:
    """Return how many events, versions and packages an advisory has, for the sum over all that are read (MAX_READ).

    Raises BadInput for an advisory that has more than MAX_EVENTS.
    """
    packages = advisory.affected or ()
    events = sum(len(entry.events or ()) for affected in packages for entry in affected.ranges or ())
    count = events + len(packages) + sum(len(affected.versions or ()) for affected in packages)
    if count > MAX_EVENTS:
        reason = f"{name}: {count} events and versions, and an advisory has at most {MAX_EVENTS}"
        raise BadInput("advisories-unreadable", path=path, reason=reason)
    return count
