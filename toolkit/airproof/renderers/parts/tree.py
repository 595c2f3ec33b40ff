"""Tree of the requirements that lack something: from what was asked for down to what no file of the index meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from airproof.printable import ELLIPSIS
from airproof.record.report import Report

MOST_STEPS = 12
"""Steps of one path that are shown at most."""
MOST_LEAVES = 60
"""Missing requirements that are placed in the tree."""


@dataclass
class Node:
    """Something that is asked for, or needed by its parent."""

    below: dict[str, Node] = field(default_factory=dict)
    missing_for: list[str] = field(default_factory=list)
    """The targets for which nothing in the index meets it; empty: it is there, and something below is not."""


@dataclass(frozen=True)
class Tree:
    roots: Mapping[str, Node]
    left: int
    """Missing requirements that found no place."""


def tree_of(reports: Iterable[tuple[str, Report]]) -> Tree:
    """Return the tree for several hosts at once: each by the prefix of its targets, empty if there is only one."""
    top, leaves, left = Node(), set[tuple[str, ...]](), 0
    for host, report in reports:
        for gap in report.summary.gaps:
            path = _shortened((*gap.path, gap.requirement))
            if path not in leaves and len(leaves) == MOST_LEAVES:
                left += 1
                continue
            leaves.add(path)
            node = top
            for step in path:
                node = node.below.setdefault(step, Node())
            target = f"{host} {gap.label}".strip()
            if target not in node.missing_for:
                node.missing_for.append(target)
    return Tree(top.below, left)


def _shortened(path: tuple[str, ...]) -> tuple[str, ...]:
    """Both ends of a path that no page has room for."""
    half = MOST_STEPS // 2
    return path if len(path) <= MOST_STEPS else (*path[:half], ELLIPSIS, *path[-half:])
