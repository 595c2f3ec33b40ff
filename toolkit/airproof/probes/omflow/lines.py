"""Evaluate the lines drawn between a flow's items: which items have certainly run when another one begins, and which
never run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

LINE, START, END = "line", "start", "end"
"""The type of an item that leads from one item to another, and those at which a drawing begins and ends."""
SUBFLOW = "subflow"
"""The type of an item that runs a sub-flow, and the key of the list of a flow's sub-flows."""
CALLED = "subflow_id"
"""The key under which an item names a sub-flow that it runs, or that looks at its input first."""


class Numbers:
    """The bit of each node, and the nodes of a set of bits."""

    def __init__(self) -> None:
        self._number: dict[int, int] = {}
        self._nodes: list[int] = []

    def bit(self, node: int) -> int:
        number = self._number.setdefault(node, len(self._nodes))
        if number == len(self._nodes):
            self._nodes.append(node)
        return 1 << number

    def nodes(self, bits: int) -> Iterator[int]:
        while bits:
            lowest = bits & -bits
            yield self._nodes[lowest.bit_length() - 1]
            bits ^= lowest


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
    named: Mapping[int, str]
    """All items that name a sub-flow, with its id: a form or a start may have its input looked at by one."""


def never_run(drawings: Iterable[Drawing]) -> set[int]:
    """Return the nodes, by `id()`, of the items that no line leads to from the start, and those of a sub-flow that no
    item names which is reached itself. OMFlow never runs them (measured, open edition 1.1.0.0).

    In a drawing without a line from a start nobody knows, and all of its items are taken to run.
    """
    known = [(drawing, _order_of(drawing)) for drawing in drawings]
    subs: dict[str, list[tuple[Drawing, _Order | None]]] = {}
    for drawing, order in known:
        if drawing.sub and drawing.uid:
            subs.setdefault(drawing.uid, []).append((drawing, order))
    waiting = [(drawing, order) for drawing, order in known if not (drawing.sub and drawing.uid)]
    run: set[int] = set()
    while waiting:
        drawing, order = waiting.pop()
        if order is None:  # Nobody knows what its items name.
            waiting += [pair for sub in subs.values() for pair in sub]
            subs.clear()
            run |= set(drawing.nodes)
            continue
        drawn = any(order.after.get(start) for start in order.starts)
        reached = set(_in_order(order)) if drawn else set(drawing.nodes)
        run |= reached
        for node in reached:
            waiting += subs.pop(order.named.get(node, ""), [])
    return {node for drawing, _ in known for node, held in drawing.nodes.items() if "id" in held and node not in run}


def surely_before(drawings: Iterable[Drawing]) -> tuple[dict[int, int], Numbers]:
    """Return, for each item's node, by `id()`, the nodes through which every path to it leads (its dominators), as a
    set of bits; and the bits of the nodes.

    An item that runs a sub-flow stands for everything on every path through the sub-flow, and everything before each
    such item is before the sub-flow. The items of a drawing without lines are left out.

    A flow with the items `start > a > call > c`, whose `call` runs the sub-flow `start' > b > end'`:

    - before `c`: start, a and call, and with call also start' and b (`_on_the_way_through`);
    - before `b`: start', and because only `call` runs the sub-flow also start and a (`_before_the_subs`).

    A flow of n items in a row has n * n / 2 such pairs. One bit for each of them is cheap up to the largest flow that
    is read.
    """
    orders = [order for order in map(_order_of, drawings) if order is not None]
    numbers = Numbers()
    subs = {order.run_as: order for order in orders if order.run_as}
    inside = _on_the_way_through(subs, numbers)
    drawn = [(order, _dominators(order, inside, numbers)) for order in orders]
    outside = _before_the_subs(subs, drawn)
    before = {node: bits | outside.get(order.run_as, 0) for order, items in drawn for node, bits in items.items()}
    return before, numbers


def _on_the_way_through(subs: Mapping[str, _Order], numbers: Numbers) -> dict[str, int]:
    """Return, for each sub-flow, the items on every path from its start to its end.

    A sub-flow may run another one, to any depth. Each round knows one level more: if s1 runs s2, and s2 runs s3, the
    first round misses that what is inside s3 is inside s2, and the second that it is inside s1. A round that adds
    nothing is the last.
    """
    inside = {uid: _through(order, {}, numbers) for uid, order in subs.items()}
    callers = [uid for uid, order in subs.items() if any(called in subs for called in order.calls.values())]
    for _ in callers:
        deeper = {uid: _through(subs[uid], inside, numbers) for uid in callers}
        if all(inside[uid] == through for uid, through in deeper.items()):
            break
        inside |= deeper
    return inside


