"""The finding of requirements that exclude each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import and_

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from airproof.check import Finding
from airproof.diagnosis.gaps.causes import FETCHABLE
from airproof.probes.closure.candidates import FileFact
from airproof.probes.closure.readings import GroupReading
from airproof.probes.closure.resolution import Conflict, Want
from airproof.probes.closure.specifiers import can_be_met

MOST_CHOICES = 1_000
"""Choices of one version of each project that are tried for a conflict."""


def table_of(files: Iterable[FileFact]) -> list[dict[str, str]]:
    """Every candidate file and why it was not taken."""
    return [{"file": file.filename, "why_not": file.why_not, "detail": file.detail} for file in files]


def of_conflict(conflict: Conflict, group: GroupReading) -> Finding:
    wants = list(_wants(conflict, group))
    together = _together(conflict.wants)
    project = canonicalize_name(conflict.project.partition("[")[0])
    values = {
        "project": conflict.project,
        "wants": ", ".join(wants),
        "path": group.group,
        "requirement": f"{project}{together or ''}",
        "versions": ", ".join(dict.fromkeys(file.version for file in conflict.files if file.version)) or "-",
    }
    found = {"wants": wants, "files": table_of(conflict.files)}
    cause = "conflict" if together is None else FETCHABLE
    return Finding(cause, found, "one version for all", group.requirements, values)


def _together(wants: Iterable[Want]) -> SpecifierSet | None:
    """Return what a version has to meet so that all projects that ask for it can have one version; None if no version
    could.
    """
    by: dict[str, dict[SpecifierSet, None]] = {}
    for number, want in enumerate(wants):
        name = want.by.rpartition(" ")[0] or str(number)
        by.setdefault(name, {})[Requirement(want.requirement).specifier] = None
    choices = itertools.islice(itertools.product(*by.values()), MOST_CHOICES)
    return next((each for each in (reduce(and_, choice) for choice in choices) if can_be_met(each)), None)


def _wants(conflict: Conflict, group: GroupReading) -> Iterator[str]:
    """Each requirement with who asks for it; the versions of one project that ask alike together."""
    by: dict[tuple[str, str, str], list[str]] = {}
    for want in conflict.wants:
        name, _, version = want.by.rpartition(" ")
        by.setdefault((want.requirement, name, want.where), []).append(version)
    for (requirement, name, where), versions in by.items():
        if not name:
            asking = where or group.group
        elif len(versions) == 1:
            asking = f"{name} {versions[0]}"
        else:
            asking = f"{name} ({len(versions)} versions, {versions[0]} ... {versions[-1]})"
        yield f"{requirement} ({asking}, {where})" if name and where else f"{requirement} ({asking})"
