"""pip, hermetic and guarded: what it resolved and installed, what it was refused, and what it tried.

Each interpreter's own pip runs in an empty environment of that interpreter, so it needs no switch to ignore what is
installed, cannot be externally managed, and carries the guard in itself and in every child.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from airproof.processes import Ran
from airproof.probes.host import Host
from airproof.site import Group


class Attempt(msgspec.Struct, frozen=True):
    """A connection or name look-up that the guard refused."""

    destination: str
    """`host:port`, or the host alone for a look-up."""
    event: str
    """The audit event, such as `socket.connect`."""
    process: str
    """The program's first arguments, shortened."""


class Installed(msgspec.Struct, frozen=True):
    """One distribution that pip put into the empty environment."""

    name: str
    """Normalised."""
    version: str
    requires: tuple[str, ...]
    """Requires-Dist of its METADATA."""
    modules: tuple[str, ...]
    """Top-level importable names that its files provide."""
    url: str | None = None
    """Where pip took it from, where the pip can say (from 22.2), credentials taken out."""
    sha256: str | None = None
    requested: bool = False


class Import(msgspec.Struct, frozen=True):
    """One `import` of a requested distribution's module, in a process of its own."""

    project: str
    module: str
    ok: bool
    seconds: float
    error: str = ""
    """The exception's last line."""


class PipRun(msgspec.Struct, frozen=True):
    """One pip process and what came of it."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    ran: Ran
    """With credentials masked."""
    installed: tuple[Installed, ...] = ()
    refused: tuple[Attempt, ...] = ()
    check_problems: tuple[str, ...] = ()
    """What `pip check` in the filled environment complained of."""
    imports: tuple[Import, ...] = ()

    @property
    def ok(self) -> bool:
        return self.ran.exit_code == 0


class PipFacts(msgspec.Struct, frozen=True):
    """All pip runs of one interpreter through the configured URL: one where all is well, one per group where it is not."""

    label: str
    pip: str
    runs: tuple[PipRun, ...]
    """Those that count: each group is in exactly one."""
    whole: PipRun | None = None
    """The run of all groups together, where it failed and the groups were then asked one by one."""


class Canary(msgspec.Struct, frozen=True):
    """The proof that a refusal would have been seen."""

    decoy_answers: bool
    """airproof itself fetched the canary's page from the decoy: it would have answered pip."""
    refused: bool
    """pip, called in the same form but for the decoy's URL, was refused by the guard, and the guard wrote it down."""
    visitors: int
    """Requests that the decoy saw from anybody else, during the canary and the real runs together."""
    detail: str = ""


class OfflinePip:
    """One interpreter's pip, restricted to one index URL. Folders it makes lie under `workdir`; nothing else is written."""

    def __init__(
        self,
        host: Host,
        url: str,
        *,
        workdir: Path,
        pip_command: str,
        timeout: float,
        ca: str | None = None,
        surroundings: dict[str, str] | None = None,
    ) -> None:
        """`surroundings`: the environment that is cleaned; None: this process's own."""
        raise NotImplementedError

    def install(self, groups: Sequence[Group], *, imports: bool = True) -> PipRun:
        """Installs the groups' requirements together, for real, into a fresh empty environment; then `pip check`, then imports."""
        raise NotImplementedError

    def canary(self) -> Canary:
        """Stands up a decoy index on loopback and sends the same pip there: the guard must refuse it."""
        raise NotImplementedError


def probe_pip(pip: OfflinePip, groups: Sequence[Group], *, imports: bool) -> PipFacts:
    """One pip process for all groups; only where that fails, one for each group."""
    raise NotImplementedError
