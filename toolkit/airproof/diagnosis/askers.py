"""Who suffers from a file that pip cannot use: whoever asked for it, not the project of the file itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.check import Finding
from airproof.probes.closure.readings import GroupReading, Readings


def told_of_askers(findings: Iterable[Finding], readings: Readings) -> Iterator[Finding]:
    """The findings about files, with the requirements that need them as their victims."""
    for finding in findings:
        victims = askers(readings, finding.filename, finding.victims)
        yield replace(finding, victims=victims) if victims else finding


def askers(readings: Readings, filename: str, projects: Iterable[str]) -> tuple[str, ...]:
    """The projects that were asked for and need the file: the file's own where it was asked for itself, else all of its
    group, which install together. Empty where no group needs it.
    """
    found: dict[str, None] = {}
    for group in readings.groups:
        if filename in _files_of(group):
            asked = [canonicalize_name(Requirement(requirement).name) for requirement in group.requirements]
            found |= dict.fromkeys([name for name in asked if name in {*projects}] or asked)
    return tuple(found)


def _files_of(group: GroupReading) -> set[str]:
    reading = group.reading
    return {*(file.link.filename for each in (reading.pins, reading.prepared, reading.broken) for file in each)}
