"""One item of the open edition: its imports run again and again, until they work or fail for good."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.code.bringing import may_bring
from airproof.probes.code.imports import STARTS
from airproof.probes.installs.openends import Doubt, Ending, ItemWalk
from airproof.probes.installs.openground import AIRPROOFS, NAMED, SAID, Ground, ImportAnswer, Surroundings, tried
from airproof.probes.installs.pip import NOTHING_LEFT
from airproof.site.flows import Item
from airproof.site.requirements import is_requirement

MOST_REQUESTS = 200
"""Most requests of one item: a package whose import asks for another name each time would never end."""
MAY_BE_BROUGHT = (
    "may-not-install",
    "not-installed",
    "submodule-missing",
    "still-missing",
    "after-restart",
    "name-refused",
)
"""Endings that do not happen if code that ran before has brought the module, beside those of the code's own imports."""


def walk_of_item(ground: Ground, item: Item, given: Surroundings, *, brought: bool = False) -> ItemWalk:
    """Run one item's imports until they work or fail for good.

    `brought`: the code of an item before it may have brought modules. Then nobody knows whether a module that is
    missing here is missing there, and a name that pip cannot install may never be requested.
    """
    return _Trial(ground, item, given, brought).walk()


@dataclass
class _Trial:
    """The imports of one item, which are run again and again, and what has been seen of them so far.

    Each round runs all imports that remain, up to the first that fails. After a round, either pip has installed the
    missing name and the same imports are run again, or the failing import is set aside and the others are run. The
    first import that is set aside ends the item; the rounds behind it only show what else is missing, so that all of
    it is reported at once. An item with the lines `import a`, `import _b` and `import c`, and an index with a and c:

    1. a is missing, and pip installs it (`asked` is a).
    2. `_b` is missing, and pip refuses such a name: this is the item's result (`first`), and `import _b` is set aside.
    3. c is missing, and pip installs it (`beyond` is c).
    4. `import a` and `import c` work.
    """

    ground: Ground
    item: Item
    given: Surroundings
    brought: bool
    text: str = ""
    """The lines that remain."""
    after: tuple[str, ...] = ()
    """The code's own imports that remain; they are run after the lines."""
    asked: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Names as in `ItemWalk`."""
    first: ItemWalk | None = None
    """The result with the failure that ends the item."""
    installed: str = ""
    """The name that pip installed before this round; if it is missing again, the import fails for good."""
    untold: str = ""
    """The first statement of which nobody knows how it ends."""
    server: bool = False
    """An import worked only inside a running OMFlow."""
    behind: str = ""
    """The first import that fails here and may work there, because code before it may have brought the module."""

    def walk(self) -> ItemWalk:
        """Run rounds until all imports that remain work."""
        self.text, self.after = self.item.text, self.item.certain
        for _ in range(MOST_REQUESTS):
            if not (self.text or self.after) or not self._fails_in_a_round():
                break
        return self._result()

    def _fails_in_a_round(self) -> bool:
        """Run the imports once; if one of them fails, do what allows the next round."""
        answer = tried(self.ground, self.text, self.after, self.given)
        if self.first is None:
            _remember(self.ground, self.text, self.after)
        self.untold = self.untold or answer.untold
        self.server = self.server or answer.server
        ending = _ending(answer, self.item, self.installed, before=_statements(self.text))
        if ending == "well":
            return False
        if ending == "unknown":
            self._request(answer)
            return True
        if ending == "still-missing":
            again = tried(self.ground, self.text, self.after, self.given, restarted=True)
            ending = "after-restart" if again.said != answer.said else ending
        self._set_aside(answer, ending)
        return True

    def _request(self, answer: ImportAnswer) -> None:
        """Ask pip for the name that is missing for the first time."""
        name = answer.missing
        requested = self.beyond if self.first else self.asked
        requested.append(name)
        has = canonicalize_name(name) in self.given.had
        ran = NOTHING_LEFT if has else self.ground.install(name)
        if ran.ok:
            self.installed = name
            return
        ending: Ending = "not-installed"
        if "." in name and name.partition(".")[0] not in self.given.stdlib:
            self.lost.append(name)
            ending = "submodule-missing"
        if not self._set_aside(answer, ending, ran.stderr.strip()):
            requested.pop()

    def _set_aside(self, answer: ImportAnswer, ending: Ending, said: str = "") -> bool:
        """Remove the import that fails from those that remain, and say whether it is known to fail there, too."""
        fails = not _may_be_brought(ending, answer, self.text, self.given, brought=self.brought)
        if fails:
            said = (said or answer.said)[-SAID:]
            self.first = self.first or ItemWalk(
                self.item.name, ending, name=answer.missing, line=answer.line, said=said
            )
        else:
            self.behind = self.behind or answer.line
        self.installed = ""
        self.text, self.after = _without(self.text, self.after, answer.at)
        return fails

    def _result(self) -> ItemWalk:
        walk = self.first or untried(self.item, self.given)
        beyond = tuple(dict.fromkeys(self.beyond))
        walk = msgspec.structs.replace(walk, asked=tuple(self.asked), beyond=beyond, lost=tuple(self.lost))
        if self.behind and walk.ending == "well" and not walk.untold:
            return msgspec.structs.replace(walk, untold=self.behind, doubt="behind")
        if self.untold:
            doubt: Doubt = "server" if self.server else "part" if self.untold.startswith(STARTS) else "code"
            return msgspec.structs.replace(walk, untold=self.untold, doubt=doubt)
        return _behind(self.ground, self.item, self.given, walk)


def untried(item: Item, given: Surroundings) -> ItemWalk:
    """Return the result of an item whose imports all work."""
    if item.broken_lines:
        return ItemWalk(item.name, "broken-line", line=item.broken_lines[0])
    if item.python > given.python:
        needed, there = (".".join(map(str, version)) for version in (item.python, given.python))
        return ItemWalk(item.name, "code-broken", said=f"Python {there}, and the code is written for {needed}")
    if item.unparsed and given.python > AIRPROOFS:
        return ItemWalk(item.name, untold=item.unparsed, doubt="newer")
    return ItemWalk(item.name, "code-broken", said=item.unparsed) if item.unparsed else ItemWalk(item.name)


def _remember(ground: Ground, text: str, after: Sequence[str]) -> None:
    """Keep what the process has imported: what is loaded stays as it is, whatever pip installs afterwards."""
    if ground.filled:
        there = tuple(sorted(path.name.partition(".")[0] for path in Path(ground.filled).iterdir()))
        ground.earlier.append((text + "".join(f"import {module}\n" for module in after), there))


def _behind(ground: Ground, item: Item, given: Surroundings, walk: ItemWalk) -> ItemWalk:
    """Try the imports behind the item's own code that may bring modules, if nothing else decides how it ends."""
    if walk.ending == "well" and not walk.untold and item.behind:
        answer = tried(ground, "", item.behind, given)
        if answer.ended != "well":
            return msgspec.structs.replace(walk, untold=answer.line, doubt="behind")
        if answer.untold:
            return msgspec.structs.replace(walk, untold=answer.untold, doubt="part")
    return walk


