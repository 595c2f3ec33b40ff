"""Flows: what an export of OMFlow says of the packages that its items declare and of the modules that its code imports.

Pure data, without any code of the flow and without any parameter's value.
"""

from __future__ import annotations

from collections.abc import Callable

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
    text: str = ""
    """The lines that OMFlow's open edition takes for imports and runs, together, before the code."""
    lines: tuple[str, ...] = ()
    """The modules that these lines import, in order."""
    certain: tuple[str, ...] = ()
    """Modules that the code itself imports whenever it runs, beside those of `lines`."""
    broken_lines: tuple[str, ...] = ()
    """Those of the lines that keep `text` from being compiled: the open edition ends the item before any request."""
    unparsed: str = ""
    """Why the code is no Python that could be compiled; then only `lines` are known."""
    python: tuple[int, int] = (3, 0)
    """The oldest Python that can parse the code."""
    autoinstall: bool = False
    """Open edition: whether a missing module is installed when the item runs."""
    collector: bool = False
    """A Collector runs it: OMFlow does not look at its packages at activation."""
    ahead: tuple[int, ...] | None = None
    """Positions of the flow's items that have surely run when this one begins; None: the flow draws no lines, and all
    items before it have.
    """


class Flow(msgspec.Struct, frozen=True):
    """One flow of an application, its sub-flows included."""

    title: str
    """`application / flow`, told apart from others of that name by a number."""
    file: str
    """The export that it is from."""
    items: tuple[Item, ...] = ()
    declares: bool = True
    """It holds a list of packages, also an empty one: the open edition writes none."""

    def group_of(self, item: Item) -> str:
        """The name of the group to which one item's packages belong."""
        return self.title + COLLECTOR if item.collector else self.title

    def only(self, wanted: Callable[[Item], bool]) -> Flow:
        """The flow with those of its items, which keep what runs ahead of them as far as it is still there."""
        kept = [at for at, item in enumerate(self.items) if wanted(item)]
        place = {at: number for number, at in enumerate(kept)}
        items = [self.items[at] for at in kept]
        return msgspec.structs.replace(
            self,
            items=tuple(
                item
                if item.ahead is None
                else msgspec.structs.replace(item, ahead=tuple(place[at] for at in item.ahead if at in place))
                for item in items
            ),
        )

    def declared(self, *, collector: bool | None = None) -> tuple[tuple[str, Item], ...]:
        """Each declared package with its item, in order; `collector`: only of items that one runs, or not."""
        return tuple(
            (package, item)
            for item in self.items
            if collector is None or item.collector is collector
            for package in item.packages
        )


def imports_inside(item: Item) -> tuple[Import, ...]:
    """What an item's code imports somewhere inside, and not whenever it runs: in a function, or under a condition. The
    open edition's walk through the item says nothing of these.
    """
    walked = {*item.lines, *item.certain}
    return () if item.broken_lines or item.unparsed else tuple(one for one in item.imports if one.module not in walked)
