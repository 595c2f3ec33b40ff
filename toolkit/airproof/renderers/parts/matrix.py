"""Each requirement against each target: what the record knows of it, and no more.

A cell is *passed* only where a check that asks for packages looked at that target and neither it nor any other of its
kind is left open; silence is never a pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from packaging.utils import canonicalize_name

from airproof.printable import gathered
from airproof.record.join import Member
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.parts.causes import counter

MOST_COLUMNS = 6
"""Targets that have a column each."""
FAMILIES = ("PIP", "DEP")
"""The checks that look at requirements."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Cell(str, Enum):
    """Worst first."""

    FAILED = "failed"
    WAIVED = "waived"
    ADVISED = "advised"
    OPEN = "open"
    PASSED = "passed"
    NOT_ASKED = "not-asked"
    """By this host; another one of the site asks for it."""


_ORDER = tuple(Cell)


@dataclass(frozen=True)
class Row:
    requirement: str
    groups: tuple[str, ...]
    """Who asks for it."""
    cells: tuple[Cell, ...]
    """One for each column."""

    @property
    def rank(self) -> int:
        return min((_ORDER.index(cell) for cell in self.cells), default=len(_ORDER))


@dataclass(frozen=True)
class Matrix:
    targets: tuple[str, ...]
    """The columns: a target each, or of many those that are alike."""
    rows: tuple[Row, ...]
    """The worst first, otherwise in the order asked."""


def matrix_of(report: Report, hosts: Sequence[Member] = ()) -> Matrix:
    """`hosts`: those that the report was joined from, each with columns of its own."""
    matrix = _side_by_side(hosts) if len(hosts) > 1 else _whole(report)
    return _narrow(matrix)


def _whole(report: Report) -> Matrix:
    """With a column for each target."""
    targets = report.scope.targets
    asked: dict[str, list[str]] = {}
    for group, requirements in report.site.groups.items():
        for requirement in requirements:
            asked.setdefault(requirement, []).append(group)
    hit = _victims(report)
    grounds = tuple(_ground(report, target) for target in targets)
    rows = []
    for requirement, groups in asked.items():
        names = _names(requirement)
        cells = tuple(
            min((*(cell for name in names for cell in hit.get((name, target), ())), ground), key=_ORDER.index)
            for target, ground in zip(targets, grounds, strict=True)
        )
        rows.append(Row(requirement, tuple(dict.fromkeys(groups)), cells))
    return Matrix(targets, tuple(rows))


def _narrow(matrix: Matrix) -> Matrix:
    """Fold targets that are alike in every row into one column; the worst rows come first."""
    rows = sorted(matrix.rows, key=lambda row: row.rank)
    many = len(matrix.targets) > MOST_COLUMNS
    columns: dict[object, list[int]] = {}
    for at in range(len(matrix.targets)):
        columns.setdefault(tuple(row.cells[at] for row in rows) if many else at, []).append(at)
    heads = tuple(gathered(matrix.targets[at] for at in those) for those in columns.values())
    first = [those[0] for those in columns.values()]
    return Matrix(heads, tuple(replace(row, cells=tuple(row.cells[at] for at in first)) for row in rows))


def _side_by_side(hosts: Sequence[Member]) -> Matrix:
    each = [_whole(host.report) for host in hosts]
    groups: dict[str, dict[str, None]] = {}
    for matrix in each:
        for row in matrix.rows:
            groups.setdefault(row.requirement, {}).update(dict.fromkeys(row.groups))
    cells = [{row.requirement: row.cells for row in matrix.rows} for matrix in each]
    nothing = [(Cell.NOT_ASKED,) * len(matrix.targets) for matrix in each]
    rows = [
        Row(
            requirement,
            tuple(asking),
            tuple(cell for known, none in zip(cells, nothing, strict=True) for cell in known.get(requirement, none)),
        )
        for requirement, asking in groups.items()
    ]
    columns = tuple(column for host in hosts for column in host.columns)
    return Matrix(columns, tuple(rows))


def _victims(report: Report) -> dict[tuple[str, str], set[Cell]]:
    """Name and target to what befell it. A finding without a subject befalls every target."""
    counts = counter(report)
    hit: dict[tuple[str, str], set[Cell]] = {}
    for entry in report.checks:
        if entry.outcome is Outcome.WAIVED:
            cell = Cell.WAIVED
        elif entry.outcome is Outcome.FAILED:
            cell = Cell.FAILED if counts(entry) else Cell.ADVISED
        else:
            continue
        targets = (entry.subject,) if entry.subject else report.scope.targets
        for name in {name for finding in entry.findings for victim in finding.victims for name in _names(victim)}:
            for target in targets:
                hit.setdefault((name, target), set()).add(cell)
    return hit


def _ground(report: Report, target: str) -> Cell:
    """Return what holds for a requirement of that target that no finding names."""
    counts = counter(report)
    looked = False
    for entry in report.checks:
        if entry.family not in FAMILIES or entry.subject not in ("", target) or not counts(entry):
            continue
        if entry.outcome in (Outcome.BROKEN, Outcome.BLOCKED):
            return Cell.OPEN
        if entry.outcome is Outcome.FAILED and not all(finding.victims for finding in entry.findings):
            return Cell.OPEN
        looked = looked or entry.outcome is not Outcome.NOT_APPLICABLE
    return Cell.PASSED if looked else Cell.OPEN


def _names(text: str) -> Iterable[str]:
    """A requirement or victim as it stands, and its project's name."""
    found = _NAME.match(text)
    return {text, canonicalize_name(found.group())} if found else {text}
