"""The upper part of the HTML report, as data for its templates: what to do next, the matrix, and the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from airproof.record.outcome import Verdict
from airproof.record.report import Entry, RecordedFinding, Report
from airproof.renderers.context import Context
from airproof.renderers.html.templating import Shown, block
from airproof.renderers.parts.alike import alike
from airproof.renderers.parts.causes import Cause, Causes
from airproof.renderers.parts.matrix import Cell, Matrix, Row, matrix_of
from airproof.renderers.parts.overview import counts_sentence, families_of, victims_of, where_of
from airproof.renderers.parts.remedy import Remedy, Todo, ToldBefore, advice_of, todos_of
from airproof.renderers.parts.verdict import step_of
from airproof.renderers.plan import Block
from airproof.renderers.text.wording import Wording

MOST_PASSED_ROWS = 30
"""Rows without any red that the matrix still lists."""


@dataclass(frozen=True)
class CauseItem:
    """One cause with all that is said about it."""

    cause: Cause
    victims: list[str]
    where: list[str]
    todos: list[Todo]


@dataclass(frozen=True)
class Place:
    """What to paste at one place."""

    heading: str
    lines: list[Shown]


@dataclass(frozen=True)
class MatrixTable:
    """The matrix, its worst rows first."""

    matrix: Matrix
    red: int
    """Rows in which something is not as it should be."""
    listed: list[Row]

    @classmethod
    def of(cls, report: Report, context: Context) -> MatrixTable:
        matrix = matrix_of(report, context.members)
        calm = [row for row in matrix.rows if set(row.cells) <= {Cell.PASSED, Cell.NOT_ASKED}]
        red = len(matrix.rows) - len(calm)
        return cls(matrix, red, [*matrix.rows[:red], *calm[:MOST_PASSED_ROWS]])


@dataclass(frozen=True)
class FamilyChecks:
    """The checks of one family; those that say the same are one."""

    name: str
    counts: str
    entries: list[Entry]


class Judgement:
    """Sections of one report in one language."""

    def __init__(
        self, report: Report, say: Wording, found: Causes, matrix: MatrixTable, blocks: Sequence[Block]
    ) -> None:
        self.report = report
        self.say = say
        self.found = found
        self.matrix = matrix
        self._blocks = blocks
        self.accepted = report.verdict is Verdict.ACCEPTED

    @property
    def step(self) -> str:
        sentence = step_of(self.report, self.say.lang)
        return sentence[:1].upper() + sentence[1:]

    def causes(self, causes: Iterable[Cause]) -> Iterator[CauseItem]:
        told = ToldBefore()
        for number, cause in enumerate(causes, 1):
            todos = advice_of(cause.remedies, self.say.lang)
            before = told.number(number, todos)
            if before is not None:
                todos = [Todo((self.say("remedy-as-before", number=before),), ())]
            victims = victims_of(cause, self.report) if cause.victims else []
            yield CauseItem(cause, victims, where_of(cause, self.report, self.say), todos)

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

    def families(self) -> Iterator[FamilyChecks]:
        for family in families_of(self.report):
            yield FamilyChecks(
                family.name, counts_sentence(family.entries, self.report, self.say.lang), alike(family.entries)
            )

    def todos(self, finding: RecordedFinding) -> list[Todo]:
        return todos_of([Remedy.of(finding)], self.say.lang)
