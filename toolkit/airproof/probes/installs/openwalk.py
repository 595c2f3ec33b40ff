"""The open edition of OMFlow, played: each python item's imports, with pip run for what is missing.

Measured with the open edition 1.1.0.0 (Django 2.2, Python 3.8, pip 23.0) driven through its REST interface: the lines
of an item that begin with `import ` or `from ` are compiled together, and a text that does not compile ends the item
before any request. They are run in order; where one raises "No module named 'NAME'" and the item may install,
`pip install NAME` runs and everything is run again. NAME is the first part of the dotted name that is missing. The same
NAME missing twice in a row, any other exception, and a pip that fails end the item, and with it the flow. Further
statements on such a line run there too, without the item's variables: `import requests; requests.get(url)` ends with a
NameError. Afterwards the item's code runs, and no pip any more.
"""

from __future__ import annotations

import ast
import json
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.closure.present import Present
from airproof.probes.installs.pip import NOTHING_LEFT, OfflinePip
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.imports import STARTS, may_bring
from airproof.probes.omflow.modules import load_names
from airproof.probes.onhost import SCRIPTS
from airproof.probes.pip.environment import GuardedEnvironment
from airproof.probes.pip.importing import IMPORT_TIME
from airproof.site.flows import Flow, Item
from airproof.site.requirements import is_requirement
from airproof.system.processes import Ran

IMPORTER = SCRIPTS / "openimporter.py"
NAMED = "No module named "
MOST_REQUESTS = 200
"""Most requests of one item: a package whose import asks for another name each time would never end."""
AIRPROOFS = sys.version_info[:2]
"""The Python that reads the flows' code."""
SAID = 500
"""Characters that are kept of an exception, or of the end of pip's output."""

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
ENDS_THE_PROCESS = "SystemExit"
"""Beginning of what such a module is told to raise: OMFlow catches no more than exceptions."""
MAY_BE_BROUGHT = (
    "may-not-install",
    "not-installed",
    "submodule-missing",
    "still-missing",
    "after-restart",
    "name-refused",
)
"""Endings that do not happen if code that ran before has brought the module, beside those of the code's own imports."""


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


class Surroundings(msgspec.Struct, frozen=True):
    """The interpreter's modules and distributions before anything is installed."""

    own: str = ""
    """OMFlow's folder; empty if it is not known."""
    folders: tuple[str, ...] = ()
    """Folders of the packages of OMFlow's interpreter."""
    assumed: tuple[str, ...] = ()
    """Top-level modules that are assumed to be there."""
    had: frozenset[str] = frozenset()
    """Installed distributions: pip asks no index for them."""
    stdlib: frozenset[str] = frozenset()
    """Top-level modules of Python's own library."""
    executes: bool = True
    """True: modules are imported; False: they are only looked up."""
    alone: bool = False
    """True: modules are looked up only in the folders of the environment, because the interpreter is on another
    machine.
    """
    absent: dict[str, str] = {}
    """Dotted modules of Python's own library of which a part is known to be missing, with that part."""
    python: tuple[int, ...] = AIRPROOFS
    """The interpreter's version, such as (3, 11)."""
    unsure: tuple[str, ...] = ()
    """Dotted modules of which it is not known whether all parts are there."""


Stage = tuple[str, tuple[str, ...]]
"""Imports that were run, and the names that pip had installed by then."""


class Ground(Protocol):
    """The environment in which one flow is played, while it is open."""

    folders: tuple[str, ...]
    """Folders that are searched for modules besides the interpreter's own path."""
    filled: str
    """The folder into which pip installs; empty if modules are only looked up."""
    earlier: list[Stage]
    """The imports that the process has run, in their order."""

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        """Run an interpreter with these arguments and this standard input."""

    def install(self, name: str) -> Ran:
        """Ask pip for one name, and returns the result."""


Begin = Callable[[], AbstractContextManager[Ground]]


class _Answer(msgspec.Struct, frozen=True):
    ended: Literal["well", "missing", "raised", "raises", "syntax"]
    said: str
    at: int
    module: str
    line: str
    untold: str = ""
    server: bool = False

    @property
    def missing(self) -> str:
        """The missing module as the exception names it; empty for another failure."""
        return self.said[len(NAMED) + 1 : -1] if self.ended == "missing" else ""


