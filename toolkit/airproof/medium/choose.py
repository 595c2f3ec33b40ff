"""Which files a medium must hold: the closure of every target over the connected side, wheels only unless asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from packaging.version import Version

from airproof.check import Finding
from airproof.diagnosis.advice import extras_not_provided
from airproof.diagnosis.gaps import findings_of, joined
from airproof.medium.upstream import Upstream
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.needed import warm
from airproof.probes.closure.readings import GroupReading, Readings, each_reading
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.files.archive import SILENT
from airproof.probes.index.simple import NO_ROOTS, Link
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN, WHEELS_ONLY
from airproof.site.manifest import TOOL_GROUP, TOOLS, WHEELS
from airproof.site.site import Group, Target

UNANSWERED = frozenset(
    {
        *("page-not-served", "page-refused", "page-type-not-read", "page-is-no-list", "page-too-large"),
        *("needed-not-served", "too-deep"),
    }
)
"""Causes that say nothing of what exists."""
OWN_BDIST_WHEEL = Version("70.1")
"""setuptools from here on makes wheels by itself. An earlier one asks for `wheel` once its build has begun."""


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
) -> ChosenFiles:
    """Resolves each target's groups; `server`: also `tools`, which serve, for that machine."""
    files: dict[str, Wanted] = {}
    findings: list[tuple[str, Finding]] = []
    advised: list[Finding] = []
    builds: list[Build] = []
    for data, groups in wanted:
        progress(data.label)
        found = _resolve(upstream, data, groups, sdists=sdists)
        findings += [(data.label, filename) for filename in _unread(found)]
        advised += extras_not_provided(found)
        _take(files, WHEELS, data.label, found.groups)
        built = [build for group in found.groups for build in _builds(upstream, data, group)]
        builds += [Build(data.label, sdist, requires) for sdist, requires, _ in built]
        whole = Readings(data.label, "", tuple(reading for *_, reading in built))
        lacking = [finding for each in (found, whole) for finding in findings_of(each, known=NO_ROOTS, host=data)]
        findings += [(data.label, gap) for gap in joined(lacking)]  # what a build lacks is told in both
        findings += [(data.label, filename) for filename in joined(_unread(whole))]
        for sdist, _, reading in built:
            _take(files, WHEELS, data.label, (reading,), sdist=sdist)
    if server is not None:
        progress(f"{server.label} (devpi, airproof)")
        found = _resolve(upstream, server, (tools,), sdists=False)
        findings += [(server.label, finding) for finding in findings_of(found, known=NO_ROOTS, host=server)]
        findings += [(server.label, filename) for filename in _unread(found)]
        _take(files, TOOLS, server.label, found.groups)
    return ChosenFiles(files, tuple(findings), tuple(joined(advised)), tuple(dict.fromkeys(builds)))


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


def _builds(
    upstream: Upstream, data: Target, group: GroupReading
) -> Iterator[tuple[str, tuple[str, ...], GroupReading]]:
    for target in TargetMatcher.by(data).each():
        yield from _builds_on(upstream, target, group)


def _builds_on(
    upstream: Upstream, target: TargetMatcher, group: GroupReading
) -> Iterator[tuple[str, tuple[str, ...], GroupReading]]:
    """Each sdist that the group takes, what its build asks for, and the closure of that. pip makes an environment for
    each build, so each has a closure of its own. What a build is made with may be an sdist too.
    """
    waiting: list[tuple[Pin, tuple[str, ...]]]
    waiting = [(pin, (f"{pin.project} {pin.version}",)) for pin in group.reading.pins]
    done: set[str] = set()
    while waiting:
        pin, path = waiting.pop()
        sdist = pin.link.filename
        if sdist.endswith(".whl") or sdist in done:
            continue
        done.add(sdist)
        requires = _asked_to_build(upstream, target, pin)
        reading = _for_build(_close(upstream, target, sdist, requires), sdist, path)
        old = [
            tool for tool in reading.pins if tool.project == "setuptools" and Version(tool.version) < OWN_BDIST_WHEEL
        ]
        if old and not any(tool.project == "wheel" for tool in reading.pins):
            requires = (*requires, "wheel")
            reading = _for_build(_close(upstream, target, sdist, requires), sdist, path)
        waiting += [(tool, (*path, f"{tool.project} {tool.version}")) for tool in reading.pins]
        yield sdist, requires, GroupReading(group.group, group.requirements, False, reading)


def _asked_to_build(upstream: Upstream, target: TargetMatcher, pin: Pin) -> tuple[str, ...]:
    """Without setuptools for an sdist that names no backend, where the target's pip builds it by its installed one."""
    asked = upstream.metadata(pin.project, pin.link).build_requires
    return tuple(text for text in asked if text != SILENT or not target.builds_plain)


def _close(upstream: Upstream, target: TargetMatcher, sdist: str, requires: tuple[str, ...]) -> Reading:
    warm(upstream, target, requires)
    return read_group(upstream, target, Group(sdist, requires))


def _for_build(reading: Reading, sdist: str, path: tuple[str, ...]) -> Reading:
    """Its gaps name the sdist, and the path that leads to it."""
    gaps = [msgspec.structs.replace(gap, path=(*path, *gap.path), for_build=sdist) for gap in reading.gaps]
    return msgspec.structs.replace(reading, gaps=tuple(gaps))


def _unread(readings: Readings) -> Iterator[Finding]:
    """Files that would not say what they need: that never means that they need nothing."""
    for group in readings.groups:
        for file in group.reading.unreadable:
            values = {"filename": file.link.filename, "problem": file.problem, "project": file.project}
            yield Finding("needed-not-served", file.problem, "its METADATA", group.requirements, values)


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
