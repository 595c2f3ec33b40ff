"""Build source distributions one by one to find those that fail: the output of a joint pip run does not tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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


class Tried(NamedTuple):
    """A source distribution that is built by itself."""

    release: str
    """`name==version`."""
    project: str
    given_up: bool
    """pip builds its metadata alone, and takes another version."""


def sdists_of_failed(pip: PipFacts, readings: Readings) -> dict[str, Tried]:
    """Map each source distribution that a failed pip would have had to build, by file name."""
    groups = {name for run in pip.runs if not run.ok and run.ran.exit_code is not None for name in run.groups}
    failed = [group.reading for group in readings.groups if group.group in groups]
    # A search that comes to no end may have come to a hundred of them; and then something else is known to lack.
    given_up = [(pin, True) for reading in failed if reading.resolves for pin in reading.prepared]
    taken = [(pin, False) for reading in failed for pin in reading.pins if not pin.link.filename.endswith(".whl")]
    return {
        pin.link.filename: Tried(f"{pin.project}=={pin.version}", pin.project, gives_up)
        for pin, gives_up in (*given_up, *taken)
    }


def probe_builds(pip: OfflinePip, sdists: dict[str, Tried]) -> Builds:
    """Build each by itself, without its dependencies, as long as there is time. Raises CannotLook as `OfflinePip.build`
    does.
    """
    ran = {
        name: pip.prepare(tried.release) if tried.given_up else pip.build(tried.release)
        for name, tried in sdists.items()
        if pip.may_try
    }
    failed = ((name, build) for name, build in ran.items() if not build.ok)
    return Builds(tuple(FailedBuild(sdists[name].project, name, build.stderr) for name, build in failed))
