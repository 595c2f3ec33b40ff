"""Compare what a run found on the index and the medium with a database of advisories, and ask what could be taken in
place of what is affected.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.custody.advisories import AdvisoryIndex
from airproof.custody.affected import read_version
from airproof.custody.matches import Match, matches_of
from airproof.probes.closure.candidates import parse_filename, project_of
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.needed import Fetching, warm
from airproof.probes.closure.readings import GroupReading, Readings, each_reading
from airproof.probes.closure.resolution import Reading, Source
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.known import KnownFile
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.group import Group

PATH = " → "
MOST_TRIED, RETRYING_TIME = 60, 60.0
"""Resolutions that are tried for versions without an advisory, and the time after which no other one is begun; what is
beyond them is not told to resolve.
"""


class Database(msgspec.Struct, frozen=True):
    """The database of advisories that a run was given."""

    path: str
    total: int
    newest: str
    """The newest `modified` of its advisories: its date."""
    at: str
    """The day of the run, UTC."""


class Advised(msgspec.Struct, frozen=True):
    """One advisory, and everything that it affects here, in one version of a project."""

    match: Match
    targets: tuple[str, ...] = ()
    """Interpreters and targets that would be given this version."""
    needed_by: tuple[str, ...] = ()
    """Requirements and lists that lead to it."""
    paths: tuple[str, ...] = ()
    """How that leads to it, such as `app → lib`, where it does not ask for it by itself and the path is known."""
    media: tuple[str, ...] = ()
    """Folders that were carried in and hold it."""
    instead: dict[str, str] = {}
    """Target to the version that would be taken there if the affected ones were left out, or to the releases of what
    is asked for that do without the project; none where nothing else resolves, or where that was not tried.
    """
    on_index: tuple[str, ...] = ()
    """Newer versions of the project on the index that no advisory affects, oldest first."""


class AdvisedPackages(msgspec.Struct, frozen=True):
    """All advisories that affect what a run looked at."""

    packages: int
    """Versions of projects that were looked at."""
    advised: tuple[Advised, ...] = ()
    unknown: tuple[str, ...] = ()
    """Interpreters and targets whose closure is not known, so that nobody can say what affects them."""


class Closure(NamedTuple):
    """The packages that one interpreter or target would be given; `readings` is None if they are not known."""

    label: str
    readings: Readings | None
    target: TargetMatcher | None = None
    view: Source | None = None
    requires: Mapping[str, Sequence[str]] = {}
    """Project to what it requires, of what a pip installed there."""
    further: Mapping[str, Sequence[KnownFile]] = {}
    """Project to the files that it takes where it is asked for by itself: each project of the index (`--all`)."""


def database_of(index: AdvisoryIndex) -> Database:
    """Return the database as a run tells of it, with the day of the run."""
    return Database(index.path, index.total, index.newest, datetime.now(timezone.utc).strftime("%Y-%m-%d"))


def probe_advised(
    index: AdvisoryIndex,
    closures: Sequence[Closure],
    carried: Mapping[str, Iterable[tuple[str, str]]],
    *,
    source: Fetching | None = None,
    groups: Sequence[Group] = (),
    choosing: Choosing = PLAIN,
) -> AdvisedPackages:
    """Compare every version that is taken, or was carried in, with the database.

    `carried`: folder to project and version of its files. `source`: the index, asked for versions that no advisory
    affects; None: nothing is asked. Raises BadInput where the database cannot be read any more.
    """
    takers: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    media: dict[tuple[str, str], dict[str, None]] = {}
    unknown = [closure.label for closure in closures if not _known(closure)]
    for closure in closures:
        for release, asker in _askers(closure):
            takers.setdefault(release, {}).setdefault(closure.label, {})[asker] = None
    for folder, files in carried.items():
        for name, version in files:
            media.setdefault((canonicalize_name(name), version), {})[folder] = None
    wanted: dict[str, set[str]] = {}
    for project, version in (*takers, *media):
        wanted.setdefault(project, set()).add(version)
    matches = matches_of(index, wanted)
    better = Better(index, matches, closures, source, groups, choosing) if matches and source is not None else None
    advised = []
    for match in matches:
        at = match.project, match.version
        targets = takers.get(at, {})
        advised.append(
            Advised(
                match,
                tuple(targets),
                tuple(dict.fromkeys(group for groups_of in targets.values() for group in groups_of)),
                tuple(dict.fromkeys(_paths(closures, targets, match.project))),
                tuple(media.get(at, ())),
                better.instead(match, targets) if better is not None else {},
                better.newer(match) if better is not None else (),
            )
        )
    return AdvisedPackages(len({*takers, *media}), tuple(advised), tuple(unknown))


def _paths(closures: Iterable[Closure], takers: Mapping[str, Iterable[str]], project: str) -> Iterator[str]:
    """Yield the shortest way from what is asked for to a project, of each group that takes it."""
    for closure in closures:
        names = set(takers.get(closure.label, ()))
        for group in closure.readings.groups if closure.readings is not None else ():
            if group.group in names:
                path = _path(group, project, _requires_of(closure, group))
                if len(path) > 1:
                    yield PATH.join(path)


def _path(group: GroupReading, project: str, requires: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the projects from one that is asked for down to this one; empty where no way is known."""
    ways: dict[str, tuple[str, ...]] = {name: (name,) for text in group.requirements if (name := _project(text))}
    waiting = list(ways)
    for name in waiting:
        if name == project:
            return ways[name]
        for below in filter(None, map(_project, requires.get(name, ()))):
            if below not in ways and (below in requires or below == project):
                ways[below] = (*ways[name], below)
                waiting.append(below)
    return ()


