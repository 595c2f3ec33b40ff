"""What lies in one exported flow: its items, sub-flows included, with what they declare and what their code imports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from airproof.flows import Item
from airproof.probes.codeimports import broken_lines, line_imports, syntax_imports
from airproof.requirements import is_requirement

WITHIN = ("flowobject", "form_object", "config")
"""Keys whose value may be an object or the JSON text of one."""
NO_ITEM: dict[str, Any] = {}
"""The owner of what lies in no item."""


def items_of(flowobject: Any, *, collector: bool) -> tuple[Item, ...]:
    """Everything below a flow that declares or imports, in the order of the file, each with the item it lies in."""
    found: dict[int, Item] = {}
    owners: list[Mapping[str, Any]] = []  # keeps them alive: their ids are the keys
    waiting: list[tuple[Any, Mapping[str, Any]]] = [(flowobject, NO_ITEM)]
    while waiting:
        node, owner = waiting.pop()
        if isinstance(node, list):
            waiting += [(one, owner) for one in reversed(node)]
        elif isinstance(node, dict):
            if isinstance(node.get("type"), str) and ("id" in node or "config" in node):
                owner = node
                owners.append(owner)
            item = found.get(id(owner)) or _item(owner, collector=collector)
            found[id(owner)] = _with_declared(item, node)
            waiting += [(_within(key, one), owner) for key, one in reversed(node.items())]
    return tuple(_read(one) for one in found.values() if _says_something(one))


def _read(item: Item) -> Item:
    """The item with what pip could not read of its packages."""
    return msgspec.structs.replace(item, unreadable=tuple(one for one in item.packages if not is_requirement(one)))


def _says_something(item: Item) -> bool:
    said = (item.packages, item.strange, item.lines, item.broken_lines, item.imports, item.unparsed)
    return any(said)


def _item(owner: Mapping[str, Any], *, collector: bool) -> Item:
    config = mapping_of(owner.get("config"))
    kind = text_of(owner.get("type")) or "?"
    name = text_of(owner.get("text")) or text_of(owner.get("id")) or kind
    return Item(name, kind, autoinstall=config.get("autoinstall") is True, collector=collector or by_collector(config))


def _with_declared(item: Item, node: Mapping[str, Any]) -> Item:
    """The item with what this node adds."""
    packages, strange = item.packages, item.strange
    declared = node.get("packages")
    if isinstance(declared, list):
        packages += tuple(text_of(one).strip() for one in declared if isinstance(one, str) and one.strip())
        strange += tuple(_kind(one) for one in declared if not isinstance(one, str))
    elif declared is not None and "packages" in node and not isinstance(declared, dict):
        strange += (_kind(declared),)
    code = node.get("code")
    if not isinstance(code, str) or not code.strip():
        return msgspec.structs.replace(item, packages=packages, strange=strange)
    unparsed = item.unparsed
    try:
        imports = syntax_imports(code)
    except ValueError as error:
        imports, unparsed = (), text_of(str(error))
    return msgspec.structs.replace(
        item,
        packages=packages,
        strange=strange,
        imports=item.imports + imports,
        lines=tuple(dict.fromkeys((*item.lines, *line_imports(code)))),
        broken_lines=tuple(dict.fromkeys((*item.broken_lines, *broken_lines(code)))),
        unparsed=unparsed,
    )


def by_collector(config: Mapping[str, Any]) -> bool:
    """Whether a configuration, of an item or of a flow, hands the work to a Collector."""
    return bool(config.get("collector")) or config.get("load_balance") is True


def _within(key: str, value: Any) -> Any:
    """The object behind a JSON text, where one may stand; other texts are no part of a flow's structure."""
    if key in WITHIN and isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def mapping_of(value: Any) -> Mapping[str, Any]:
    """An object, or the one behind a JSON text; empty for anything else."""
    found = _within("config", value)
    return found if isinstance(found, dict) else {}


def text_of(value: Any) -> str:
    """As text that can be written anywhere: half of a surrogate pair becomes a question mark."""
    return str(value if value is not None else "").encode("utf-8", "replace").decode().strip()


def _kind(value: Any) -> str:
    return {dict: "object", list: "list", bool: "boolean", int: "number", float: "number", str: "text"}.get(
        type(value), "null"
    )
