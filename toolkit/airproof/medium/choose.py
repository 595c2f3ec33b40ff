"""Which files a medium must hold: the closure of every target over the connected side, wheels only unless asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from packaging.version import Version

from airproof.check import Finding
from airproof.diagnosis.advice import extras_not_provided
from airproof.diagnosis.gaps.findings import findings_of
from airproof.diagnosis.gaps.joining import joined
from airproof.medium.builds import FailedHere, MisfitWheel, SourceBuilds
from airproof.medium.upstream import Upstream
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.needed import warm
from airproof.probes.closure.readings import GroupReading, Readings, each_reading
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.index.simple import NO_ROOTS, Link
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN, WHEELS_ONLY
from airproof.site.group import Group
from airproof.site.hosts import Target
from airproof.site.manifest import TOOL_GROUP, TOOLS, WHEELS, BuiltHere

UNANSWERED = frozenset(
    {
        *("page-not-served", "page-refused", "page-type-not-read", "page-is-no-list", "page-too-large"),
        *("needed-not-served", "too-deep"),
    }
)
"""Causes that say nothing of what exists."""

DIRECT = "direct-url"
"""Cause of a dependency with a URL of its own. A site may allow its host, so a rehearsal judges it by the site."""


class Wanted(msgspec.Struct):
    """A file to carry, and for whom."""

    path: str
    project: str
    version: str
    link: Link
    targets: dict[str, list[str]]
    groups: dict[str, list[str]]
    builds: dict[str, list[str]]
    """Sdists that are built with it."""
    only: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    """As `Carried.only`."""
    built: BuiltHere | None = None
    """As `CarriedFile.built`."""

    @property
    def is_tool(self) -> bool:
        return self.path.startswith(f"{TOOLS}/")


class Build(msgspec.Struct, frozen=True):
    """An sdist that a target has to build, and what its build asks for."""

    label: str
    sdist: str
    requires: tuple[str, ...]


class ChosenFiles(msgspec.Struct, frozen=True):
    """All files, and what some target cannot be given."""

    files: dict[str, Wanted]
    findings: tuple[tuple[str, Finding], ...]
    """Target and finding."""
    advised: tuple[Finding, ...] = ()
    """Advice that does not make the medium incomplete: extras that nobody provides."""
    builds: tuple[Build, ...] = ()
    failed: tuple[FailedHere, ...] = ()
    """Sdists that this machine tried to build, and of which it made no wheel."""
    unasked: tuple[FailedHere, ...] = ()
    """Sdists whose backend could not be asked what its build needs besides."""
    unlike: tuple[MisfitWheel, ...] = ()
    """Wheels that were built here, and that are for no target of those."""
    untried: tuple[Build, ...] = ()
    """Those of `builds` that only their target can try."""

    @property
    def answered(self) -> bool:
        """False: of something nobody knows whether it can be had, since a source did not answer."""
        return not any(one.cause in UNANSWERED for _, one in self.findings)


def choose(
    upstream: Upstream,
    wanted: Sequence[tuple[Target, Sequence[Group]]],
    *,
    server: Target | None,
    sdists: bool,
    progress: Callable[[str], None],
    tools: Group = TOOL_GROUP,
    builds: SourceBuilds | None = None,
    build_wheels: bool = False,
) -> ChosenFiles:
    """Resolves each target's groups; `server`: also `tools`, which serve, for that machine. `builds`: tries source
    distributions on this machine; with `build_wheels`, wheels of them are carried as far as they fit a target.
    """
    builds = builds or SourceBuilds(upstream)
    files: dict[str, Wanted] = {}
    findings: list[tuple[str, Finding]] = []
    advised: list[Finding] = []
    told: list[Build] = []
    untried: list[Build] = []
    failed: dict[str, FailedHere] = {}
    for data, groups in wanted:
        progress(data.label)
        upstream.offered, upstream.found_needs = {}, {}
        attempted = _with_wheels(upstream, builds, data, groups) if build_wheels else []
        found = _resolve(upstream, data, groups, sdists=sdists)
        while builds.learn(data, _sdists(found)):
            found = _resolve(upstream, data, groups, sdists=sdists)
        findings += [(data.label, filename) for filename in _unread(found)]
        advised += extras_not_provided(found)
        _take(files, WHEELS, data.label, found.groups)
        closures = [closure for group in found.groups for closure in builds.closures(data, group)]
        mine = [Build(data.label, sdist, requires) for sdist, requires, _ in closures]
        told += mine
        if builds.is_here(data):
            lacks = {sdist for sdist, _, reading in closures if not reading.reading.resolves}  # told by itself
            attempted += [pin for pin in _sdists(found) if pin not in attempted and pin.link.filename not in lacks]
        else:
            untried += mine
        bad = builds.failed(attempted)
        failed.update((one.sdist, one) for one in bad)
        findings += [
            (data.label, _does_not_build(data.label, pin, one))
            for pin in attempted
            for one in bad
            if one.sdist == pin.link.filename
        ]
        whole = Readings(data.label, "", tuple(reading for *_, reading in closures))
        lacking = [finding for each in (found, whole) for finding in findings_of(each, known=NO_ROOTS, host=data)]
        findings += [(data.label, gap) for gap in joined(lacking)]  # what a build lacks is told in both
        findings += [(data.label, filename) for filename in joined(_unread(whole))]
        findings += [(data.label, elsewhere) for each in (found, whole) for elsewhere in _elsewhere(each)]
        for sdist, _, reading in closures:
            _take(files, WHEELS, data.label, (reading,), sdist=sdist)
    upstream.offered, upstream.found_needs = {}, {}
    if server is not None:
        progress(f"{server.label} (devpi, airproof)")
        found = _resolve(upstream, server, (tools,), sdists=False)
        findings += [(server.label, finding) for finding in findings_of(found, known=NO_ROOTS, host=server)]
        findings += [(server.label, filename) for filename in _unread(found)]
        _take(files, TOOLS, server.label, found.groups)
    for path, record in builds.records.items():
        if path in files:
            files[path].built = record
    return ChosenFiles(
        files,
        tuple(findings),
        tuple(joined(advised)),
        tuple(dict.fromkeys(told)),
        failed=tuple(failed.values()),
        unasked=builds.unasked,
        unlike=tuple(dict.fromkeys(builds.unlike)),
        untried=tuple(dict.fromkeys(untried)),
    )


def _with_wheels(upstream: Upstream, builds: SourceBuilds, data: Target, groups: Sequence[Group]) -> list[Pin]:
    """Build a wheel of each sdist that the target's pip would take, and of what these wheels need in turn; return the
    sdists that were tried.
    """
    tried: dict[str, Pin] = {}
    while True:
        found = _resolve(upstream, data, groups, sdists=True)
        taken = {pin.link.filename: pin for pin in _sdists(found, groups) if pin.link.filename not in tried}
        tried |= taken
        if not builds.offer(data, taken.values()):
            return list(tried.values())


def _sdists(found: Readings, groups: Sequence[Group] = ()) -> list[Pin]:
    """Return the sdists that are taken; without those of which a group's file forbids a wheel (`--no-binary`)."""
    forbidden = {group.name: group.tells(PLAIN) for group in groups}
    pins = [(forbidden.get(group.group, PLAIN), pin) for group in found.groups for pin in group.reading.pins]
    kept = [pin for told, pin in pins if not told.no_wheels(pin.project) and not pin.link.filename.endswith(".whl")]
    return list({pin.link.filename: pin for pin in kept}.values())


