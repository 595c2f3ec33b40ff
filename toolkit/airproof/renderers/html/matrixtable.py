"""A matrix as the HTML report draws it: a table of its first rows, and of a large one a picture of all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from airproof.renderers.parts.matrix import CALM, Cell, Matrix, Row

MOST_CALM_ROWS = 30
"""Rows without any red that a table still lists."""
LARGE = 400
"""Cells from which on a matrix is drawn as a picture, too: nobody overlooks a table of that size."""


@dataclass(frozen=True)
class Stretch:
    """Cells of one column that follow each other and are alike, in units of a cell."""

    column: int
    first: int
    length: int
    cell: Cell
    label: str
    """The target, the first requirement, and the last one if there are several."""


@dataclass(frozen=True)
class MatrixTable:
    """A matrix, its worst rows first."""

    matrix: Matrix

    @cached_property
    def red(self) -> int:
        """Rows in which something is not as it should be."""
        return sum(not CALM.issuperset(row.cells) for row in self.matrix.rows)

    @property
    def listed(self) -> tuple[Row, ...]:
        """The rows of the table; the template may cut them to its room."""
        return self.matrix.rows[: self.red + MOST_CALM_ROWS]

    @property
    def large(self) -> bool:
        return len(self.matrix.rows) * len(self.matrix.targets) >= LARGE

    @property
    def totals(self) -> list[list[tuple[Cell, int]]]:
        """How often each outcome occurs in each column, worst first; those that do not occur are left out."""
        columns = range(len(self.matrix.targets))
        return [_counted(row.cells[column] for row in self.matrix.rows) for column in columns]

    @property
    def total(self) -> list[tuple[Cell, int]]:
        """How often each outcome occurs in the whole matrix."""
        return _counted(cell for row in self.matrix.rows for cell in row.cells)

    def stretches(self) -> Iterator[Stretch]:
        """The whole matrix, column by column."""
        for column, target in enumerate(self.matrix.targets):
            first = 0
            for cell, alike in groupby(self.matrix.rows, key=lambda row, at=column: row.cells[at]):  # type: ignore[misc]
                rows = list(alike)
                names = [row.requirement for row in (rows[:1] if len(rows) == 1 else [rows[0], rows[-1]])]
                yield Stretch(column, first, len(rows), cell, f"{target}: {' … '.join(names)}")
                first += len(rows)


def _counted(cells: Iterable[Cell]) -> list[tuple[Cell, int]]:
    counts = Counter(cells)
    return [(cell, counts[cell]) for cell in Cell if counts[cell]]
