"""The transcript of the manual's steps 1 to 5, as a rehearsal walked them. Walking is the fixtures' work; this is
what it saw.
"""

from __future__ import annotations

import msgspec

TOOLS = ("devpi-server", "devpi-client", "pip")
"""Distributions whose programs the manual uses."""


class Command(msgspec.Struct, frozen=True):
    """One command of the manual as it was run, secrets masked."""

    step: str
    """"1" to "5"."""
    name: str
    """A key of the wording: `init`, `start`, `use`, `login`, `password`, `index`, `use-index`, `upload`, ..."""
    command: str
    exit_code: int | None
    """0 for a server that came to answer; None where it was stopped because its time was over."""
    seconds: float
    output: str = ""
    """The last lines."""

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


class Packed(msgspec.Struct, frozen=True):
    """One file of the upload folder."""

    filename: str
    problem: str
    """Empty, `damaged-wheel`, `not-a-package` or `name-inside-differs`."""
    detail: str = ""
    uploaded: bool = False
    """The index lists it under its own sha256."""
    size: int = 0
    """Bytes."""


class OnlineForm(msgspec.Struct, frozen=True):
    """The form `root/pypi/+simple/`: a mirror whose upstream is a second devpi of this rehearsal."""

    url: str
    pages: int
    differing: tuple[str, ...]
    """Projects whose files differ from the offline form's."""
    resolved: bool
    """pip, without installing, found every requirement there too."""
    detail: str = ""
    commands: tuple[Command, ...] = ()
    """Those that made the mirror."""
    pip_asked: bool = True
    """False: the rehearsal is for targets whose interpreters are not here."""


class Restart(msgspec.Struct, frozen=True):
    seconds: float
    """To stop, start and answer again."""
    before: int
    """Files listed."""
    lost: tuple[str, ...]
    """Files listed before and not after."""


class FullDisk(msgspec.Struct, frozen=True):
    """A disk that was full before a step had come to its end."""

    folder: str
    """The serverdir on it."""
    free: int
    """Bytes that were left in the end."""
    needed: int
    """Bytes of the folder that was to be uploaded."""


class Transcript(msgspec.Struct, frozen=True):
    """A rehearsal up to the point it reached; what it did not reach is None or empty."""

    commands: tuple[Command, ...]
    tools: dict[str, str]
    """devpi-server, devpi-client, pip: their versions."""
    tool_problems: tuple[str, ...]
    """Requirements of these tools that this installation does not meet."""
    carried: bool
    """The wheelhouse holds devpi-server and devpi-client."""
    packed: tuple[Packed, ...]
    url: str = ""
    """The URL for PIP Server, offline form; empty where the server never answered."""
    password_set: bool = False
    restart: Restart | None = None
    departures: tuple[str, ...] = ()
    """Keys of the sentences that say where the commands differ from the manual's, for a throwaway server."""
    server_options: tuple[str, ...] = ()
    """Further options of devpi-server: those that were asked for, and the one that the upload needed."""
    body_limit: int = 0
    """Bytes of an upload that a server with the options that were asked for takes."""
    body_raised: int = 0
    """Bytes to which the rehearsal raised that limit; 0: it did not have to."""
    full: FullDisk | None = None
    """Why the last step failed; None where it did not, or for another reason."""

    def named(self, name: str) -> Command | None:
        """The last command of that name."""
        return next((command for command in reversed(self.commands) if command.name == name), None)
