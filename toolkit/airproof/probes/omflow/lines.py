"""Evaluate the lines drawn between a flow's items: which items have certainly run when another one begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LINE = "line"
"""The type of an item that leads from one item to another."""
START = "start"


def surely_before(owners: Iterable[Mapping[str, Any]]) -> dict[int, frozenset[int]]:
    """Return, for each item's node, by `id()`, the nodes through which every path to it leads (its dominators).

    `owners`: all item nodes of one flow, including those of its sub-flows. A sub-flow draws lines of its own, and its
    items' ids may be those of its parent's items: each item then belongs to the last node of that id before the line.
    Empty if the flow draws no lines.
    """
    nodes = list({id(node): node for node in owners}.values())
    named: dict[str, int] = {}
    after: dict[int, set[int]] = {}
    starts: list[int] = []
    lines: list[tuple[str, str]] = []
    for node in nodes:
        config = node.get("config")
        config = config if isinstance(config, dict) else {}
        if node.get("type") == LINE:
            lines.append((str(config.get("source_item")), str(config.get("target_item"))))
        elif "id" in node:
            if str(node["id"]) in named:  # The sub-flow reuses ids, so it cannot be told to which item a line leads.
                return {}
            named[str(node["id"])] = id(node)
            starts += [id(node)] if node.get("type") == START else []
    for source, target in lines:
        if source in named and target in named:
            after.setdefault(named[source], set()).add(named[target])
    return _dominators(starts, after) if lines else {}


def _dominators(starts: Iterable[int], after: Mapping[int, Iterable[int]]) -> dict[int, frozenset[int]]:
    """Return, for each item that can be reached, the items on every path to it; the item itself is excluded."""
    known: dict[int, frozenset[int]] = {start: frozenset() for start in starts}
    waiting = list(known)
    while waiting:
        node = waiting.pop()
        for following in after.get(node, ()):
            through = known[node] | {node}
            met = through if following not in known else known[following] & through
            if known.get(following) != met:
                known[following] = met
                waiting.append(following)
    return known
