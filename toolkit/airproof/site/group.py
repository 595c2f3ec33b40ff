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
    """A requirements file with characters beyond ASCII that does not state its encoding, so that pips may decode it
    differently.
    """

    path: str
    line: int
    """Line number of the first character that is not ASCII."""
    odd: bytes
    """The lines that hold such characters, as the bytes of the file, joined by newlines."""


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
        """Merge the group's option lines into the options of pip's command, and return the result.

        Both are options about kinds of files, such as `--only-binary`. Pip reads the lines after the command.
        """
        return choosing.more(word for line in self.pip_lines if line.startswith("-") for word in line.split())
