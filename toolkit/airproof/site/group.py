"""Requirements that are asked for together, with the lines and files that they come from."""

from __future__ import annotations

import msgspec

from airproof.site.choosing import Choosing
from airproof.site.flows import Runner


class OptionLine(msgspec.Struct, frozen=True):
    """A line of a requirements file that would change the index that pip asks."""

    file: str
    line: int
    text: str


class TextFile(msgspec.Struct, frozen=True):
    """A requirements file that is not plain ASCII and does not say its encoding."""

    path: str
    line: int
    """Line number of the first character that is not ASCII."""
    odd: bytes
    """The lines that hold such characters."""


class Group(msgspec.Struct, frozen=True):
    """Requirements that are requested together and so must resolve together: one `-r` file, one `-p`, one flow."""

    name: str
    requirements: tuple[str, ...]
    """PEP 508 strings, in the order given."""
    constraints: tuple[str, ...] = ()
    option_lines: tuple[OptionLine, ...] = ()
    hashes: dict[str, tuple[str, ...]] = {}
    """Project to the hashes that its lines admit, each as `KIND:HEX`; including those of constraints."""
    pip_lines: tuple[str, ...] = ()
    """Lines that pip is given as a file because a command line cannot express them: option lines, and requirements with
    hashes or options; empty if the requirements suffice.
    """
    constraint_lines: tuple[str, ...] = ()
    """The constraints as lines of a file, if these say more than `constraints`."""
    files: tuple[TextFile, ...] = ()
    """Those of its files that pips may decode differently."""
    items: dict[str, tuple[str, ...]] = {}
    """For a flow: requirement to the items that declare it."""
    runner: Runner = Runner()
    """For a flow: who runs these items."""
    places: dict[str, str] = {}
    """Requirement or constraint of a file to its `FILE:LINE`."""

    @property
    def collector(self) -> bool:
        """Say whether a Collector runs the items of the flow."""
        return self.runner.collector

    @property
    def sets_pip(self) -> bool:
        """Say whether it has settings for a whole pip process, so that no other group may be asked together with it."""
        return bool(self.pip_lines or self.constraint_lines)

    def tells(self, choosing: Choosing) -> Choosing:
        """Return the options about kinds of files that pip is given: by its command, and then by the group's option
        lines.
        """
        return choosing.more(word for line in self.pip_lines if line.startswith("-") for word in line.split())
