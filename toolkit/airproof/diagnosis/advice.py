"""Advice about installations that succeed: extras that nobody provides, and packages that are only installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from airproof.check import Finding
from airproof.probes.closure.readings import Readings

ONLY_INSTALLED = "only-installed"
NOT_PROVIDED = "extra-not-provided"
SHOWN = 8


def extras_not_provided(readings: Readings) -> Iterator[Finding]:
    """One finding for each requirement and extra."""
    each = {found: None for group in readings.groups for found in group.reading.unprovided}
    for found in each:
        others = ", ".join(found.provided[:SHOWN]) + (" ..." if len(found.provided) > SHOWN else "")
        values = {
            "project": found.project,
            "requirement": found.requirement,
            "extra": found.extra,
            "filename": found.filename,
            "near": found.near or "-",
            "provided": others or "-",
        }
        yield Finding(NOT_PROVIDED, list(found.provided), found.extra, (found.requirement,), values)


def only_installed(name: str, had: Mapping[str, str], groups: Sequence[str], requirements: Sequence[str]) -> Finding:
    """Find projects of a host or target that count as served only because `had` lists them: the index lacks them."""
    installed = ", ".join(f"{project} {version}" for project, version in sorted(had.items()))
    values = {"name": name, "installed": installed, "groups": ", ".join(groups)}
    return Finding(ONLY_INSTALLED, had, {}, tuple(requirements), values)
