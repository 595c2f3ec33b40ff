"""Each requirement against each target: what the record knows of it, and no more.

A cell is *passed* only where a check that asks for packages looked at that target and neither it nor any other of its
kind is left open; silence is never a pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from packaging.utils import canonicalize_name

from airproof.printable import gathered
from airproof.record.join import Member
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.parts.causes import Causes, counter

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
MARKS = {
    Cell.PASSED: "✓",
    Cell.FAILED: "✗",
    Cell.ADVISED: "!",
    Cell.WAIVED: "≈",
    Cell.OPEN: "?",
    Cell.NOT_ASKED: "–",
}
CALM = frozenset({Cell.PASSED, Cell.NOT_ASKED})
"""Outcomes that ask for nothing."""


@dataclass(frozen=True)
class CellNote:
    """The content of a cell beside its outcome."""

    version: str = ""
    """The version that this column takes; empty where none is known, or several."""
    causes: tuple[int, ...] = ()
    """Numbers of the report's causes that befall the requirement there."""


@dataclass(frozen=True)
class Row:
    requirement: str
    groups: tuple[str, ...]
    """Names of the groups that ask for it."""
    cells: tuple[Cell, ...]
    """One for each column."""
    notes: tuple[CellNote, ...] = ()
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


def matrix_of(report: Report, found: Causes, hosts: Sequence[Member] = ()) -> Matrix:
    """`hosts`: those that the report was joined from, each with columns of its own."""
    matrix = _side_by_side(hosts) if len(hosts) > 1 else _whole(report)
    return narrowed(_noted(matrix, report, found, hosts))


def _whole(report: Report) -> Matrix:
    """With a column for each target."""
    targets = report.scope.targets
    asked: dict[str, list[str]] = {}
    for group, requirements in report.site.groups.items():
        for requirement in requirements:
            asked.setdefault(requirement, []).append(group)
    hit, proven = _victims(report), report.summary.proven
    grounds = {(target, shown): _ground(report, target, proven=shown) for target in targets for shown in (True, False)}
    rows = []
    for requirement, groups in asked.items():
        names = _names(requirement)
        cells = tuple(
            min((*(cell for name in names for cell in hit.get((name, target), ())), ground), key=_ORDER.index)
            for target in targets
            for ground in [grounds[target, set(groups) <= set(proven.get(target, ()))]]
        )
        rows.append(Row(requirement, tuple(dict.fromkeys(groups)), cells))
    return Matrix(targets, tuple(rows))


def _noted(matrix: Matrix, report: Report, found: Causes, hosts: Sequence[Member]) -> Matrix:
    """Add the versions that the inventories name, and the numbers of the causes."""
    versions: dict[tuple[str, str], set[str]] = {}
    for part, columns in [(host.report, host.columns) for host in hosts] or [(report, report.scope.targets)]:
        column_of = dict(zip(part.scope.targets, columns, strict=True))
        for item in part.summary.inventory:
            for target in item.targets:
                versions.setdefault((item.project, column_of.get(target, target)), set()).add(item.version)
    numbers = _victims_of_causes(report, found)

    def note(names: Collection[str], target: str) -> CellNote:
        taken = {version for name in names for version in versions.get((name, target), ())}
        causes = {number for name in names for number in numbers.get((name, target), ())}
        return CellNote(taken.pop() if len(taken) == 1 else "", tuple(sorted(causes)))

    rows = (
        replace(row, notes=tuple(note(names, target) for target in matrix.targets))
        for row in matrix.rows
        for names in [_names(row.requirement)]
    )
    return Matrix(matrix.targets, tuple(rows))


def _victims_of_causes(report: Report, found: Causes) -> dict[tuple[str, str], set[int]]:
    """Name and target to the numbers of the causes of which it is a victim."""
    numbers: dict[tuple[str, str], set[int]] = {}
    for cause in found.all:
        subjects = {entry.subject for entry in cause.entries}
        targets = {*subjects - {""}, *(report.scope.targets if "" in subjects else ())}
        for victim in cause.victims:
            for name in _names(victim):
                for target in targets:
                    numbers.setdefault((name, target), set()).add(cause.number)
    return numbers


def narrowed(matrix: Matrix) -> Matrix:
    """Fold many targets that are alike in every row, down to versions and causes, into one column each; the worst rows
    come first.
    """
    rows = sorted(matrix.rows, key=lambda row: row.rank)
    if len(matrix.targets) <= MOST_COLUMNS:
        return Matrix(matrix.targets, tuple(rows))
    columns: dict[object, list[int]] = {}
    for at in range(len(matrix.targets)):
        same = tuple((row.cells[at], row.notes[at] if row.notes else None) for row in rows)
        columns.setdefault(same, []).append(at)
    heads = tuple(gathered(matrix.targets[at] for at in those) for those in columns.values())
    first = [those[0] for those in columns.values()]
    folded = (
        replace(row, cells=tuple(row.cells[at] for at in first), notes=tuple(row.notes[at] for at in first))
        for row in rows
    )
    return Matrix(heads, tuple(folded))


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


def _ground(report: Report, target: str, *, proven: bool) -> Cell:
    """Return what holds for a requirement of that target that no finding names. `proven`: its own groups were installed
    and imported there, so that it does not wait for a check that another group's failure blocks.
    """
    counts = counter(report)
    looked = False
    for entry in report.checks:
        if entry.family not in FAMILIES or entry.subject not in ("", target) or not counts(entry):
            continue
        if entry.outcome is Outcome.BROKEN or (entry.outcome is Outcome.BLOCKED and not proven):
            return Cell.OPEN
        if entry.outcome is Outcome.FAILED and not all(finding.victims for finding in entry.findings):
            return Cell.OPEN
        looked = looked or entry.outcome is not Outcome.NOT_APPLICABLE
    return Cell.PASSED if looked else Cell.OPEN


@lru_cache(maxsize=20_000)
def _names(text: str) -> frozenset[str]:
    """A requirement or victim as it stands, and its project's name. Each is asked for several times."""
    found = _NAME.match(text)
    return frozenset((text, canonicalize_name(found.group()))) if found else frozenset((text,))
