"""Which source distributions do not build, asked one by one: pip's words do not say which of many things failed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airproof.probes.closure.readings import Readings
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.pip.facts import PipFacts


class FailedBuild(msgspec.Struct, frozen=True):
    project: str
    filename: str
    said: str
    """pip's errors."""


class Builds(msgspec.Struct, frozen=True):
    """What was asked for, where pip failed; empty where it did not."""

    failed: tuple[FailedBuild, ...] = ()

    def failed_of(self, filenames: Sequence[str]) -> list[FailedBuild]:
        return [one for one in self.failed if one.filename in filenames]


def sdists_of_failed(pip: PipFacts, readings: Readings) -> dict[str, tuple[str, str]]:
    """File name to project and version of each source distribution that a pip which failed would have had to build."""
    groups = {name for run in pip.runs if not run.ok and run.ran.exit_code is not None for name in run.groups}
    failed = [one.reading for one in readings.groups if one.group in groups]
    pins = [pin for reading in failed for pin in (*reading.pins, *reading.prepared)]
    return {pin.link.filename: (pin.project, pin.version) for pin in pins if not pin.link.filename.endswith(".whl")}


def probe_builds(pip: OfflinePip, sdists: dict[str, tuple[str, str]]) -> Builds:
    """Builds each by itself, without what it depends on. Raises CannotLook as `OfflinePip.build` does."""
    ran = {name: pip.build(f"{project}=={version}") for name, (project, version) in sdists.items()}
    return Builds(tuple(FailedBuild(sdists[name][0], name, one.stderr) for name, one in ran.items() if not one.ok))
