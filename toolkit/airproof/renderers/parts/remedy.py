"""Remedies of a cause: sentences for people, and commands to paste."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from airproof.printable import one_line, printable
from airproof.record.report import RecordedFinding
from airproof.renderers.plan import commands_of
from airproof.words import Lang, Text

MOST_PROSE = 1500
"""Characters of the sentences of one remedy."""
_MARKS = ",.;:，。；："
_ALIKE = 3
"""Words of a sentence of which one may differ: of fewer nobody can tell whether it is the same sentence."""


@dataclass(frozen=True)
class Remedy:
    """Both, as the record has them; the commands in the order in which somebody walks who has this cause alone."""

    text: Text
    commands: tuple[str, ...] = ()

    @classmethod
    def of(cls, finding: RecordedFinding) -> Remedy:
        return cls(finding.remedy, commands_of(finding))

    def prose(self, lang: Lang) -> str:
        """The sentences, on one printable line."""
        return one_line(self.text.of(lang), MOST_PROSE)

    @property
    def pasted(self) -> list[str]:
        """The commands in order, each on one printable line and never cut: half a command is another one."""
        return [printable(command) for command in self.commands]


@dataclass(frozen=True)
class Todo:
    """Remedy of one cause: several sentences if the same commands are for several machines."""

    proses: tuple[str, ...]
    """Printable lines."""
    commands: tuple[str, ...]
    """Printable, as of Remedy."""


def todos_of(remedies: Iterable[Remedy], lang: Lang) -> list[Todo]:
    """Remedies in order; those with the same commands are one, and say once what they say alike."""
    proses: dict[tuple[str, ...], dict[str, None]] = {}
    for remedy in remedies:
        proses.setdefault(tuple(remedy.pasted), {})[remedy.prose(lang)] = None
    return [Todo(told_once(filter(None, those)), commands) for commands, those in proses.items()]


def told_once(proses: Iterable[str]) -> tuple[str, ...]:
    """Sentences that differ in one word alone, such as the target that they are for, are one with all those words."""
    groups: list[tuple[list[str], int | None, list[str]]] = []  # the words, which of them differs, and what it is
    for prose in dict.fromkeys(proses):
        words = prose.split(" ")
        for number, (first, place, others) in enumerate(groups):
            apart = [at for at, (one, other) in enumerate(zip(first, words, strict=False)) if one != other]
            if len(first) == len(words) >= _ALIKE and len(apart) == 1 and place in (None, apart[0]):
                groups[number] = (first, apart[0], [*others, words[apart[0]]])
                break
        else:
            groups.append((words, None, []))
    return tuple(_joined(words, place, others) for words, place, others in groups)


def _joined(words: list[str], place: int | None, others: list[str]) -> str:
    """The sentence with all its words in that place; a mark that ends each of them stands once, behind the last."""
    if place is None:
        return " ".join(words)
    each = [words[place], *others]
    mark = each[0][len(each[0].rstrip(_MARKS)) :]
    if mark and all(result.endswith(mark) for result in each):
        each = [result.removesuffix(mark) for result in each]
    else:
        mark = ""
    return " ".join([*words[:place], ", ".join(each) + mark, *words[place + 1 :]])


class ToldBefore:
    """Remedies that were already shown, by number: of hosts with the same causes the first has it, the others refer to
    it.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[Todo, ...], int] = {}

    def number(self, number: int, todos: Iterable[Todo]) -> int | None:
        """The number under which word for word the same was told before; None: it is told now, under this one."""
        told = tuple(todos)
        before = self._numbers.setdefault(told, number) if told else number
        return None if before == number else before


def advice_of(remedies: Iterable[Remedy], lang: Lang) -> list[Todo]:
    """The sentences alone, where the commands of all causes stand together by place (`plan`)."""
    proses = told_once(filter(None, (remedy.prose(lang) for remedy in remedies)))
    return [Todo(proses, ())] if proses else []
