"""The first screen of the HTML report, as data for its templates: the verdict in a sentence, the numbers, the causes by
number, and what was not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from airproof.printable import clip, one_line
from airproof.record.outcome import Verdict
from airproof.record.report import Report
from airproof.renderers.html.matrixtable import MatrixTable
from airproof.renderers.parts.alike import alike
from airproof.renderers.parts.causes import Causes, label_of
from airproof.renderers.parts.matrix import Cell
from airproof.renderers.parts.overview import stuck_of, victims_of
from airproof.renderers.text.wording import Wording

MOST_SENTENCE = 200
MOST_CAUSES = 12
"""Causes that the list of the first screen has; all of them stand below it."""
MOST_UNSEEN = 6
COUNTED = {Cell.PASSED, Cell.NOT_ASKED, Cell.ADVISED}
"""Cells of a requirement that is proven."""


@dataclass(frozen=True)
class CauseRow:
    """One cause in the list of the first screen."""

    number: int
    sentence: str
    affected: int
    level: str
    """`required`, `advised` or `waived`."""


class Head:
    """The first screen of one report in one language."""

    def __init__(self, report: Report, say: Wording, found: Causes, matrix: MatrixTable) -> None:
        self.report = report
        self.say = say
        self.found = found
        rows = matrix.matrix.rows
        self._failed = sum(Cell.FAILED in row.cells for row in rows)
        self._proven = sum(set(row.cells) <= COUNTED and Cell.PASSED in row.cells for row in rows)
        self._rows = len(rows)

    @property
    def sentence(self) -> str:
        """The verdict in a sentence for somebody who decides and does not mend."""
        if self.report.verdict is Verdict.REJECTED:
            key = "manager-rejected" if self._failed else "manager-not-safe"
            return self.say(key, failed=self._failed, n=self._rows)
        return self.say(f"manager-{self.report.verdict.value}")

    @property
    def tiles(self) -> list[tuple[str, str]]:
        """Names and values of the numbers that a reader asks for first."""
        say, report = self.say, self.report
        tiles = [("tile-requirements", f"{report.scope.requirements:,}")]
        if self._rows:
            tiles += [("tile-proven", f"{self._proven:,}"), ("tile-blocked", f"{self._failed:,}")]
        tiles += [
            ("tile-targets", f"{len(report.scope.targets):,}"),
            ("tile-offline", say(f"tile-offline-{report.offline.strength}")),
        ]
        return [(say(key), value) for key, value in tiles]

    @property
    def causes(self) -> list[CauseRow]:
        """Each cause with its number and how many it affects."""
        return [
            CauseRow(
                cause.number,
                clip(one_line(self.say.text(cause.says)), MOST_SENTENCE),
                len(victims_of(cause, self.report)) if cause.victims else 0,
                level,
            )
            for level, causes in self.found.by_level.items()
            for cause in causes
        ]

    @property
    def most(self) -> int:
        """How many of the causes are listed."""
        return MOST_CAUSES

    def unseen(self) -> Iterator[str]:
        """Yield checks that could not look, or were left out, with the reason; not those that wait for a cause."""
        entries = alike(stuck_of(self.report))
        for entry in entries[:MOST_UNSEEN]:
            reason = one_line(self.say.text(entry.reason)) if entry.reason else ""
            yield self.say("unseen-check", check=label_of(entry), title=self.say.text(entry.title), reason=reason)
        if len(entries) > MOST_UNSEEN:
            yield self.say.count("more", len(entries) - MOST_UNSEEN)
        if self.report.run.deselected:
            yield self.say("unseen-left-out", checks=self.say.some(self.report.run.deselected, 10))
