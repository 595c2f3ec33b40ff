"""How an item and a flow of the open edition end, as they were played."""

from __future__ import annotations

from typing import Literal

import msgspec

Ending = Literal[
    "well",
    "broken-line",
    "may-not-install",
    "not-installed",
    "submodule-missing",
    "still-missing",
    "after-restart",
    "name-refused",
    "import-raises",
    "line-raises",
    "code-imports",
    "code-broken",
    "not-reached",
    "passed-over",
    "unknown",
]
"""How an item ends.

`may-not-install`: a module is missing, and the item installs nothing. `submodule-missing`: the missing name is a part
of an installed package, which pip cannot install. `still-missing`: pip succeeded, and the module is still missing;
`after-restart`: the same, but an OMFlow that begins now would find it. `name-refused`: pip refuses the name.
`line-raises`: the item's own code on the line of an import fails. `code-imports`: the code behind the lines imports a
missing module. `code-broken`: the code does not compile. `not-reached`: an item before it ended the flow.
`passed-over`: it fails, and the flow goes on, as the item says (`error_pass`; measured, open edition 1.1.0.0).
`unknown` is not an end: pip is asked next.
"""

GOOD = ("well", "passed-over")
"""Endings after which the flow goes on."""
Doubt = Literal["code", "part", "newer", "behind", "server"]
"""A kind of reason why it is not known how an item ends.

`code`: the item's own code stands on the line of an import, and only running it would show. `part`: nothing shows
whether a part of a package is there. `newer`: the code may be written for a Python newer than airproof's, which says
`untold` against it. `behind`: a module is missing, and the code before its import may bring it. `server`: an import
reaches Django or OMFlow's own modules, which work only inside a running OMFlow.
"""


class ItemWalk(msgspec.Struct, frozen=True):
    """One item of a flow."""

    item: str
    ending: Ending = "well"
    asked: tuple[str, ...] = ()
    """The names that are requested from pip, in order, until the item ends."""
    beyond: tuple[str, ...] = ()
    """Further names that would be requested from pip if the failure that ends the item were fixed."""
    lost: tuple[str, ...] = ()
    """Names from both lists that are parts of an installed package, which pip cannot install: no package is meant."""
    name: str = ""
    """The missing module as the exception names it."""
    line: str = ""
    """The import that fails."""
    said: str = ""
    """The text of the exception, or the end of pip's output."""
    untold: str = ""
    """The reason why it is not known how the item ends, in the words of the code or of the compiler."""
    doubt: Doubt = "code"
    """The kind of that reason."""


class FlowWalk(msgspec.Struct, frozen=True):
    """One flow by itself, in an environment of its own."""

    flow: str
    items: tuple[ItemWalk, ...]

    @property
    def works(self) -> bool:
        return all(item.ending in GOOD for item in self.items)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """Return every requested name with the items that request it, without the names that mean no package, and
        those of an item whose failure is passed over: nobody needs them.
        """
        names: dict[str, dict[str, None]] = {}
        for item in self.items:
            for name in (*item.asked, *item.beyond) if item.ending != "passed-over" else ():
                if name not in item.lost:
                    names.setdefault(name, {})[item.item] = None
        return {name: tuple(items) for name, items in names.items()}


class Walks(msgspec.Struct, frozen=True):
    """All flows of one interpreter.

    Each is played by itself: a flow that works only after another one does not work.
    """

    label: str
    flows: tuple[FlowWalk, ...]
