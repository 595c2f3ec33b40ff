"""Each flow against each host: whether it would activate there, and the numbers of the causes that keep it from it."""

from __future__ import annotations

from airproof.record.report import Report
from airproof.renderers.parts.causes import Causes
from airproof.renderers.parts.matrix import Cell, CellNote, Matrix, Row, narrowed
from airproof.renderers.parts.perhost import FlowLine, flow_lines


def flow_matrix(report: Report, found: Causes) -> Matrix:
    """Flows in the place of requirements. A flow that a host does not run was not asked for there."""
    lines = {(line.flow, line.label): line for line in flow_lines(report)}
    labels = tuple(dict.fromkeys(label for _, label in lines))
    rows = []
    for flow in dict.fromkeys(flow for flow, _ in lines):
        there = [lines.get((flow, label)) for label in labels]
        rows.append(Row(flow, (), tuple(_cell(line) for line in there), tuple(_note(line, found) for line in there)))
    return narrowed(Matrix(labels, tuple(rows)))


def _cell(line: FlowLine | None) -> Cell:
    if line is None:
        return Cell.NOT_ASKED
    if line.would:
        return Cell.PASSED
    return Cell.FAILED if line.judged else Cell.OPEN


def _note(line: FlowLine | None, found: Causes) -> CellNote:
    because = line.because if line is not None else ()
    return CellNote(causes=tuple(sorted({found.numbers[says] for says in because if says in found.numbers})))
