"""Read one exported flow: its items, sub-flows included, with their declared packages and the imports of their code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import msgspec

from airproof.probes.code.bringing import may_bring
from airproof.probes.code.grammar import ANY, oldest_python
from airproof.probes.code.imports import broken_lines, import_text, line_imports, syntax_imports
from airproof.probes.code.running import certain_imports, imports_behind
from airproof.probes.omflow.lines import SUBFLOW, Drawing, never_run, surely_before
from airproof.site.flows import Import, Item
from airproof.site.requirements import is_requirement

WITHIN = ("flowobject", "form_object", "config", "items", SUBFLOW)
"""Keys whose value may be an object or the JSON text of one."""
NO_ITEM: dict[str, Any] = {}
"""Placeholder owner of content that lies in no item."""
PYTHON = "python"
"""The type of the items whose code OMFlow's open edition runs."""
NO_TYPE = "?"
"""Stands for the type of content that lies in no item."""
MOST_ITEMS = 50_000
"""Largest number of items of one flow; flows that people draw have some hundred."""


MOST_AHEAD = 2_000_000
"""Largest number of pairs of items of one flow of which one runs before the other: 2,000 items in a row."""


class TooManyItems(Exception):
    """A flow has more items than any that a person has drawn."""


class TooManyInARow(TooManyItems):
    """More items of a flow run one after the other than in any that a person has drawn."""


def items_of(flowobject: Any, *, collector: bool, place: str | None = "") -> tuple[Item, ...]:
    """Return all items that declare or import anything, in the order of the file. `collector`, `place`: of the flow.

    Raises TooManyItems beyond `MOST_ITEMS`, and TooManyInARow beyond `MOST_AHEAD`.
    """
    parts: dict[int, list[Mapping[str, Any]]] = {}
    owners: dict[int, Mapping[str, Any]] = {}  # keeps them alive: their ids are the keys
    drawings: dict[int, Drawing] = {}
    waiting: list[tuple[Any, Mapping[str, Any], Drawing]] = [(flowobject, NO_ITEM, Drawing())]
    while waiting:
        node, owner, drawing = waiting.pop()
        if isinstance(node, list):
            waiting += [(element, owner, drawing) for element in reversed(node)]
        elif isinstance(node, dict):
            if isinstance(node.get("type"), str) and ("id" in node or "config" in node):
                node = {**node, "config": _within("config", node.get("config"))}
                owner = node
            owners[id(owner)] = owner
            if len(owners) > MOST_ITEMS:
                raise TooManyItems
            drawings.setdefault(id(drawing), drawing).nodes[id(owner)] = owner
            if isinstance(_within("items", node.get("items")), list) and "uid" in node:
                drawing.uid = drawing.uid or str(node["uid"])
            parts.setdefault(id(owner), []).append(node)
            for key, held in reversed(node.items()):
                value = _within(key, held)
                if key == SUBFLOW and isinstance(value, list):
                    subs = [_within(key, element) for element in value]
                    waiting += [(element, NO_ITEM, Drawing(sub=True)) for element in reversed(subs)]
                else:
                    waiting.append((value, owner, drawing))
    before, numbers = surely_before(drawings.values())
    idle = never_run(drawings.values())
    found = [
        (number, _item(owners[number], nodes, collector=collector, place=place, reached=number not in idle))
        for number, nodes in parts.items()
    ]
    telling = {number: item for number, item in found if _says_something(item)}
    position = {number: at for at, number in enumerate(telling)}
    among = reduce(int.__or__, map(numbers.bit, telling), 0)
    ahead = {number: before[number] & among for number in telling if number in before}
    if sum(bin(bits).count("1") for bits in ahead.values()) > MOST_AHEAD:
        raise TooManyInARow
    return tuple(
        msgspec.structs.replace(
            item, ahead=tuple(sorted(position[earlier] for earlier in numbers.nodes(ahead[number])))
        )
        if number in ahead
        else item
        for number, item in telling.items()
    )


