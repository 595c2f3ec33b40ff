"""What each target needs of the index, present here or not, and what of it is there and served."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.net.http import Http
from airproof.probes.closure.candidates import weigh
from airproof.probes.closure.closure import read_each, read_group
from airproof.probes.closure.oldrequires import readable
from airproof.probes.closure.readings import GroupReading, Readings, each_reading
from airproof.probes.closure.resolution import Broken, Reading, Source
from airproof.probes.closure.sources import IndexSource
from airproof.probes.index.listing import read_projects
from airproof.probes.index.simple import Link, Page
from airproof.probes.interpreters.target import PipWays, Target
from airproof.probes.interpreters.targets import pip_options
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.site import Group

AT_ONCE = 2_000
"""Projects whose pages are read ahead at a time."""
MAX_FAILED = 500
"""Projects that do not resolve, which are kept as evidence; all are counted."""


class Unserved(msgspec.Struct, frozen=True):
    """A file at which the target's pip ends: it is not served, not the published one, or pip refuses it."""

    filename: str
    project: str
    problem: str
    cause: str = "needed-not-served"
    inside: tuple[str, str] = ("", "")
    """Name and version that a renamed file has inside."""


class Needed(msgspec.Struct, frozen=True):
    """All groups of one target."""

    readings: Readings
    unserved: tuple[Unserved, ...]
    fetch: str
    """What makes `pip download` fetch for that target."""
    pip_here: bool
    """An interpreter on this machine stands for the target, and its pip judges too."""

    @property
    def sdists(self) -> tuple[str, ...]:
        """Files that would have to be built there."""
        taken = [link.filename for _, link in self.readings.links]
        prepared = [pin.link.filename for group in self.readings.groups for pin in group.reading.prepared]
        return tuple(dict.fromkeys(name for name in (*taken, *prepared) if not name.endswith(".whl")))


class EachProject(msgspec.Struct, frozen=True):
    """Every project of the index, asked for by itself."""

    label: str
    projects: int
    resolved: int
    failed: tuple[GroupReading, ...]
    """At most MAX_FAILED."""
    sdists: tuple[str, ...]
    """Projects that would have to be built there, or need such a one."""
    unserved: tuple[Unserved, ...] = ()
    """Files at which the target's pip ends, at most MAX_FAILED."""


def probe_needed(
    source: IndexSource,
    target: Target,
    groups: Sequence[Group],
    *,
    pip_here: bool = False,
    choosing: Choosing = PLAIN,
) -> Needed:
    """Reads the closure of each group for the target, and fetches each file that it takes, as its pip would.

    What is installed there counts where the index alone does not do. `choosing`: what the site's call tells pip.
    """
    found: list[GroupReading] = []
    for group in groups:
        warmed: set[PipWays] = set()

        def read(one: Target, group: Group = group, warmed: set[PipWays] = warmed) -> Reading:
            view = source.seen_by(one.ways)
            if one.ways not in warmed:
                warmed.add(one.ways)
                warm(view, one, group.requirements, choosing=group.tells(choosing))
            reading = read_group(view, one.as_if_empty(), group, choosing=choosing)
            if one.had and not reading.resolves:
                reading = read_group(view, one, group, choosing=choosing)
            return msgspec.structs.replace(reading, broken=view.ends_at(reading))

        found += each_reading(target, group, read)
    readings = Readings(target.label, "", tuple(found))
    return Needed(readings, tuple(_unserved(readings)), pip_options(target), pip_here)


def probe_each_project(source: Fetching, target: Target, projects: Sequence[str]) -> EachProject:
    """Reads the closure of every project by itself, and fetches the files that it takes, as its pip would."""
    warmed: set[PipWays] = set()
    failed: dict[str, GroupReading] = {}
    sdists: dict[str, None] = {}
    unserved: dict[str, Unserved] = {}
    for one in target.each():
        view = source.seen_by(one.ways) if isinstance(source, IndexSource) else source
        if one.ways not in warmed:
            warmed.add(one.ways)
            for start in range(0, len(projects), AT_ONCE):
                warm(view, one, projects[start : start + AT_ONCE])
        pythons = ((one.markers["python_full_version"], ""),) if target.patches is not None else ()
        pip = one.pips[0] if len(target.pips) > 1 else ""
        for project, reading in read_each(view, one, projects):
            ends = view.ends_at(reading) if isinstance(view, IndexSource) else ()
            for end in ends:
                unserved.setdefault(end.link.url, _unserved_of(end))
            if not reading.resolves:
                failed.setdefault(project, GroupReading(project, (project,), False, reading, {}, pythons, pip))
            elif not all(pin.link.filename.endswith(".whl") for pin in (*reading.pins, *reading.prepared)):
                sdists[project] = None
    kept = tuple(failed.values())[:MAX_FAILED]
    files = tuple(unserved.values())[:MAX_FAILED]
    return EachProject(target.label, len(projects), len(projects) - len(failed), kept, tuple(sdists), files)


def list_projects(http: Http, index_url: str) -> tuple[str, ...]:
    """Every project that the index lists, sorted; none where it lists none or is no index."""
    listed = read_projects(http.get(index_url))
    return tuple(sorted(listed.names)) if listed is not None else ()


class Fetching(Source, Protocol):
    """A source that can be asked for many things side by side."""

    def fetch_pages(self, projects: Sequence[str]) -> None: ...
    def fetch_metadata(self, links: Iterable[Link]) -> None: ...


def warm(source: Fetching, target: Target, requirements: Sequence[str], *, choosing: Choosing = PLAIN) -> None:
    """Fetches, level by level and side by side, what a resolution will most likely ask for: of each the best file."""
    waiting = [Requirement(one) for one in requirements]
    known: set[tuple[str, str, frozenset[str]]] = set()
    while waiting:
        waiting = [one for one in waiting if target.applies(one.marker)]
        fresh = {(canonicalize_name(one.name), str(one.specifier), frozenset(one.extras)): one for one in waiting}
        fresh = {key: one for key, one in fresh.items() if key not in known}
        known |= set(fresh)
        source.fetch_pages([project for project, _, _ in fresh])
        found = ((one, _best(source, target, one, choosing)) for one in fresh.values())
        best = [(one, link) for one, link in found if link is not None]
        source.fetch_metadata([link for _, link in best])
        waiting = [needed for one, link in best for needed in _dependencies(source, target, one, link)]


def _best(source: Source, target: Target, requirement: Requirement, choosing: Choosing) -> Link | None:
    page: Page = source.page(canonicalize_name(requirement.name))
    return next((one.link for one in weigh(page, requirement, target, choosing=choosing) if not one.why_not), None)


def _dependencies(source: Source, target: Target, requirement: Requirement, link: Link) -> Iterator[Requirement]:
    for text in source.metadata(requirement.name, link).requires:
        needed = readable(text)
        if needed is not None and needed.url is None and target.applies(needed.marker, frozenset(requirement.extras)):
            bare = copy.copy(needed)  # parsing it again costs more than all the rest
            bare.marker = None
            yield bare


def _unserved(readings: Readings) -> Iterator[Unserved]:
    """Each file at which pip ends, once."""
    told: dict[str, Unserved] = {}
    for group in readings.groups:
        for one in group.reading.broken:
            told.setdefault(one.link.url, _unserved_of(one))
    return iter(told.values())


def _unserved_of(one: Broken) -> Unserved:
    return Unserved(one.link.filename, one.project, one.problem, one.cause, one.inside)
