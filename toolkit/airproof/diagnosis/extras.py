"""Extras that nobody provides, as findings; the verdict does not rest on them, since pip installs without them."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.check import Finding
from airproof.probes.readings import Readings

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
