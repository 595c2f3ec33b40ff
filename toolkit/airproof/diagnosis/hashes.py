"""Files that the index has, and that a requirements file with hashes does not admit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from airproof.check import Finding
from airproof.probes.readings import Readings
from airproof.site import Group

HASHES = ("hash-not-admitted",)
"""All causes that are told here."""


def hashes_not_met(readings: Readings, groups: Iterable[Group]) -> Iterator[Finding]:
    """One finding for each file that would be taken, and that is none of those whose hashes stand in the file.

    What the index publishes is believed here. One line with a hash, and pip wants one for every file, those of
    dependencies too.
    """
    admitted: dict[str, Mapping[str, Collection[str]]] = {one.name: one.hashes for one in groups if one.hashes}
    for one in readings.groups:
        if one.group not in admitted:
            continue
        for pin in one.reading.pins:
            sha256 = pin.link.hashes.get("sha256", "").lower()
            wanted = admitted[one.group].get(pin.project, ())
            if f"sha256:{sha256}" not in wanted:
                values = {"filename": pin.link.filename, "sha256": sha256 or "-", "file": one.group}
                yield Finding("hash-not-admitted", sha256, sorted(wanted), (pin.project,), values)
