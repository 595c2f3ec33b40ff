"""What to do, by place: here and now, on the connected machine, and after carrying in. However many causes there are,
there is one fetch, one upload and one check.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from airproof.printable import printable
from airproof.record.outcome import Outcome
from airproof.record.report import RecordedFinding, Report
from airproof.renderers.missing import downloads_of

FETCH = "airproof carry MEDIUM --no-tools -r missing.txt"
"""MEDIUM is a new folder, on what is carried in. `missing.txt` names the targets."""
HERE, CONNECTED, CARRIED = "plan-here", "plan-connected", "plan-carried"
"""Keys of the names of the places."""


@dataclass(frozen=True)
class Block:
    """Commands to paste at one place, in order."""

    place: str
    """Key of its name."""
    commands: tuple[str, ...]


def blocks_of(report: Report) -> list[Block]:
    """The blocks that are not empty, in the order in which somebody walks. A waived finding asks for nothing."""
    findings = [finding for check in report.checks if check.outcome is Outcome.FAILED for finding in check.findings]
    here, outside = merged(finding.commands for finding in findings), merged(finding.outside for finding in findings)
    inside = merged(finding.inside for finding in findings)
    if any(finding.fetch for finding in findings):
        outside = [*_fetching(report), *outside]
    if report.run.command == "rehearse" and outside:
        inside = []  # the folder is rehearsed again, where it is
    last = [report.run.again] if report.run.again else []
    blocks = [(HERE, [*here, *(() if inside or outside else last)]), (CONNECTED, outside)]
    blocks.append((CARRIED, [*inside, *last] if inside or outside else []))
    found = [Block(place, tuple(map(printable, lines))) for place, lines in blocks if lines]
    return found if here or outside or inside else []


def commands_of(finding: RecordedFinding) -> tuple[str, ...]:
    """The commands of one finding alone, in the order in which somebody walks."""
    return (*finding.commands, *([FETCH] if finding.fetch else []), *finding.outside, *finding.inside)


def merged(each: Iterable[Sequence[str]]) -> list[str]:
    """The commands of several remedies, each once, such that the order of each remedy is kept.

    Two remedies that contradict each other in it are put one behind the other.
    """
    ordered: dict[str, dict[str, None]] = {}
    for commands in each:
        tried = {command: dict(before) for command, before in ordered.items()}
        for number, command in enumerate(commands):
            tried.setdefault(command, {}).update(dict.fromkeys(commands[max(0, number - 1) : number]))
        ordered = tried if _has_order(tried) else {command: {} for command in (*ordered, *commands)}
    return _in_order(ordered)


def _has_order(before: dict[str, dict[str, None]]) -> bool:
    try:
        graphlib.TopologicalSorter(before).prepare()
    except graphlib.CycleError:
        return False
    return True


def _in_order(before: dict[str, dict[str, None]]) -> list[str]:
    """Each command behind those that must come before it, else in the order of first mention."""
    order: list[str] = []
    waiting = list(before)
    while waiting:
        next_one = next(command for command in waiting if all(needed in order for needed in before[command]))
        order.append(next_one)
        waiting.remove(next_one)
    return order


def _fetching(report: Report) -> list[str]:
    """A medium is filled further, other wheels get a medium of their own, and a plain wheelhouse is what pip fills."""
    if report.run.command == "rehearse" and report.site.wheelhouse:
        return downloads_of(report, report.site.wheelhouse)
    return [FETCH]
