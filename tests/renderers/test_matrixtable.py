"""The picture of a large matrix, and the numbers below it."""

from __future__ import annotations

from airproof.renderers.html.matrixtable import LARGE, MOST_CALM_ROWS, MatrixTable, Stretch
from airproof.renderers.parts.matrix import Cell, CellNote, Matrix, Row

FAILED, OPEN, PASSED, NOT_ASKED = Cell.FAILED, Cell.OPEN, Cell.PASSED, Cell.NOT_ASKED
RED = Row("alpha", ("a",), (FAILED, PASSED), (CellNote(), CellNote()))


def calm(count: int) -> list[Row]:
    return [Row(f"c{number}", ("a",), (PASSED, NOT_ASKED), (CellNote(), CellNote())) for number in range(count)]


def table(*rows: Row) -> MatrixTable:
    return MatrixTable(Matrix(("here", "far"), rows))


def test_cells_that_follow_each_other_and_are_alike_are_one_stretch() -> None:
    """Column by column, with the names of both ends."""
    assert [
        Stretch(0, 0, 1, FAILED, "here: alpha"),
        Stretch(0, 1, 3, PASSED, "here: c0 … c2"),
        Stretch(1, 0, 1, PASSED, "far: alpha"),
        Stretch(1, 1, 3, NOT_ASKED, "far: c0 … c2"),
    ] == list(table(RED, *calm(3)).stretches())


def test_each_outcome_is_counted() -> None:
    """In each column, and in all of them; what does not occur is left out."""
    made = table(RED, *calm(3))

    assert [[(FAILED, 1), (PASSED, 3)], [(PASSED, 1), (NOT_ASKED, 3)]] == made.totals
    assert [(FAILED, 1), (PASSED, 4), (NOT_ASKED, 3)] == made.total


def test_all_red_rows_are_listed_and_some_of_the_others() -> None:
    """The rows that no reader looks for are counted instead."""
    made = table(RED, *calm(100))

    assert (1, 1 + MOST_CALM_ROWS) == (made.red, len(made.listed))


def test_only_a_large_one_is_a_picture() -> None:
    """A small table is overlooked at a glance."""
    rows = LARGE // 2

    assert [False, True] == [table(*calm(rows - 1)).large, table(*calm(rows)).large]
