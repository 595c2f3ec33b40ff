"""The failing part as a picture: what was asked for on the left, what is missing on the right, one box for each name.

The tree beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from airproof.printable import one_line
from airproof.renderers.parts.tree import Node, Tree

MOST_BOXES = 40
"""More of them are no picture any more."""
MOST_TEXT = 30
"""Characters of a name in its box."""
LETTER, PADDING, HEIGHT, STEP, GAP = 7.3, 10.0, 22.0, 30.0, 44.0
"""The width of a letter, the room around the text, the height of a box, the way from one box to the next below it, and
the gap between columns; in pixels.
"""
SWEEPS = 4
"""Boxes move to the middle of their neighbours so often, by turns from the left and from the right."""


@dataclass(frozen=True)
class Box:
    """One name; `x` and `y` are its left upper corner."""

    name: str
    x: float
    y: float
    width: float
    missing: bool


@dataclass(frozen=True)
class Graph:
    """Sizes in pixels."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[tuple[Box, Box], ...]
    """From what needs to what is needed."""


def graph_of(tree: Tree) -> Graph | None:
    """None: nothing is missing for somebody, or too much for a picture."""
    depths: dict[str, int] = {}
    missing: set[str] = set()
    needs: dict[tuple[str, str], None] = {}
    for above, name, node, depth in _walk(tree.roots):
        depths[name] = max(depth, depths.get(name, 0))
        if above:
            needs[above, name] = None
        if node.missing_for:
            missing.add(name)
    if tree.left or not needs or len(depths) > MOST_BOXES:
        return None
    columns = [[name for name in depths if depths[name] == depth] for depth in sorted(set(depths.values()))]
    _order(columns, needs)
    boxes = {box.name: box for box in _placed(columns, missing)}
    lines = tuple((boxes[above], boxes[below]) for above, below in needs if depths[above] < depths[below])
    width = max(box.x + box.width for box in boxes.values())
    return Graph(width, STEP * max(map(len, columns)), tuple(boxes.values()), lines)


def _walk(nodes: Mapping[str, Node], above: str = "", depth: int = 0) -> Iterator[tuple[str, str, Node, int]]:
    for name, node in nodes.items():
        yield above, name, node, depth
        yield from _walk(node.below, name, depth + 1)


def _order(columns: list[list[str]], needs: Iterable[tuple[str, str]]) -> None:
    """Sort each column by the middle of the neighbours in the others, so that few lines cross."""
    beside: dict[str, list[str]] = {}
    for above, below in needs:
        beside.setdefault(above, []).append(below)
        beside.setdefault(below, []).append(above)
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            places = {name: place for names in columns for place, name in enumerate(names)}
            middle = {
                name: sum(places[other] for other in beside[name]) / len(beside[name]) if name in beside else place
                for place, name in enumerate(column)
            }
            column.sort(key=middle.__getitem__)


def _placed(columns: list[list[str]], missing: set[str]) -> Iterator[Box]:
    tallest, x = max(map(len, columns)), 0.0
    for column in columns:
        width = LETTER * max(len(one_line(name, MOST_TEXT)) for name in column) + 2 * PADDING
        first = STEP * (tallest - len(column)) / 2
        for place, name in enumerate(column):
            yield Box(name, x, first + STEP * place, width, name in missing)
        x += width + GAP
