"""Facts about pip's runs: resolved and installed distributions, refused connections, and attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.probes.pip.guard import Attempt, GuardFlaws
from airproof.probes.pip.importing import TriedImport
from airproof.probes.pip.installed import Installed
from airproof.system.processes import Ran


class PipRun(msgspec.Struct, frozen=True):
    """One pip process and its result."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    ran: Ran
    """Output with credentials masked."""
    installed: tuple[Installed, ...] = ()
    refused: tuple[Attempt, ...] = ()
    check_problems: tuple[str, ...] = ()
    """Complaints of `pip check` in the filled environment; it does not run if the metadata show that all needs
    are met.
    """
    imports: tuple[TriedImport, ...] = ()
    free: int | None = None
    """For a pip that failed: free bytes at the place where it unpacks."""
    flaws: GuardFlaws = GuardFlaws()
    """Why the guard may have missed something."""
    overlaid: tuple[tuple[str, str], ...] = ()
    """Pairs of distributions that brought the same file with different bytes: the later one overwrote the other's."""
    left: tuple[str, ...] | None = None
    """Processes that built or imported code left running, and that were stopped; None: they cannot be listed here."""
    counted: dict[str, str] = {}
    """Distributions that OMFlow's interpreter has installed, with their versions, and that this run took as provided
    because the index does not provide them; OMFlow skips what is installed. Empty if the index provides everything.
    """

    @property
    def ok(self) -> bool:
        return self.ran.exit_code == 0


class PipFacts(msgspec.Struct, frozen=True):
    """All pip runs of one interpreter through the configured URL: one if all is well, else as `together` describes."""

    label: str
    pip: str
    runs: tuple[PipRun, ...]
    """The runs that count: each group is in exactly one."""
    whole: PipRun | None = None
    """The run of all groups together, if it counts for none: it failed, or each group was then asked separately."""
    dropped: tuple[str, ...] = ()
    """Options of the site's command that name an install location: airproof drops them and uses its own folder."""
    carried: bool = False
    """The result is from another host: its pip resolved only, nothing was installed and no guard watched."""


class Usage(msgspec.Struct, frozen=True):
    """Answer of pip to the options of the site's command, before it asks any index."""

    exit_code: int | None = 0
    """0 if it knows all of them and can read their values."""
    said: str = ""
    """Message with which it refuses one."""


class Refusal(msgspec.Struct, frozen=True):
    """Result of sending pip to a decoy."""

    decoy_answers: bool
    """airproof itself fetched the canary's page from the decoy: it would have answered pip."""
    refused: bool
    """pip, called in the same form but for the decoy's URL, was refused by the guard, and the guard recorded it."""
    detail: str = ""


class Canary(msgspec.Struct, frozen=True):
    """The proof that a refusal would have been seen: the guard refused and recorded a deliberate attempt."""

    decoy_answers: bool
    """The refused address, as in `Refusal`."""
    refused: bool
    visitors: int
    """Requests to the decoy from anybody else, during the canary and the real runs together."""
    detail: str = ""
    carried: bool = False
    """The result is from another host: nothing was tried there."""


class StillNeeded(NamedTuple):
    """Distributions that an index still has to provide besides the installed ones."""

    counted: dict[str, str]
    """As in `PipRun`."""
    pins: tuple[str, ...]
    """`name==version` of all that comes from the index."""
    prepared: tuple[str, ...] = ()
    """The same of source distributions that pip builds only to read what they need, and then gives up."""


def left_out(run: PipRun, markers: Mapping[str, str]) -> list[str]:
    """Return requested projects that are not installed although pip succeeded. Markers are evaluated."""
    return sorted(
        asked_for(run.requirements, markers) - {distribution.name for distribution in run.installed} - set(run.counted)
    )


def asked_for(requirements: Sequence[str], markers: Mapping[str, str]) -> frozenset[str]:
    """Return the normalised names of the requirements whose markers apply to this interpreter."""
    parsed = [Requirement(text) for text in requirements]
    applying = [
        requirement
        for requirement in parsed
        if requirement.marker is None or requirement.marker.evaluate({**markers, "extra": ""})
    ]
    return frozenset(canonicalize_name(requirement.name) for requirement in applying)


def decisive(text: str) -> str:
    """Return the line with which pip says why it ended: its last error, else its last line, as below a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error:")]
    if errors and errors[-1].lower() == "error: exception:":
        errors = []
    return next(iter([*errors[-1:], *lines[-1:]]), "-")
