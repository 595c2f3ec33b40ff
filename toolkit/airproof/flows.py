"""Flows: what an export of OMFlow says of the packages that its items declare and of the modules that its code imports.

Pure data, without any code of the flow and without any parameter's value.
"""

from __future__ import annotations

import msgspec

COLLECTOR = " (Collector)"
"""Follows the name of the group that a Collector installs."""


class Import(msgspec.Struct, frozen=True):
    """One module that an item's code asks for."""

    module: str
    """Dotted, as it is written."""
    optional: bool = False
    """Inside a `try` that goes on without it, or for type checkers only."""

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


class Item(msgspec.Struct, frozen=True):
    """One box of a flow."""

    name: str
    """What stands on it, else its id, else its type."""
    type: str
    packages: tuple[str, ...] = ()
    """As declared, in order; only texts."""
    unreadable: tuple[str, ...] = ()
    """Those that are no requirement, or one that no index can serve."""
    strange: tuple[str, ...] = ()
    """Kinds of declared values that are no text, such as `number`."""
    imports: tuple[Import, ...] = ()
    """By Python's grammar."""
    lines: tuple[str, ...] = ()
    """Modules that OMFlow's open edition tries before it runs the code: it goes by the start of each line."""
    broken_lines: tuple[str, ...] = ()
    """Lines that the open edition would take for imports, and that are no Python by themselves."""
    unparsed: str = ""
    """Why the code is no Python that could be parsed; then only `lines` are known."""
    autoinstall: bool = False
    """Open edition: whether a missing module is installed when the item runs."""
    collector: bool = False
    """A Collector runs it: OMFlow does not look at its packages at activation."""


class Flow(msgspec.Struct, frozen=True):
    """One flow of an application, its sub-flows included."""

    title: str
    """`application / flow`, told apart from others of that name by a number."""
    file: str
    """The export that it is from."""
    items: tuple[Item, ...] = ()

    def group_of(self, item: Item) -> str:
        """The name of the group to which one item's packages belong."""
        return self.title + COLLECTOR if item.collector else self.title

    def declared(self, *, collector: bool | None = None) -> tuple[tuple[str, Item], ...]:
        """Each declared package with its item, in order; `collector`: only of items that one runs, or not."""
        return tuple(
            (package, item)
            for item in self.items
            if collector is None or item.collector is collector
            for package in item.packages
        )