def _does_not_build(label: str, pin: Pin, failed: FailedHere) -> Finding:
    release = f"{pin.project}=={pin.version}"
    values = {"filename": failed.sdist, "label": label, "release": release, "about": pin.project}
    return Finding("sdist-build-failed", failed.trouble.said, release, (release,), values)


def _resolve(upstream: Upstream, data: Target, groups: Iterable[Group], *, sdists: bool) -> Readings:
    target = TargetMatcher.by(data)
    found: list[GroupReading] = []
    choosing = PLAIN if sdists else WHEELS_ONLY
    for group in groups:
        warm(upstream, target, group.requirements, choosing=choosing)

        def read(one: TargetMatcher, group: Group = group) -> Reading:
            return read_group(upstream, one, group, choosing=choosing)

        found += each_reading(target, group, read)  # what any patch level and any pip of that Python needs is carried
    return Readings(data.label, "", tuple(found))


def _unread(readings: Readings) -> Iterator[Finding]:
    """Files that would not say what they need: that never means that they need nothing."""
    for group in readings.groups:
        for file in group.reading.unreadable:
            values = {"filename": file.link.filename, "problem": file.problem, "project": file.project}
            yield Finding("needed-not-served", file.problem, "its METADATA", group.requirements, values)


def _elsewhere(readings: Readings) -> list[Finding]:
    """Dependencies with a URL of their own, which no medium can bring: pip goes there, and a rehearsal rejects it."""
    leading = {direct for group in readings.groups for direct in group.reading.direct}
    return [
        Finding(
            DIRECT,
            direct.url,
            f"{direct.project} @ {direct.url}",
            (direct.by.split()[0],),
            {"project": direct.project, "by": direct.by, "url": direct.url},
        )
        for direct in sorted(leading, key=lambda direct: (direct.by, direct.url))
    ]


