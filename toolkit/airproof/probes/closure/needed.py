"""Read the closures that each target needs from the index, on this host or elsewhere, and check that the files are
served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec
from packaging.requirements import Requirement

from airproof.net.http import Http
from airproof.probes.closure.candidates import normalised, weigh, weigh_any
from airproof.probes.closure.closure import read_each, read_group
from airproof.probes.closure.extras import meant
from airproof.probes.closure.readings import GroupReading, Readings, each_reading
from airproof.probes.closure.resolution import Broken, Pin, Reading, Source
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.known import KnownFile, TakenFiles, files_of, known_files
from airproof.probes.index.listing import read_projects
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import pip_options
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.group import Group

AT_ONCE = 2_000
"""Projects whose pages are read ahead at a time."""
MAX_FAILED = 500
"""Projects that do not resolve, which are kept as evidence; all are counted."""


class Unserved(msgspec.Struct, frozen=True):
    """A file at which the target's pip fails: it is not served, it is not the published file, or pip refuses it."""

    filename: str
    project: str
    problem: str
    cause: str = "needed-not-served"
    inside: tuple[str, str] = ("", "")
    """Name and version that a renamed file has inside."""


class Needed(msgspec.Struct, frozen=True):
    """The closures of all groups for one target."""

    readings: Readings
    unserved: tuple[Unserved, ...]
    fetch: str
    """The pip options with which `pip download` fetches for that target."""
    pip_here: bool
    """An interpreter on this machine stands for the target, and its pip judges too."""
    files: tuple[KnownFile, ...] = ()
    """Every file that the groups take, with what it states of itself."""

    @property
    def sdists(self) -> tuple[str, ...]:
        """Return the file names of the source distributions that would have to be built on the target."""
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
    """Projects that would have to be built on the target, or that need one that would."""
    unserved: tuple[Unserved, ...] = ()
    """Files at which the target's pip fails, at most MAX_FAILED."""
    taken: TakenFiles = TakenFiles(())
    """Every file that any of the projects takes, with the projects that take it, where what they state is judged."""


def probe_needed(
    source: IndexSource,
    target: TargetMatcher,
    groups: Sequence[Group],
    *,
    pip_here: bool = False,
    choosing: Choosing = PLAIN,
) -> Needed:
    """Read the closure of each group for the target, and fetch each file that it takes, as its pip would.

    Distributions that are installed on the target count if the index alone does not suffice. `choosing`: the options
    that the site's call gives pip.
    """
    group_readings: list[GroupReading] = []
    for group in groups:
        warmed: set[PipBehaviour] = set()

        def read(variant: TargetMatcher, group: Group = group, warmed: set[PipBehaviour] = warmed) -> Reading:
            view = source.seen_by(variant.ways)
            if variant.ways not in warmed:
                warmed.add(variant.ways)
                warm(view, variant, group.requirements, choosing=group.tells(choosing))
            reading = read_group(view, variant.as_if_empty(), group, choosing=choosing)
            if variant.had and not reading.resolves:
                reading = read_group(view, variant, group, choosing=choosing)
            return msgspec.structs.replace(reading, broken=view.ends_at(reading))

        group_readings += each_reading(target, group, read)
    readings = Readings(target.label, "", tuple(group_readings))
    files = known_files(readings, source.inside, target)
    return Needed(readings, tuple(_unserved(readings)), pip_options(target), pip_here, files)


