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


def script_of(steps: Iterable[tuple[str, Iterable[Remedy]]], lang: Lang) -> Iterator[str]:
    """One script of many remedies: `(heading, remedies)` in order; what is no command is a comment."""
    for number, (heading, remedies) in enumerate(steps, 1):
        yield f"# {number}. {' '.join(lines(heading))}"
        for remedy in remedies:
            if prose := remedy.prose(lang):
                yield f"#    {prose}"
            yield from remedy.pasted