def holds_packages(flowobject: Any) -> bool:
    """Say whether a list of packages, even an empty one, or a value in its place exists anywhere below a flow."""
    waiting = [flowobject]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if not isinstance(node.get("packages", NO_ITEM), dict):
                return True
            waiting += [_within(key, value) for key, value in node.items()]
        elif isinstance(node, list):
            waiting += node
    return False


def _says_something(item: Item) -> bool:
    said = (item.packages, item.strange, item.text, item.lines, item.broken_lines, item.imports, item.unparsed)
    return any(said) or item.brings or item.python > ANY


def _item(
    owner: Mapping[str, Any],
    nodes: Sequence[Mapping[str, Any]],
    *,
    collector: bool,
    place: str | None,
    reached: bool,
) -> Item:
    """Build the item from its own node and those below it."""
    config = mapping_of(owner.get("config"))
    kind = text_of(owner.get("type")) or NO_TYPE
    packages: list[str] = []
    strange: list[str] = []
    imports: list[Import] = []
    texts: list[str] = []
    lines: dict[str, None] = {}
    certain: dict[str, None] = {}
    behind: dict[str, None] = {}
    broken: dict[str, None] = {}
    unparsed = ""
    python = ANY
    brings = False
    for node in nodes:
        declared = node.get("packages")
        if isinstance(declared, list):
            packages += [text_of(value).strip() for value in declared if isinstance(value, str) and value.strip()]
            strange += [_kind(value) for value in declared if not isinstance(value, str)]
        elif declared is not None and not isinstance(declared, dict):
            strange.append(_kind(declared))
        code = node.get("code")
        if not isinstance(code, str) or not code.strip():
            continue
        try:
            imports += syntax_imports(code)
        except ValueError as error:
            unparsed = text_of(str(error))
        texts.append(import_text(code))
        python = max(python, oldest_python(code))
        brings = brings or may_bring(code)
        lines |= dict.fromkeys(line_imports(code))
        certain |= dict.fromkeys(certain_imports(code))
        behind |= dict.fromkeys(imports_behind(code))
        broken |= dict.fromkeys(broken_lines(code))
    return Item(
        text_of(owner.get("text")) or text_of(owner.get("id")) or kind,
        kind,
        packages=tuple(packages),
        unreadable=tuple(text for text in packages if not is_requirement(text)),
        strange=tuple(strange),
        imports=tuple(imports),
        text="".join(texts),
        lines=tuple(lines),
        certain=tuple(module for module in certain if module not in lines),
        behind=tuple(module for module in behind if module not in {**lines, **certain}),
        brings=brings,
        broken_lines=tuple(broken),
        unparsed=unparsed,
        python=python,
        autoinstall=bool(config.get("autoinstall")),  # as OMFlow takes it: any text is on
        goes_on=bool(config.get("error_pass")),
        runs=reached and kind in (PYTHON, NO_TYPE),
        collector=collector or by_collector(config),
        place=place_of(config) if by_collector(config) else place,
    )


def by_collector(config: Mapping[str, Any]) -> bool:
    """Say whether a configuration, of an item or of a flow, delegates the work to a Collector."""
    return bool(config.get("collector")) or config.get("load_balance") is True


def place_of(config: Mapping[str, Any]) -> str | None:
    """Return the process that a configuration names, as `Item.place` has it."""
    named = config.get("collector")
    if config.get("load_balance") is True or isinstance(named, bool) or not isinstance(named, (str, int)):
        return None
    return text_of(named) or None


def _within(key: str, value: Any) -> Any:
    """Return the object behind a JSON text, if the key may hold one; other texts are not part of a flow's structure."""
    if key in WITHIN and isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return an object, or the one behind a JSON text; empty for anything else."""
    mapping = _within("config", value)
    return mapping if isinstance(mapping, dict) else {}


def text_of(value: Any) -> str:
    """Return a text that can be encoded anywhere: half of a surrogate pair becomes a question mark."""
    return str(value if value is not None else "").encode("utf-8", "replace").decode().strip()


def _kind(value: Any) -> str:
    return {dict: "object", list: "list", bool: "boolean", int: "number", float: "number", str: "text"}.get(
        type(value), "null"
    )
