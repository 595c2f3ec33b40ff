"""Evaluate the lines drawn between a flow's items: which items have certainly run when another one begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

LINE, START, END = "line", "start", "end"
"""The type of an item that leads from one item to another, and those at which a drawing begins and ends."""
SUBFLOW = "subflow"
"""The type of an item that runs a sub-flow, and the key of the list of a flow's sub-flows."""
NONE: frozenset[int] = frozenset()


class Drawing:
    """The items and lines of a flow, or of one of its sub-flows, which are drawn apart and have ids of their own."""

    def __init__(self, *, sub: bool = False) -> None:
        self.sub, self.uid = sub, ""
        self._nodes: dict[int, Mapping[str, Any]] = {}

    def add(self, node: Mapping[str, Any]) -> None:
        self._nodes[id(node)] = node

    def read(self) -> bool:
        """Whether the drawing says in which order its items run."""
        named: dict[str, int] = {}
        self.after: dict[int, set[int]] = {}
        self.starts: list[int] = []
        self.ends: set[int] = set()
        self.calls: dict[int, str] = {}
        lines: list[tuple[str, str]] = []
        for node in self._nodes.values():
            config = node.get("config")
            config = config if isinstance(config, dict) else {}
            kind = node.get("type")
            if kind == LINE:
                lines.append((str(config.get("source_item")), str(config.get("target_item"))))
            elif "id" in node:
                if str(node["id"]) in named:  # which line means which cannot be told
                    return False
                named[str(node["id"])] = id(node)
                self.starts += [id(node)] if kind == START else []
                self.ends |= {id(node)} if kind == END else NONE
                if kind == SUBFLOW:
                    self.calls[id(node)] = str(config.get("subflow_id"))
        for source, target in lines:
            if source in named and target in named:
                self.after.setdefault(named[source], set()).add(named[target])
        return bool(lines)


def surely_before(drawings: Iterable[Drawing]) -> dict[int, frozenset[int]]:
    """For each item's node, by `id()`, those of the nodes through which every way to it leads (its dominators).

    An item that runs a sub-flow stands for all that every way through the sub-flow leads through, and what lies before
    each such item lies before the sub-flow. Left out are the items of a drawing without lines.
    """
    read = [one for one in drawings if one.read()]
    subs = {one.uid: one for one in read if one.sub and one.uid}
    within: dict[str, frozenset[int]] = dict.fromkeys(subs, NONE)
    for _ in subs:  # a sub-flow may run another one
        within = {uid: _through(one, within) for uid, one in subs.items()}
    known = {id(one): _dominators(one, within) for one in read}
    entered: dict[str, frozenset[int]] = dict.fromkeys(subs, NONE)
    for _ in subs:
        entered = {uid: _before_calls(uid, read, known, entered) for uid in subs}
    return {
        node: before | (entered[one.uid] if one.sub and one.uid else NONE)
        for one in read
        for node, before in known[id(one)].items()
    }


def _through(drawing: Drawing, within: Mapping[str, frozenset[int]]) -> frozenset[int]:
    known = _dominators(drawing, within)
    ways = [known[end] for end in drawing.ends if end in known]
    return reduce(frozenset.__and__, ways) if ways else NONE


def _before_calls(
    uid: str,
    drawings: Iterable[Drawing],
    known: Mapping[int, Mapping[int, frozenset[int]]],
    entered: Mapping[str, frozenset[int]],
) -> frozenset[int]:
    ways = [
        known[id(one)][call] | (entered[one.uid] if one.sub and one.uid else NONE)
        for one in drawings
        for call, called in one.calls.items()
        if called == uid and call in known[id(one)]
    ]
    return reduce(frozenset.__and__, ways) if ways else NONE


def _dominators(drawing: Drawing, within: Mapping[str, frozenset[int]]) -> dict[int, frozenset[int]]:
    """Of each item that can be reached, what every way to it goes through; itself is left out."""
    known: dict[int, frozenset[int]] = dict.fromkeys(drawing.starts, NONE)
    waiting = list(known)
    while waiting:
        node = waiting.pop()
        through = known[node] | {node} | within.get(drawing.calls.get(node, ""), NONE)
        for following in drawing.after.get(node, ()):
            met = through if following not in known else known[following] & through
            if known.get(following) != met:
                known[following] = met
                waiting.append(following)
    return known