def _take(
    files: dict[str, Wanted], folder: str, label: str, groups: Iterable[GroupReading], *, sdist: str = ""
) -> None:
    """`sdist`: the one that is built with those files."""
    by_file: dict[tuple[str, str], list[GroupReading]] = {}
    every = list(groups)
    for group in every:
        for pin in group.reading.pins:
            path = f"{folder}/{pin.link.filename}"
            one = files.setdefault(path, Wanted(path, pin.project, pin.version, pin.link, {}, {}, {}))
            asked = one.targets.setdefault(label, [])
            asked += [requirement for requirement in group.requirements if requirement not in asked]
            if sdist:
                one.builds.setdefault(label, []).append(sdist)
            else:
                by_file.setdefault((path, group.group), []).append(group)
    for (path, name), mine in by_file.items():
        files[path].groups.setdefault(label, []).append(name)
        only = _only(mine, [group for group in every if group.group == name])
        if only:
            files[path].only.setdefault(label, {})[name] = only


def _only(mine: Sequence[GroupReading], every: Sequence[GroupReading]) -> str:
    """For which interpreters a file is that these readings of a group take, of all of its readings: as `Carried.only`
    has it, empty where it is for all.
    """
    # The first reading is that of the newest pip; what only an older one takes is no lock file's matter.
    newest = [group for group in every if group.pip in ("", every[0].pip)]
    taking = [group for group in newest if group in mine]
    if not taking:
        return f"pip {mine[0].pip}"
    if taking == newest or not all(group.pythons for group in taking):
        return ""
    spans = sorted((span for group in taking for span in group.pythons), key=lambda span: Version(span[0]))
    joined_up = [spans[0]]
    for since, until in spans[1:]:
        joined_up[-1:] = [(joined_up[-1][0], until)] if joined_up[-1][1] == since else [joined_up[-1], (since, until)]
    first = min((group.pythons[0][0] for group in newest if group.pythons), key=Version)
    return " or ".join(filter(None, (_marker(since, until, first) for since, until in joined_up)))


def _marker(since: str, until: str, first: str) -> str:
    bounds = [f"python_full_version >= '{since}'"] if since != first else []
    bounds += [f"python_full_version < '{until}'"] if until else []
    return " and ".join(bounds)