def _before_the_subs(subs: Mapping[str, _Order], drawn: Sequence[tuple[_Order, Mapping[int, int]]]) -> dict[str, int]:
    """Return, for each sub-flow, the items outside of it that have run whenever it begins: those that are before all
    of the items that run it. `drawn`: each drawing with the items before each of its own, inside that drawing.

    Each round knows one level more, as in `_on_the_way_through`: before s2, which runs in s1, is also what is before
    s1.
    """
    calls: dict[str, list[tuple[str, int]]] = {}
    for order, items in drawn:
        for call, called in order.calls.items():
            if call in items:
                calls.setdefault(called, []).append((order.run_as, items[call]))
    outside: dict[str, int] = {}
    for _ in subs:
        deeper = {uid: _in_all([bits | outside.get(caller, 0) for caller, bits in calls.get(uid, ())]) for uid in subs}
        if outside == deeper:
            break
        outside = deeper
    return outside


def _order_of(drawing: Drawing) -> _Order | None:
    """Return the order that the drawing's lines state; None if it has no lines, or two of its items share an id."""
    named: dict[str, int] = {}
    starts: list[int] = []
    ends: list[int] = []
    calls: dict[int, str] = {}
    naming: dict[int, str] = {}
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
            lines += [(str(node["id"]), target) for target in _switched_to(config)]
            if config.get(CALLED):
                naming[id(node)] = str(config[CALLED])
            if kind == SUBFLOW:
                calls[id(node)] = str(config.get(CALLED))
    after: dict[int, set[int]] = {}
    for source, target in lines:
        if source in named and target in named:
            after.setdefault(named[source], set()).add(named[target])
    return _Order(drawing.uid if drawing.sub else "", after, starts, ends, calls, naming) if lines else None


def _switched_to(config: Mapping[str, Any]) -> list[str]:
    """Return the items that the rules of a switch name: it goes by them, whatever lines are drawn."""
    rules = config.get("rules")
    ruled = rules if isinstance(rules, list) else []
    return [str(rule["target"]) for rule in ruled if isinstance(rule, dict) and "target" in rule]


def _through(order: _Order, inside: Mapping[str, int], numbers: Numbers) -> int:
    """Return the items on every path from the start of a sub-flow to its end."""
    known = _dominators(order, inside, numbers)
    return _in_all([known[end] for end in order.ends if end in known])


def _in_all(paths: Collection[int]) -> int:
    """Return the bits that all of them have; none if there are none."""
    return reduce(int.__and__, paths) if paths else 0


def _dominators(order: _Order, inside: Mapping[str, int], numbers: Numbers) -> dict[int, int]:
    """Return, for each item that can be reached, the items on every path to it; the item itself is excluded.

    `inside`: what is on every path through each sub-flow. An item that two lines lead to, `a > b > d` and `a > c > d`,
    has the items that are on both ways: only a is surely before d.

    Items are looked at in an order in which, but for lines that lead back, all that lead to an item come before it:
    then a second round has nothing to correct.
    """
    reached = _in_order(order)
    leading: dict[int, list[int]] = {}
    for node in reached:
        for following in order.after.get(node, ()):
            leading.setdefault(following, []).append(node)
    through: dict[int, int] = {}
    known: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for node in reached:
            ways = [through[earlier] for earlier in leading.get(node, ()) if earlier in through]
            met = 0 if node in order.starts else _in_all(ways)
            if known.get(node) != met:
                known[node], changed = met, True
                through[node] = met | numbers.bit(node) | inside.get(order.calls.get(node, ""), 0)
    return known


def _in_order(order: _Order) -> list[int]:
    """Return the items that can be reached, each before those that only it leads to (a reverse postorder)."""
    left: list[int] = []
    seen = set(order.starts)
    waiting = [(start, iter(order.after.get(start, ()))) for start in order.starts]
    while waiting:
        node, following = waiting[-1]
        fresh = next((node_after for node_after in following if node_after not in seen), None)
        if fresh is None:
            left.append(node)
            waiting.pop()
        else:
            seen.add(fresh)
            waiting.append((fresh, iter(order.after.get(fresh, ()))))
    return left[::-1]