def _may_be_brought(ended: Ending, answer: ImportAnswer, text: str, given: Surroundings, *, brought: bool) -> bool:
    """Say whether the import that fails may work all the same: an earlier item's code, or a statement before it on the
    lines of which nobody knows what it does, may have brought the module.
    """
    before = ast.unparse(ast.Module(_parsed(text)[: answer.at], []))
    if not brought and not (answer.untold and may_bring(before)):
        return False
    if ended in ("import-raises", "code-imports"):
        relative = answer.said.startswith("ImportError: from .")
        return not relative and answer.module.partition(".")[0] not in given.stdlib
    return ended in MAY_BE_BROUGHT


def _ending(answer: ImportAnswer, item: Item, last: str, *, before: int) -> Ending:
    """Classify how the item ends after this answer; `unknown` if pip is asked next. `before`: statements of the
    lines.
    """
    if answer.ended in ("well", "syntax"):
        return "well" if answer.ended == "well" else "broken-line"
    if answer.at >= before:
        return "code-imports" if answer.ended == "missing" else "import-raises"
    if answer.ended in ("raised", "raises"):
        return "import-raises" if answer.ended == "raised" else "line-raises"
    name = answer.missing
    if not item.autoinstall:
        return "may-not-install"
    if name == last:
        return "still-missing"
    return "unknown" if answer.said.startswith(NAMED) and is_requirement(name) else "name-refused"


def _statements(text: str) -> int:
    return len(_parsed(text))


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return list(ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _without(text: str, after: tuple[str, ...], at: int) -> tuple[str, tuple[str, ...]]:
    """Return the imports without the one at that position; without any if the text cannot be parsed."""
    statements = _parsed(text)
    if at >= len(statements):
        gone = at - len(statements)
        return text, (*after[:gone], *after[gone + 1 :])
    rest = statements[:at] + statements[at + 1 :]
    return "".join(f"{ast.unparse(statement)}\n" for statement in rest), after
