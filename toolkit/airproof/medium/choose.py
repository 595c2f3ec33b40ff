"""Which files a medium must hold: the closure of every target over the connected side, wheels only unless asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from airproof.check import Finding
from airproof.choosing import PLAIN, WHEELS_ONLY
from airproof.diagnosis.extras import extras_not_provided
from airproof.diagnosis.gaps import findings_of, joined
from airproof.medium.manifest import TOOL_GROUP, TOOLS, WHEELS
from airproof.probes.candidates import project_of
from airproof.probes.closure import read_group
from airproof.probes.needed import warm
from airproof.probes.readings import GroupReading, Readings
from airproof.probes.resolution import Reading
from airproof.probes.simple import NO_ROOTS, Link
from airproof.probes.upstream import Upstream
from airproof.site import Group, TargetData
from airproof.target import Target

UNANSWERED = frozenset({"page-not-served", "page-too-large", "needed-not-served", "too-deep"})
"""Causes that say nothing of what exists."""


class Wanted(msgspec.Struct):
    """A file to carry, and for whom."""

    path: str
    project: str
    version: str
    link: Link
    targets: dict[str, list[str]]
    groups: dict[str, list[str]]

    @property
    def is_tool(self) -> bool:
        return self.path.startswith(f"{TOOLS}/")


class Choice(msgspec.Struct, frozen=True):
    """All files, and what some target cannot be given."""

    files: dict[str, Wanted]
    findings: tuple[tuple[str, Finding], ...]
    """Target and finding."""
    advised: tuple[Finding, ...] = ()
    """Advice that does not make the medium incomplete: extras that nobody provides."""

    @property
    def answered(self) -> bool:
        """False: of something nobody knows whether it can be had, since a source did not answer."""
        return not any(one.cause in UNANSWERED for _, one in self.findings)


def choose(
    upstream: Upstream,
    wanted: Sequence[tuple[TargetData, Sequence[Group]]],
    *,
    server: TargetData | None,
    sdists: bool,
    progress: Callable[[str], None],
) -> Choice:
    """Resolves each target's groups; `server`: also what serves, for that machine."""
    files: dict[str, Wanted] = {}
    findings: list[tuple[str, Finding]] = []
    advised: list[Finding] = []
    for data, groups in wanted:
        progress(data.label)
        found = _resolve(upstream, data, groups, sdists=sdists)
        findings += [(data.label, one) for one in findings_of(found, known=NO_ROOTS, host=data)]
        findings += [(data.label, one) for one in _unread(found)]
        advised += extras_not_provided(found)
        _take(files, WHEELS, data.label, found.groups)
    if server is not None:
        progress(f"{server.label} (devpi, airproof)")
        found = _resolve(upstream, server, (TOOL_GROUP,), sdists=False)
        findings += [(server.label, one) for one in findings_of(found, known=NO_ROOTS, host=server)]
        findings += [(server.label, one) for one in _unread(found)]
        _take(files, TOOLS, server.label, found.groups)
    return Choice(files, tuple(findings), tuple(joined(advised)))


def _resolve(upstream: Upstream, data: TargetData, groups: Iterable[Group], *, sdists: bool) -> Readings:
    target, found = Target.by(data), []
    choosing = PLAIN if sdists else WHEELS_ONLY
    for group in groups:
        warm(upstream, target, group.requirements, choosing=choosing)
        readings: dict[str, Reading] = {}
        for one in target.stretches():  # what any patch level of that Python needs is carried
            reading = read_group(upstream, one, group, choosing=choosing)
            if reading not in readings.values():
                readings[one.markers["python_full_version"]] = reading
        found += [
            GroupReading(group.name, group.requirements, False, reading, python=python if len(readings) > 1 else "")
            for python, reading in readings.items()
        ]
    return Readings(data.label, "", tuple(found))


def _unread(readings: Readings) -> Iterator[Finding]:
    """Files that would not say what they need: that never means that they need nothing."""
    for group in readings.groups:
        for one in group.reading.unreadable:
            filename, _, problem = one.partition(": ")
            values = {"filename": filename, "problem": problem, "project": project_of(filename)}
            yield Finding("needed-not-served", problem, "its METADATA", group.requirements, values)


def _take(files: dict[str, Wanted], folder: str, label: str, groups: Iterable[GroupReading]) -> None:
    for group in groups:
        for pin in group.reading.pins:
            path = f"{folder}/{pin.link.filename}"
            one = files.setdefault(path, Wanted(path, pin.project, pin.version, pin.link, {}, {}))
            asked = one.targets.setdefault(label, [])
            asked += [requirement for requirement in group.requirements if requirement not in asked]
            one.groups.setdefault(label, []).append(group.group)
