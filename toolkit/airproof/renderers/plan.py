"""The commands of all remedies, by place: here and now, on the connected machine, and after carrying in. However many
causes there are, there is one fetch, one upload and one check.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from airproof.printable import printable
from airproof.record.outcome import Outcome
from airproof.record.report import RecordedFinding, Report
from airproof.renderers.missing import bare, downloads_of

FETCH = "airproof carry MEDIUM --no-tools -r missing.txt"
"""MEDIUM is a new folder, on what is carried in. `missing.txt` names the targets."""
MANIFEST = "--manifest"
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
    options = [finding.again for finding in findings if finding.again]
    last = [_again(report, options, carried=FETCH in outside)] if report.run.again else []
    blocks = [(HERE, [*here, *(() if inside or outside else last)]), (CONNECTED, outside)]
    blocks.append((CARRIED, [*inside, *last] if inside or outside else []))
    found = [Block(place, tuple(map(printable, lines))) for place, lines in blocks if lines]
    return found if here or outside or inside else []


def _again(report: Report, options: Sequence[str], *, carried: bool) -> str:
    """The check that is repeated, with the options that remedies ask for. Where a medium was named, the one that was
    carried in meanwhile is named too: the index then holds what came on both.
    """
    options, media = list(dict.fromkeys(options)), report.site.media
    if not (media and carried):
        return " ".join([report.run.again, *options])
    named = MANIFEST in report.run.again  # else a variable or a file names them, which the command line replaces
    more = [*(() if named else media), "MEDIUM"]
    return " ".join([report.run.again, *options, *(f"{MANIFEST} {bare(folder)}" for folder in more)])


def commands_of(finding: RecordedFinding) -> tuple[str, ...]:
    """The commands of one finding alone, in the order in which somebody walks."""
    return (*finding.commands, *([FETCH] if finding.fetch else []), *finding.outside, *finding.inside)


def merged(each: Iterable[Sequence[str]]) -> list[str]:
    """The commands of several remedies, each once, such that the order of each remedy is kept.

    Two remedies that contradict each other in it are put one behind the other.
    """
    before: dict[str, set[str]] = {}
    for commands in each:
        for previous, command in zip((None, *commands), commands, strict=False):
            known = before.setdefault(command, set())
            if previous is None or previous in known:
                continue
            if _needs(before, previous, command):
                before = {mentioned: set() for mentioned in (*before, *commands)}
                break
            known.add(previous)
    return _in_order(before)


def _needs(before: Mapping[str, set[str]], command: str, other: str) -> bool:
    """Say whether a command is the other one, or must come behind it."""
    seen: set[str] = set()
    waiting = [command]
    while waiting:
        needed = waiting.pop()
        if needed == other:
            return True
        waiting += before[needed] - seen
        seen |= before[needed]
    return False


def _in_order(before: Mapping[str, set[str]]) -> list[str]:
    """Each command behind those that must come before it, else in the order of first mention."""
    commands = list(before)
    place = {command: number for number, command in enumerate(commands)}
    behind: dict[str, list[str]] = {command: [] for command in commands}
    for command, needed in before.items():
        for earlier in needed:
            behind[earlier].append(command)
    open_needs = {command: len(needed) for command, needed in before.items()}
    ready = [place[command] for command, count in open_needs.items() if not count]  # sorted, and so a heap
    order: list[str] = []
    while ready:
        command = commands[heapq.heappop(ready)]
        order.append(command)
        for later in behind[command]:
            open_needs[later] -= 1
            if not open_needs[later]:
                heapq.heappush(ready, place[later])
    return order


def _fetching(report: Report) -> list[str]:
    """A medium is filled further, other wheels get a medium of their own, and a plain wheelhouse is what pip fills."""
    if report.run.command == "rehearse" and report.site.wheelhouse:
        return downloads_of(report, report.site.wheelhouse)
    return [FETCH]
