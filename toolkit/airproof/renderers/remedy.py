"""What to do about a cause: sentences for people, and commands to paste."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from airproof.record.report import RecordedFinding
from airproof.renderers.printable import lines, one_line, printable
from airproof.words import Lang, Text

MOST_PROSE = 1500
"""Characters of the sentences of one remedy."""


@dataclass(frozen=True)
class Remedy:
    """Both, as the record has them."""

    text: Text
    commands: tuple[str, ...] = ()

    @classmethod
    def of(cls, finding: RecordedFinding) -> Remedy:
        return cls(finding.remedy, finding.commands)

    def prose(self, lang: Lang) -> str:
        """The sentences, on one printable line."""
        return one_line(self.text.of(lang), MOST_PROSE)

    @property
    def pasted(self) -> list[str]:
        """The commands in order, each on one printable line and never cut: half a command is another one."""
        return [printable(one) for one in self.commands]


@dataclass(frozen=True)
class Todo:
    """What one cause asks for: several sentences where the same commands are for several machines."""

    proses: tuple[str, ...]
    """Printable lines."""
    commands: tuple[str, ...]
    """Printable, as of Remedy."""


def todos_of(remedies: Iterable[Remedy], lang: Lang) -> list[Todo]:
    """Remedies in order; those with the same commands are one."""
    proses: dict[tuple[str, ...], dict[str, None]] = {}
    for one in remedies:
        proses.setdefault(tuple(one.pasted), {})[one.prose(lang)] = None
    return [Todo(tuple(filter(None, those)), commands) for commands, those in proses.items()]


def script_of(steps: Iterable[tuple[str, Iterable[Remedy]]], lang: Lang) -> Iterator[str]:
    """One script of many remedies: `(heading, remedies)` in order; what is no command is a comment."""
    for number, (heading, remedies) in enumerate(steps, 1):
        yield f"# {number}. {' '.join(lines(heading))}"
        for todo in todos_of(remedies, lang):
            yield from (f"#    {one}" for one in todo.proses)
            yield from todo.commands
