"""The upper part of the HTML report, as data for its templates: what to do next, the matrix, and the checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, RecordedFinding, Report
from airproof.renderers.html.matrixtable import MatrixTable
from airproof.renderers.html.templating import Shown, block
from airproof.renderers.parts.alike import alike
from airproof.renderers.parts.causes import Cause, Causes
from airproof.renderers.parts.matrix import Cell, CellNote
from airproof.renderers.parts.overview import Family, counts_sentence, families_of, victims_of, where_of
from airproof.renderers.parts.remedy import Remedy, Todo, ToldBefore, advice_of, todos_of
from airproof.renderers.parts.verdict import step_of
from airproof.renderers.plan import Block
from airproof.renderers.text.wording import Wording

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
"""Characters that the id of an element does not take everywhere."""
QUIET = (Outcome.PASSED, Outcome.NOT_APPLICABLE)
"""Outcomes of checks that are folded."""


@dataclass(frozen=True)
class CauseItem:
    """One cause with all that is said about it."""

    cause: Cause
    victims: list[str]
    where: list[str]
    todos: list[Todo]


@dataclass(frozen=True)
class Place:
    """Lines to paste at one place."""

    heading: str
    lines: list[Shown]


@dataclass(frozen=True)
class FamilyChecks:
    """The checks of one family; those that say the same are one."""

    name: str
    counts: str
    open: list[Entry]
    """Those that a reader looks at: neither passed nor not applicable."""
    quiet: list[Entry]


class Judgement:
    """Sections of one report in one language."""

    def __init__(
        self,
        report: Report,
        say: Wording,
        found: Causes,
        matrix: MatrixTable,
        flows: MatrixTable,
        blocks: Sequence[Block],
        prefix: str,
    ) -> None:
        self.report = report
        self.say = say
        self.prefix = prefix
        self.found = found
        self.matrix = matrix
        self.flows = flows
        self._blocks = blocks
        self.accepted = report.verdict is Verdict.ACCEPTED

    @property
    def step(self) -> str:
        sentence = step_of(self.report, self.say.lang)
        return sentence[:1].upper() + sentence[1:]

    def items_of(self, causes: Sequence[Cause]) -> list[CauseItem]:
        """The causes of one list of `found`, in its order."""
        return [self._items[cause.number] for cause in causes]

    @cached_property
    def _items(self) -> dict[int, CauseItem]:
        """Every cause by its number, with what is said of it."""
        told = ToldBefore()
        items = {}
        for cause in self.found.all:
            todos = advice_of(cause.remedies, self.say.lang)
            before = told.number(cause.number, todos)
            if before is not None:
                todos = [Todo((self.say("remedy-as-before", number=before),), ())]
            victims = victims_of(cause, self.report) if cause.victims else []
            items[cause.number] = CauseItem(cause, victims, where_of(cause, self.report, self.say), todos)
        return items

    def around(self, key: str, name: str) -> list[str]:
        """The parts of one of our sentences before and after a value."""
        return self.say(key, **{name: "\x00"}).split("\x00")

    @cached_property
    def blocks(self) -> list[Place]:
        """The commands to paste at each place."""
        return [
            Place(
                self.say(step.place),
                [Shown("\n" * (number > 0) + block(line)) for number, line in enumerate(step.commands)],
            )
            for step in self._blocks
        ]

    @property
    def cut(self) -> Shown:
        """The last line of a block that is not all there."""
        return Shown(f"\n# {self.say('cut')}")

    def cell(self, cell: Cell) -> str:
        return self.say(f"cell-{cell.value}")

    @property
    def counts(self) -> str:
        return counts_sentence(self.report.checks, self.report, self.say.lang)

    def anchor(self, kind: str, name: object) -> str:
        """The id of a cause or a check in this language."""
        return f"{self.prefix}{kind}-{_NO_ID.sub('', str(name))}-{self.say.lang}"

    def is_first(self, entry: Entry) -> bool:
        """Say whether links to a check lead to this entry: the first one of that check which is drawn."""
        return self._first[self.anchor("check", entry.id)] is entry

    @cached_property
    def _first(self) -> dict[str, Entry]:
        drawn = [entry for family in self.families for entry in (*family.open, *family.quiet)]
        return {self.anchor("check", entry.id): entry for entry in reversed(drawn)}

    def in_words(self, value: object) -> str:
        """A value of a finding as people write it: no brackets, no True."""
        if value is None or value in ("", [], (), {}):
            return self.say("nothing")
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, Mapping):
            return self.say.listed(
                self.say("key-value", name=key, value=self.in_words(held)) for key, held in value.items()
            )
        if isinstance(value, list | tuple | set | frozenset):
            return self.say.listed(self.in_words(item) for item in value)
        return str(value)

    def cell_text(self, cell: Cell, note: CellNote) -> str:
        """The version of a requirement that passed; else the outcome."""
        return note.version if cell is Cell.PASSED and note.version else self.cell(cell)

    @cached_property
    def families(self) -> list[FamilyChecks]:
        return [self._family(family) for family in families_of(self.report)]

    def _family(self, family: Family) -> FamilyChecks:
        entries = alike(family.entries)
        open_checks = [entry for entry in entries if entry.outcome not in QUIET]
        quiet_checks = [entry for entry in entries if entry.outcome in QUIET]
        counts = counts_sentence(family.entries, self.report, self.say.lang)
        return FamilyChecks(family.name, counts, open_checks, quiet_checks)

    def todos(self, finding: RecordedFinding) -> list[Todo]:
        return todos_of([Remedy.of(finding)], self.say.lang)
