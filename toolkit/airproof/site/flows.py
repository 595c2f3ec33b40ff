"""Flows: the packages that the items of an OMFlow export declare, and the modules that their code imports.

They are pure data, without the flow's code and without any parameter's value.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

COLLECTOR = " (Collector)"
"""Suffix of the name of the group that a Collector installs."""
ONE_COLLECTOR = " (Collector {name})"
"""The same where the items of one flow name several Collectors."""
POLICY = "(policy)"
"""The place of all items of a policy: whichever Collector runs it runs all of them."""


class Import(msgspec.Struct, frozen=True):
    """One module that an item's code imports."""

    module: str
    """The dotted name, as it is written."""
    optional: bool = False
    """The import is inside a `try` that continues without it, or for type checkers only."""

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


class Item(msgspec.Struct, frozen=True):
    """One item (box) of a flow."""

    name: str
    """Its label, else its id, else its type."""
    type: str
    packages: tuple[str, ...] = ()
    """Declared packages, in order; only texts."""
    unreadable: tuple[str, ...] = ()
    """Declared texts that are not requirements, or that no index can serve."""
    strange: tuple[str, ...] = ()
    """Types of declared values that are not texts, such as `number`."""
    imports: tuple[Import, ...] = ()
    """Imports by Python's grammar."""
    text: str = ""
    """The lines that OMFlow's open edition treats as imports and runs, together, before the code."""
    lines: tuple[str, ...] = ()
    """The modules that these lines import, in order."""
    certain: tuple[str, ...] = ()
    """Modules that the code itself imports whenever it runs, beside those of `lines`."""
    behind: tuple[str, ...] = ()
    """Modules that it imports in the same way after a statement that may bring modules, such as one with `sys.path`."""
    brings: bool = False
    """The code may bring modules itself, such as with `sys.path`: later items of the flow run in the same process."""
    broken_lines: tuple[str, ...] = ()
    """Those of the lines that prevent `text` from compiling: the open edition ends the item before any request."""
    unparsed: str = ""
    """Why the code is no Python that could be compiled; then only `lines` are known."""
    python: tuple[int, int] = (3, 0)
    """The oldest Python that can parse the code."""
    autoinstall: bool = False
    """Open edition: a missing module is installed when the item runs."""
    goes_on: bool = False
    """Open edition: the flow goes on if the item fails (`error_pass`)."""
    runs: bool = True
    """False: no line leads to the item, or it is of a type whose code the open edition does not run."""
    collector: bool = False
    """A Collector runs the item: OMFlow ignores its packages at activation."""
    place: str | None = ""
    """The process that runs the item, as far as the flow says it: empty for the server, for a Collector its name; None:
    any Collector of a group, perhaps another one each time.
    """
    ahead: tuple[int, ...] | None = None
    """Positions of the flow's items that have certainly run when this one begins; None: the flow draws no lines, and
    all items before it have run.
    """

    @property
    def runner(self) -> Runner:
        """Return who runs the item, as far as the flow says it."""
        named = self.collector and self.place is not None and self.place != POLICY
        return Runner(self.collector, (self.place or "") if named else "")


class Runner(msgspec.Struct, frozen=True, order=True):
    """The kind of host that runs an item."""

    collector: bool = False
    name: str = ""
    """Name of the Collector that the flow names; empty: any Collector."""


class Flow(msgspec.Struct, frozen=True):
    """One flow of an application, its sub-flows included."""

    title: str
    """`application / flow`; a number distinguishes flows of the same name."""
    file: str
    """The export from which it was read."""
    items: tuple[Item, ...] = ()
    declares: bool = True
    """The flow contains a list of packages, possibly an empty one: the open edition writes none."""
    idle: tuple[str, ...] = ()
    """Names of the items with code that were left out, because the open edition never runs them."""
    policy: bool = False
    """A Collector's flow (收集器流程): it sends what its end item puts out to the server."""

    def group_of(self, item: Item) -> str:
        """Return the name of the group to which one item's packages belong."""
        return self.group_name(item.runner)

    def group_name(self, runner: Runner) -> str:
        """Return the name of the group of all items that one kind of host runs."""
        if not runner.collector:
            return self.title
        named = {item.runner for item in self.items if item.collector}
        several = len(named | {runner}) > 1 and runner.name
        return self.title + (ONE_COLLECTOR.format(name=runner.name) if several else COLLECTOR)

    def only(self, wanted: Callable[[Item], bool]) -> Flow:
        """Return the flow with some of its items; each keeps the items ahead of it that are still there."""
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

    def as_it_runs(self) -> Flow:
        """Return the flow without the items that the open edition never runs."""
        if all(item.runs for item in self.items):
            return self
        idle = tuple(item.name for item in self.items if not item.runs and (item.text or item.imports or item.unparsed))
        return msgspec.structs.replace(self.only(lambda item: item.runs), idle=idle)

    def on_the_server(self) -> Flow:
        """Return the flow as an OMFlow without Collectors runs it."""
        if not any(item.collector or item.place != "" for item in self.items):
            return self
        items = [msgspec.structs.replace(item, collector=False, place="") for item in self.items]
        return msgspec.structs.replace(self, items=tuple(items))

    def declared(self, runner: Runner | None = None) -> tuple[tuple[str, Item], ...]:
        """Return each declared package with its item, in order; `runner`: only of the items that it runs."""
        return tuple(
            (package, item)
            for item in self.items
            if runner is None or item.runner == runner
            for package in item.packages
        )

    @property
    def runners(self) -> tuple[Runner, ...]:
        """Return everybody who runs items of the flow, the server first."""
        return tuple(sorted({item.runner for item in self.items}))


def imports_inside(item: Item) -> tuple[Import, ...]:
    """Return the imports inside an item's code that do not run with it in any case: in a function, or under a
    condition.

    The open edition's walk through the item does not show these.
    """
    walked = {*item.lines, *item.certain}
    return (
        ()
        if item.broken_lines or item.unparsed
        else tuple(imported for imported in item.imports if imported.module not in walked)
    )
