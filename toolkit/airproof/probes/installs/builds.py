"""Build source distributions one by one to find those that fail: the output of a joint pip run does not tell."""

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
    """The requirements for which pip failed; empty if it did not."""

    failed: tuple[FailedBuild, ...] = ()

    def failed_of(self, filenames: Sequence[str]) -> list[FailedBuild]:
        return [build for build in self.failed if build.filename in filenames]


def sdists_of_failed(pip: PipFacts, readings: Readings) -> dict[str, tuple[str, str]]:
    """Map the file name of each source distribution that a failed pip would have had to build to project and
    version.
    """
    groups = {name for run in pip.runs if not run.ok and run.ran.exit_code is not None for name in run.groups}
    failed = [group_reading.reading for group_reading in readings.groups if group_reading.group in groups]
    pins = [pin for reading in failed for pin in (*reading.pins, *reading.prepared)]
    return {pin.link.filename: (pin.project, pin.version) for pin in pins if not pin.link.filename.endswith(".whl")}


def probe_builds(pip: OfflinePip, sdists: dict[str, tuple[str, str]]) -> Builds:
    """Build each by itself, without its dependencies. Raises CannotLook as `OfflinePip.build` does."""
    ran = {name: pip.build(f"{project}=={version}") for name, (project, version) in sdists.items()}
    return Builds(
        tuple(
            FailedBuild(sdists[name][0], name, build_run.stderr) for name, build_run in ran.items() if not build_run.ok
        )
    )
