"""Which source distributions do not build, asked one by one: pip's words do not say which of many things failed."""

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
    """What was asked for, where pip failed; empty where it did not."""

    failed: tuple[FailedBuild, ...] = ()

    def failed_of(self, filenames: Sequence[str]) -> list[FailedBuild]:
        return [one for one in self.failed if one.filename in filenames]


class Tried(NamedTuple):
    """A source distribution that is built by itself."""

    release: str
    """`name==version`."""
    project: str
    given_up: bool
    """pip builds its metadata alone, and takes another version."""


def sdists_of_failed(pip: PipFacts, readings: Readings) -> dict[str, Tried]:
    """By file name each source distribution that a pip which failed would have had to build."""
    groups = {name for run in pip.runs if not run.ok and run.ran.exit_code is not None for name in run.groups}
    failed = [one.reading for one in readings.groups if one.group in groups]
    # A search that comes to no end may have come to a hundred of them; and then something else is known to lack.
    given_up = [(pin, True) for one in failed if one.resolves for pin in one.prepared]
    taken = [(pin, False) for one in failed for pin in one.pins if not pin.link.filename.endswith(".whl")]
    return {
        pin.link.filename: Tried(f"{pin.project}=={pin.version}", pin.project, gives_up)
        for pin, gives_up in (*given_up, *taken)
    }


def probe_builds(pip: OfflinePip, sdists: dict[str, Tried]) -> Builds:
    """Builds each by itself, without what it depends on. Raises CannotLook as `OfflinePip.build` does."""
    ran = {
        name: pip.prepare(tried.release) if tried.given_up else pip.build(tried.release)
        for name, tried in sdists.items()
    }
    return Builds(tuple(FailedBuild(sdists[name].project, name, one.stderr) for name, one in ran.items() if not one.ok))