def surroundings_of(host: Host, own: str | None, *, named: bool, executes: bool) -> Surroundings:
    """`own`: OMFlow's folder, if known.

    `named`: the user said that OMFlow runs that interpreter; otherwise it is assumed to have what OMFlow's interpreter
    normally has.
    """
    names = load_names().omflow
    assumed = () if own else tuple(names.opened)
    stdlib = frozenset(host.stdlib)
    if not named:
        assumed = (*assumed, *names.preinstalled)
        return Surroundings(own or "", (), assumed, frozenset(), stdlib, executes, python=host.version)
    folders = (host.packages_folder,) if host.packages_folder else ()
    had = frozenset(canonicalize_name(name) for name in host.installed)
    return Surroundings(own or "", folders, assumed, had, stdlib, executes, python=host.version)


def probe_walks(pip: OfflinePip, flows: Iterable[Flow], given: Surroundings, present: Present | None = None) -> Walks:
    """Play each flow with the pip of an interpreter on this machine. Raises CannotLook if no environment can be
    made.
    """

    @contextmanager
    def begun() -> Iterator[Ground]:
        with pip.environment() as environment:
            yield _Installed(pip, environment, given, present)

    return play(pip.host.label, begun, flows, given)


class _Installed:
    """A guarded environment that pip fills."""

    def __init__(
        self, pip: OfflinePip, environment: GuardedEnvironment, given: Surroundings, present: Present | None
    ) -> None:
        self._pip, self._environment, self._present = pip, environment, present
        self.folders = given.folders
        self.filled = str(environment.env.site_packages)
        self.earlier: list[Stage] = []

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        return self._environment.importing(arguments, seconds, stdin)

    def install(self, name: str) -> Ran:
        ran = self._environment.install((name,))
        rest = None if ran.ok or self._present is None else self._present.rest_of((name,), ())
        return ran if rest is None else self._pip.fill(self._environment, rest)


def play(label: str, begin: Begin, flows: Iterable[Flow], given: Surroundings) -> Walks:
    """Play each flow in an environment of its own."""
    known: dict[tuple[Item, ...], tuple[ItemWalk, ...]] = {}
    walked = []
    for flow in flows:
        key = tuple(map(_as_played, flow.items))
        if key not in known:
            known[key] = _walk(begin, flow.items, given)
        items = zip(known[key], flow.items, strict=True)
        walks = tuple(msgspec.structs.replace(walk, item=item.name) for walk, item in items)
        walked.append(FlowWalk(flow.title, walks))
    return Walks(label, tuple(walked))


def _as_played(item: Item) -> Item:
    """The item without what has no say in how it ends."""
    return msgspec.structs.replace(
        item, name="", type="", packages=(), unreadable=(), strange=(), imports=(), collector=False
    )


def _walk(begin: Begin, items: Sequence[Item], given: Surroundings) -> tuple[ItemWalk, ...]:
    """Play each item after those that have certainly run before it; an environment is reused while it holds exactly
    those.
    """
    order = sorted(range(len(items)), key=lambda at: (len(_beside(items, at)), at))
    done: dict[int, ItemWalk] = {}
    with ExitStack() as stack:
        ground: Ground | None = None
        held: set[int] = set()
        for at in order:
            if items[at].broken_lines or not (items[at].text or items[at].certain or items[at].behind):
                done[at] = _untried(items[at], given)
                continue
            beside = _beside(items, at)
            ahead = {earlier for earlier in beside if items[earlier].text and not items[earlier].broken_lines}
            if ground is None or held != ahead:
                stack.close()
                ground = stack.enter_context(begin())
                for earlier in sorted(ahead, key=order.index):
                    _item(ground, items[earlier], given)
            brought = any(items[earlier].brings for earlier in beside)
            done[at] = _item(ground, items[at], given, brought=brought)
            held = ahead | ({at} if items[at].text else set())
    ended = [_passed_over(done[at]) if items[at].goes_on else done[at] for at in range(len(items))]
    return tuple(_reached(ended[at], [ended[before] for before in _ahead(items, at)]) for at in range(len(items)))


def _passed_over(walk: ItemWalk) -> ItemWalk:
    """Return the result of an item whose failure does not end the flow: behind its failure it asks for nothing. A
    module that ends the process leaves no failure to pass over.
    """
    walk = msgspec.structs.replace(walk, untold="")
    if walk.ending == "well" or walk.said.startswith(ENDS_THE_PROCESS):
        return walk
    return msgspec.structs.replace(walk, ending="passed-over", beyond=())


def _untried(item: Item, given: Surroundings) -> ItemWalk:
    """Return the result of an item whose imports all work."""
    if item.broken_lines:
        return ItemWalk(item.name, "broken-line", line=item.broken_lines[0])
    if item.python > given.python:
        needed, there = (".".join(map(str, version)) for version in (item.python, given.python))
        return ItemWalk(item.name, "code-broken", said=f"Python {there}, and the code is written for {needed}")
    if item.unparsed and given.python > AIRPROOFS:
        return ItemWalk(item.name, untold=item.unparsed, doubt="newer")
    return ItemWalk(item.name, "code-broken", said=item.unparsed) if item.unparsed else ItemWalk(item.name)