def _requires_of(closure: Closure, group: GroupReading) -> Mapping[str, Sequence[str]]:
    """Return what each project of a group requires, as far as that was read: nothing is fetched for it."""
    if group.by_pip or closure.target is None or not isinstance(closure.view, IndexSource):
        return closure.requires
    views = [closure.view.seen_by(variant.ways) for variant in closure.target.each()]
    found: dict[str, Sequence[str]] = {}
    for pin in group.reading.pins:
        known = next((view.known[pin.link.url] for view in views if pin.link.url in view.known), None)
        if known is not None:
            found[canonicalize_name(pin.project)] = known.requires
    return found


def _project(requirement: str) -> str:
    """Return the normalised name in a requirement; empty where nobody can read it."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def carried_in_folder(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield project and version of each file name that is one of a package."""
    return (known for name in names if (known := release_of_file(name)) is not None)


def release_of_file(name: str) -> tuple[str, str] | None:
    """Return project and version by the name of a wheel or a source distribution; None for any other file."""
    version = parse_filename(name).version
    return (project_of(name), str(version)) if version is not None else None


class Better:
    """Versions that no advisory affects: whether the index has some, and whether they would resolve."""

    def __init__(
        self,
        index: AdvisoryIndex,
        matches: Sequence[Match],
        closures: Sequence[Closure],
        source: Fetching,
        groups: Sequence[Group],
        choosing: Choosing,
    ) -> None:
        self._closures = {closure.label: closure for closure in closures}
        self._groups = {group.name: group for group in groups}
        self._choosing = choosing
        self._tried: dict[tuple[str, str, str], str] = {}
        self._until = time.monotonic() + RETRYING_TIME
        projects = dict.fromkeys(match.project for match in matches)
        source.fetch_pages(list(projects))
        held = {project: set(_versions(source, project)) for project in projects}
        affected: dict[str, set[str]] = {}
        for match in (*matches, *matches_of(index, held)):  # what is taken may be installed, and on no page
            affected.setdefault(match.project, set()).add(match.version)
        self._affected = affected
        self._sound = {project: versions - affected.get(project, set()) for project, versions in held.items()}

    def newer(self, match: Match) -> tuple[str, ...]:
        """Return the versions on the index that are newer than the affected one, and affected by nothing."""
        if not read_version(match.version)[0]:
            return ()
        at = Version(match.version)
        return tuple(sorted((text for text in self._sound[match.project] if Version(text) > at), key=Version))

    def instead(self, match: Match, takers: Mapping[str, Iterable[str]]) -> dict[str, str]:
        """Return the version that each target would be given if those with an advisory were left out."""
        found = {}
        for label, names in takers.items():
            versions = [self._try(label, name, match.project) for name in names]
            if versions and all(versions):
                found[label] = ", ".join(dict.fromkeys(versions))
        return found

    def _try(self, label: str, name: str, project: str) -> str:
        """Resolve a group of one target without the affected versions; empty where that is impossible."""
        key = label, name, project
        if key not in self._tried:
            closure = self._closures[label]
            more = len(self._tried) < MOST_TRIED and time.monotonic() < self._until
            self._tried[key] = self._resolved(closure, name, project) if more else ""
        return self._tried[key]

    def _resolved(self, closure: Closure, name: str, project: str) -> str:
        target, view = closure.target, closure.view
        if target is None or view is None or closure.readings is None:
            return ""
        asked = next((group.requirements for group in closure.readings.groups if group.group == name), (name,))
        group = msgspec.structs.replace(self._groups.get(name, Group(name, ())), requirements=asked)
        shut = [f"!={version}" for version in sorted(self._affected[project]) if read_version(version)[0]]
        group = msgspec.structs.replace(group, constraints=(*group.constraints, f"{project}{','.join(shut)}"))
        readings = list(each_reading(target, group, _reader(view, group, self._choosing)))
        if not all(reading.reading.resolves for reading in readings):
            return ""
        every = [each for reading in readings for each in _taken(reading.reading)]
        versions = [version for name, version in every if name == project]
        asked_for = set(map(_project, asked))
        others = [f"{name} {version}" for name, version in every if name in asked_for]  # they do without it
        return ", ".join(dict.fromkeys(versions or others)) or "-"


def _reader(view: Source, group: Group, choosing: Choosing) -> Callable[[TargetMatcher], Reading]:
    def read(variant: TargetMatcher) -> Reading:
        seen = view.seen_by(variant.ways) if isinstance(view, IndexSource) else view
        if isinstance(seen, IndexSource):
            warm(seen, variant, group.requirements, choosing=group.tells(choosing))
        return read_group(seen, variant.as_if_empty(), group, choosing=choosing)

    return read


def _taken(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield project and version of everything that a group would have, also of what is installed and stays."""
    yield from ((canonicalize_name(pin.project), pin.version) for pin in reading.pins)
    yield from ((canonicalize_name(project), version) for project, version in reading.had.items())


def _askers(closure: Closure) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield project and version of everything that is taken there, with who asks for it."""
    for group in closure.readings.groups if closure.readings is not None else ():
        yield from ((release, group.group) for release in _taken(group.reading))
    for asker, taken in closure.further.items():
        yield from (((canonicalize_name(file.project), file.version), asker) for file in taken)


def _known(closure: Closure) -> bool:
    return closure.readings is not None and all(group.reading.resolves for group in closure.readings.groups)


def _versions(source: Source, project: str) -> Iterator[str]:
    found = (release_of_file(link.filename) for link in source.page(project).links)
    return (version for _, version in filter(None, found))
