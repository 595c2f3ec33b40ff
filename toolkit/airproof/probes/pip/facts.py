"""What is known of pip's runs: what it resolved and installed, what it was refused, and what it tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.probes.pip.guard import Attempt, GuardFlaws
from airproof.probes.pip.importing import Import
from airproof.probes.pip.installed import Installed
from airproof.system.processes import Ran


class PipRun(msgspec.Struct, frozen=True):
    """One pip process and what came of it."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    ran: Ran
    """With credentials masked."""
    installed: tuple[Installed, ...] = ()
    refused: tuple[Attempt, ...] = ()
    check_problems: tuple[str, ...] = ()
    """What `pip check` in the filled environment complained of; it is not asked where all needs are seen to be met."""
    imports: tuple[Import, ...] = ()
    free: int | None = None
    """Of a pip that failed: bytes that were left where it unpacks."""
    guarded: int = 0
    """How many Python processes carried the guard: pip, its builds, the check and the imports."""
    flaws: GuardFlaws = GuardFlaws()
    """Why the guard may not have seen everything."""
    overlaid: tuple[tuple[str, str], ...] = ()
    """Pairs of distributions that brought the same file with different bytes: the later one overwrote the other's."""
    left: tuple[str, ...] | None = None
    """Processes that what was built or imported left running, and that were stopped; None: nobody could see them."""
    counted: dict[str, str] = {}
    """Distributions with their versions that are installed, that the index alone does not give, and that count as
    served, since OMFlow skips them. The rest was resolved there, or installed here without a word on what it needs.
    """

    @property
    def ok(self) -> bool:
        return self.ran.exit_code == 0


class PipFacts(msgspec.Struct, frozen=True):
    """All pip runs of one interpreter through the configured URL: one where all is well, else as `together` says."""

    label: str
    pip: str
    runs: tuple[PipRun, ...]
    """Those that count: each group is in exactly one."""
    whole: PipRun | None = None
    """The run of all groups together, where it counts for none: it failed, or each was then asked apart."""
    dropped: tuple[str, ...] = ()
    """Options of the site's line that say where to install: airproof leaves them out and uses its own place."""
    carried: bool = False
    """Of another host: its pip resolved only, nothing was installed and no guard watched."""


class Refusal(msgspec.Struct, frozen=True):
    """What came of sending pip to a decoy."""

    decoy_answers: bool
    """airproof itself fetched the canary's page from the decoy: it would have answered pip."""
    refused: bool
    """pip, called in the same form but for the decoy's URL, was refused by the guard, and the guard wrote it down."""
    detail: str = ""


class Canary(msgspec.Struct, frozen=True):
    """The proof that a refusal would have been seen."""

    decoy_answers: bool
    """As in `Refusal`."""
    refused: bool
    visitors: int
    """Requests that the decoy saw from anybody else, during the canary and the real runs together."""
    detail: str = ""
    carried: bool = False
    """Of another host: nothing was tried there."""


class Rest(NamedTuple):
    """What an index still has to give beside what is installed."""

    counted: dict[str, str]
    """As in `PipRun`."""
    pins: tuple[str, ...]
    """`name==version` of all that comes from the index."""
    prepared: tuple[str, ...] = ()
    """The same of source distributions that pip builds only to read what they need, and then gives up."""


def left_out(run: PipRun, markers: Mapping[str, str]) -> list[str]:
    """Projects that were asked for, and are not there although pip ended well. Markers are heeded."""
    return sorted(asked_for(run.requirements, markers) - {one.name for one in run.installed} - set(run.counted))


def asked_for(requirements: Sequence[str], markers: Mapping[str, str]) -> frozenset[str]:
    """The normalised names of the requirements whose markers apply to this interpreter."""
    parsed = [Requirement(one) for one in requirements]
    applying = [one for one in parsed if one.marker is None or one.marker.evaluate({**markers, "extra": ""})]
    return frozenset(canonicalize_name(one.name) for one in applying)
