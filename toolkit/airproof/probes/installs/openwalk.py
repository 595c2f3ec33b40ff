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

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

import msgspec

from airproof.probes.closure.present import Present
from airproof.probes.installs.openends import GOOD, Ending, FlowWalk, ItemWalk, Walks
from airproof.probes.installs.openground import Ground, Stage, Surroundings
from airproof.probes.installs.opentrial import untried, walk_of_item
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.pip.environment import GuardedEnvironment
from airproof.site.flows import Flow, Item
from airproof.system.processes import Ran

ENDS_THE_PROCESS = "SystemExit"
"""Beginning of what such a module is told to raise: OMFlow catches no more than exceptions."""
Begin = Callable[[], AbstractContextManager[Ground]]


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
                done[at] = untried(items[at], given)
                continue
            beside = _beside(items, at)
            ahead = {earlier for earlier in beside if items[earlier].text and not items[earlier].broken_lines}
            if ground is None or held != ahead:
                stack.close()
                ground = stack.enter_context(begin())
                for earlier in sorted(ahead, key=order.index):
                    walk_of_item(ground, items[earlier], given)
            brought = any(items[earlier].brings for earlier in beside)
            done[at] = walk_of_item(ground, items[at], given, brought=brought)
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