def _reached(walk: ItemWalk, ahead: Iterable[ItemWalk]) -> ItemWalk:
    """Return the item's result behind those that run before it: if one of them ends the flow, this item requests
    nothing.
    """
    if all(earlier.ending in GOOD for earlier in ahead):
        return walk
    ending: Ending = "not-reached" if walk.ending in GOOD else walk.ending
    return msgspec.structs.replace(walk, ending=ending, asked=(), beyond=(*walk.asked, *walk.beyond))


def _ahead(items: Sequence[Item], at: int) -> tuple[int, ...]:
    ahead = items[at].ahead
    return tuple(range(at)) if ahead is None else ahead


def _beside(items: Sequence[Item], at: int) -> tuple[int, ...]:
    """Return those of the items that have certainly run before which ran in the same process."""
    place = items[at].place
    return tuple(earlier for earlier in _ahead(items, at) if place is not None and items[earlier].place == place)


def _item(ground: Ground, item: Item, given: Surroundings, *, brought: bool = False) -> ItemWalk:
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
        answer = _tried(self.ground, self.text, self.after, self.given)
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
            again = _tried(self.ground, self.text, self.after, self.given, restarted=True)
            ending = "after-restart" if again.said != answer.said else ending
        self._set_aside(answer, ending)
        return True

    def _request(self, answer: _Answer) -> None:
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

    def _set_aside(self, answer: _Answer, ending: Ending, said: str = "") -> bool:
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
        walk = self.first or _untried(self.item, self.given)
        beyond = tuple(dict.fromkeys(self.beyond))
        walk = msgspec.structs.replace(walk, asked=tuple(self.asked), beyond=beyond, lost=tuple(self.lost))
        if self.behind and walk.ending == "well" and not walk.untold:
            return msgspec.structs.replace(walk, untold=self.behind, doubt="behind")
        if self.untold:
            doubt: Doubt = "server" if self.server else "part" if self.untold.startswith(STARTS) else "code"
            return msgspec.structs.replace(walk, untold=self.untold, doubt=doubt)
        return _behind(self.ground, self.item, self.given, walk)


def _remember(ground: Ground, text: str, after: Sequence[str]) -> None:
    """Keep what the process has imported: what is loaded stays as it is, whatever pip installs afterwards."""
    if ground.filled:
        there = tuple(sorted(path.name.partition(".")[0] for path in Path(ground.filled).iterdir()))
        ground.earlier.append((text + "".join(f"import {module}\n" for module in after), there))


def _behind(ground: Ground, item: Item, given: Surroundings, walk: ItemWalk) -> ItemWalk:
    """Try the imports behind the item's own code that may bring modules, if nothing else decides how it ends."""
    if walk.ending == "well" and not walk.untold and item.behind:
        answer = _tried(ground, "", item.behind, given)
        if answer.ended != "well":
            return msgspec.structs.replace(walk, untold=answer.line, doubt="behind")
        if answer.untold:
            return msgspec.structs.replace(walk, untold=answer.untold, doubt="part")
    return walk


def _may_be_brought(ended: Ending, answer: _Answer, text: str, given: Surroundings, *, brought: bool) -> bool:
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


def _ending(answer: _Answer, item: Item, last: str, *, before: int) -> Ending:
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


def _tried(ground: Ground, text: str, after: Sequence[str], given: Surroundings, *, restarted: bool = False) -> _Answer:
    """Run the imports in a new process. `restarted`: as an OMFlow would that begins only now; else as the one that was
    running when pip installed the packages.
    """
    mark = secrets.token_hex(8)
    asked = {
        "text": text,
        "after": after,
        "executes": given.executes,
        "own": given.own,
        "folders": ground.folders,
        "assumed": given.assumed,
        "alone": given.alone,
        "absent": given.absent,
        "unsure": given.unsure,
        "filled": ground.filled,
        "loaded": load_names().omflow.loaded if given.folders and not restarted else (),
        "earlier": () if restarted else ground.earlier,
        "restarted": restarted,
    }
    arguments = ["-c", IMPORTER.read_text("utf-8")]
    ran = ground.importing(arguments, IMPORT_TIME, f"{mark}\n{json.dumps(asked)}")
    for line in ran.stderr.splitlines():
        word, _, detail = line.partition(" ")
        if word == mark:
            return msgspec.json.decode(detail, type=_Answer)
    last_words = ran.stderr.strip().rpartition("\n")[2][-SAID:] or f"exit code {ran.exit_code}"
    return _Answer("raised", last_words, 0, "", text.partition("\n")[0])


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