def probe_each_project(
    source: Fetching, target: TargetMatcher, projects: Sequence[str], *, keep: bool = False
) -> EachProject:
    """Read the closure of every project by itself, and fetches the files that it takes, as its pip would.

    `keep`: return those files with what they state of themselves.
    """
    warmed: set[PipBehaviour] = set()
    failed: dict[str, GroupReading] = {}
    sdists: dict[str, None] = {}
    unserved: dict[str, Unserved] = {}
    pins: dict[str, Pin] = {}
    askers: dict[str, dict[str, None]] = {}
    for variant in target.each():
        view = source.seen_by(variant.ways) if isinstance(source, IndexSource) else source
        if variant.ways not in warmed:
            warmed.add(variant.ways)
            for start in range(0, len(projects), AT_ONCE):
                warm(view, variant, projects[start : start + AT_ONCE])
        pythons = ((variant.markers["python_full_version"], ""),) if target.patches is not None else ()
        pip = variant.pips[0] if len(target.pips) > 1 else ""
        for project, reading in read_each(view, variant, projects):
            ends = view.ends_at(reading) if isinstance(view, IndexSource) else ()
            for end in ends:
                unserved.setdefault(end.link.url, _unserved_of(end))
            if not reading.resolves:
                failed.setdefault(project, GroupReading(project, (project,), False, reading, {}, pythons, pip))
            elif not all(pin.link.filename.endswith(".whl") for pin in (*reading.pins, *reading.prepared)):
                sdists[project] = None
            if keep and reading.resolves:
                for pin in reading.pins:
                    pins.setdefault(pin.link.url, pin)
                    askers.setdefault(pin.link.url, {})[project] = None
    inside = source.inside if isinstance(source, IndexSource) else lambda _: None
    taken = TakenFiles(files_of(pins, inside), {url: tuple(names) for url, names in askers.items()})
    kept = tuple(failed.values())[:MAX_FAILED]
    files = tuple(unserved.values())[:MAX_FAILED]
    resolved = len(projects) - len(failed)
    return EachProject(target.label, len(projects), resolved, kept, tuple(sdists), files, taken)


def list_projects(http: Http, index_url: str) -> tuple[str, ...]:
    """Return every project that the index lists, sorted; empty if it lists none or is not an index."""
    listed = read_projects(http.get(index_url))
    return tuple(sorted(listed.names)) if listed is not None else ()


class Fetching(Source, Protocol):
    """A source that can be asked for many pages and files side by side."""

    def fetch_pages(self, projects: Sequence[str]) -> None: ...
    def fetch_metadata(self, links: Iterable[Link]) -> None: ...


def warm(source: Fetching, target: TargetMatcher, requirements: Sequence[str], *, choosing: Choosing = PLAIN) -> None:
    """Fetch, level by level and side by side, the pages and best files that a resolution will most likely need."""
    waiting = [requirement for requirement in map(Requirement, requirements) if target.applies(requirement.marker)]
    known: set[tuple[str, str, frozenset[str]]] = set()
    while waiting:
        fresh = {
            (
                normalised(requirement.name),
                str(requirement.specifier),
                frozenset(requirement.extras),
            ): requirement
            for requirement in waiting
        }
        fresh = {key: requirement for key, requirement in fresh.items() if key not in known}
        known |= set(fresh)
        source.fetch_pages([project for project, _, _ in fresh])
        pairs = ((requirement, _best(source, target, requirement, choosing)) for requirement in fresh.values())
        best = [(requirement, link) for requirement, link in pairs if link is not None]
        source.fetch_metadata([link for _, link in best])
        waiting = [needed for requirement, link in best for needed in _dependencies(source, target, requirement, link)]


def _best(source: Source, target: TargetMatcher, requirement: Requirement, choosing: Choosing) -> Link | None:
    project = normalised(requirement.name)
    files = weigh_any(source.page(project), project, target, choosing=choosing)
    weighed = weigh(files, requirement.specifier, target, choosing=choosing)
    return next((file.link for file in weighed if not file.why_not), None)


def _dependencies(source: Source, target: TargetMatcher, requirement: Requirement, link: Link) -> Iterator[Requirement]:
    asked = meant(source.metadata(requirement.name, link).requires, target, frozenset(requirement.extras))
    return (needed for needed in asked if needed.url is None)


def _unserved(readings: Readings) -> Iterator[Unserved]:
    """Return each file at which pip fails, once."""
    by_url: dict[str, Unserved] = {}
    for group in readings.groups:
        for broken in group.reading.broken:
            by_url.setdefault(broken.link.url, _unserved_of(broken))
    return iter(by_url.values())


def _unserved_of(broken: Broken) -> Unserved:
    return Unserved(broken.link.filename, broken.project, broken.problem, broken.cause, broken.inside)
