"""Evaluate the lines drawn between a flow's items: which items have certainly run when another one begins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

LINE, START, END = "line", "start", "end"
"""The type of an item that leads from one item to another, and those at which a drawing begins and ends."""
SUBFLOW = "subflow"
"""The type of an item that runs a sub-flow, and the key of the list of a flow's sub-flows."""
NONE: frozenset[int] = frozenset()


@dataclass
class Drawing:
    """The items and lines of a flow, or of one of its sub-flows, which are drawn apart and have ids of their own."""

    sub: bool = False
    uid: str = ""
    """The id by which other drawings run a sub-flow."""
    nodes: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Items and lines, by their `id()`."""


@dataclass(frozen=True)
class _Order:
    """The order in which the items of one drawing run. Items are told by the `id()` of their nodes."""

    run_as: str
    """The id by which other drawings run it; empty for the flow itself."""
    after: Mapping[int, Collection[int]]
    """Each item to those that its lines lead to."""
    starts: Collection[int]
    ends: Collection[int]
    calls: Mapping[int, str]
    """Items that run a sub-flow, with its id."""


def surely_before(drawings: Iterable[Drawing]) -> dict[int, frozenset[int]]:
    """Return, for each item's node, by `id()`, the nodes through which every path to it leads (its dominators).

    An item that runs a sub-flow stands for everything on every path through the sub-flow, and everything before each
    such item is before the sub-flow. The items of a drawing without lines are left out.
    """
    orders = [order for order in map(_order_of, drawings) if order is not None]
    subs = {order.run_as: order for order in orders if order.run_as}
    within: dict[str, frozenset[int]] = dict.fromkeys(subs, NONE)
    for _ in subs:  # A sub-flow may run another one.
        within = {uid: _through(order, within) for uid, order in subs.items()}
    known = [(order, _dominators(order, within)) for order in orders]
    entered: dict[str, frozenset[int]] = dict.fromkeys(subs, NONE)
    for _ in subs:
        entered = {uid: _before_calls(uid, known, entered) for uid in subs}
    return {node: before | entered.get(order.run_as, NONE) for order, items in known for node, before in items.items()}


def _order_of(drawing: Drawing) -> _Order | None:
    """Return the order that the drawing's lines state; None if it has no lines, or two of its items share an id."""
    named: dict[str, int] = {}
    starts: list[int] = []
    ends: list[int] = []
    calls: dict[int, str] = {}
    lines: list[tuple[str, str]] = []
    for node in drawing.nodes.values():
        config = node.get("config")
        config = config if isinstance(config, dict) else {}
        kind = node.get("type")
        if kind == LINE:
            lines.append((str(config.get("source_item")), str(config.get("target_item"))))
        elif "id" in node:
            if str(node["id"]) in named:  # It cannot be told to which of them a line leads.
                return None
            named[str(node["id"])] = id(node)
            starts += [id(node)] if kind == START else []
            ends += [id(node)] if kind == END else []
            if kind == SUBFLOW:
                calls[id(node)] = str(config.get("subflow_id"))
    after: dict[int, set[int]] = {}
    for source, target in lines:
        if source in named and target in named:
            after.setdefault(named[source], set()).add(named[target])
    return _Order(drawing.uid if drawing.sub else "", after, starts, ends, calls) if lines else None


def _through(order: _Order, within: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """Return the items on every path from the start of a sub-flow to its end."""
    known = _dominators(order, within)
    return _in_all([known[end] for end in order.ends if end in known])


def _before_calls(
    uid: str,
    known: Iterable[tuple[_Order, Mapping[int, frozenset[int]]]],
    entered: Mapping[str, frozenset[int]],
) -> frozenset[int]:
    """Return the items that have run before each item that runs the sub-flow."""
    return _in_all(
        [
            items[call] | entered.get(order.run_as, NONE)
            for order, items in known
            for call, called in order.calls.items()
            if called == uid and call in items
        ]
    )


def _in_all(paths: Collection[frozenset[int]]) -> frozenset[int]:
    return reduce(frozenset.__and__, paths) if paths else NONE


def _dominators(order: _Order, within: Mapping[str, frozenset[int]]) -> dict[int, frozenset[int]]:
    """Return, for each item that can be reached, the items on every path to it; the item itself is excluded."""
    known: dict[int, frozenset[int]] = dict.fromkeys(order.starts, NONE)
    waiting = list(known)
    while waiting:
        node = waiting.pop()
        through = known[node] | {node} | within.get(order.calls.get(node, ""), NONE)
        for following in order.after.get(node, ()):
            met = through if following not in known else known[following] & through
            if known.get(following) != met:
                known[following] = met
                waiting.append(following)
    return known
