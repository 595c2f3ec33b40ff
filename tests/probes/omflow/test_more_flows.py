"""A further flow never makes a verdict better, and the order of flows and exports decides nothing."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from airproof.check import Failed, Finding, NotApplicable
from airproof.checks.omflow import (
    check_collectors_items_are_judged_on_a_collector,
    check_every_declared_package_is_a_requirement,
    check_every_import_is_one_line,
    check_no_two_flows_pin_apart,
)
from airproof.diagnosis.endings import endings, hold_told
from airproof.errors import BadInput, CannotLook
from airproof.probes.installs.openground import Ground, Stage, Surroundings
from airproof.probes.installs.openwalk import play
from airproof.probes.omflow.exports import read_exports
from airproof.probes.omflow.groups import edition_of, flow_groups, walked_groups
from airproof.site.flows import Flow, Runner
from airproof.site.hosts import Interpreter
from airproof.site.site import Edition, Judged, Site
from airproof.system.processes import Ran
from tests.probes.exported import application, flow, item, write

INDEX = {"alpha": ("alpha", "beside"), "beta": ("beta",), "stranger": ("other",)}
"""Projects of the index, with their modules."""
CODES = (
    *("import alpha\n", "import beside\n", "import beta\n", "import stranger\n", "import absent\n", "x = 1\n"),
    *("import json\n", "x = 1; import beta\n", "from alpha import (\n    b)\n", "sys.path.append('/opt')\n"),
)
PACKAGES = ("alpha", "alpha==1.0", "alpha==2.0", "absent", "not a requirement")
SERVER, FAR = Interpreter("python", "server"), Interpreter("python", "far", collector=True)
NORTH = Interpreter("python", "north", collector=True, collector_name="C1")
SOUTH = Interpreter("python", "south", collector=True, host_name="c2")
ASKED = (
    *((SERVER,), (FAR,), (SERVER, FAR), (SERVER, NORTH), (SERVER, NORTH, SOUTH), (NORTH, SOUTH)),
    *((SERVER, FAR, SOUTH), (SERVER, NORTH, SOUTH, FAR)),
)

python_items = st.fixed_dictionaries(
    {
        "code": st.sampled_from(CODES),
        "autoinstall": st.booleans(),
        "collector": st.sampled_from(("", "", "c1", "c2", "C 2", "c3")),
    },
    optional={"packages": st.lists(st.sampled_from(PACKAGES), max_size=2), "load_balance": st.booleans()},
)
flows_of_items = st.lists(st.lists(python_items, min_size=1, max_size=3), min_size=1, max_size=4)
editions = st.sampled_from(list(Edition))
askings = st.sampled_from(ASKED)


class Shelf:
    """An environment that is a list of modules, with an index that is a table."""

    folders: tuple[str, ...] = ()
    filled = ""

    def __init__(self) -> None:
        self.earlier: list[Stage] = []
        self.modules = {"json"}

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        del arguments, seconds
        _, mark, question = stdin.split("\n")
        asked = json.loads(question)
        statements = [*ast.parse(asked["text"]).body, *(ast.parse(f"import {name}").body[0] for name in asked["after"])]
        for at, statement in enumerate(statements):
            assert isinstance(statement, ast.Import)
            name = statement.names[0].name
            if name not in self.modules:
                return _answers(mark, "missing", f"No module named '{name}'", at, f"import {name}")
        return _answers(mark, "well", "", len(statements), "")

    def install(self, name: str) -> Ran:
        self.modules |= set(INDEX.get(name, ()))
        return Ran((), 0 if name in INDEX else 1, 0.0, "", "")


def _answers(mark: str, ended: str, said: str, at: int, line: str) -> Ran:
    answer = {"ended": ended, "said": said, "at": at, "module": line.rpartition(" ")[2], "line": line, "untold": ""}
    return Ran((), 0, 0.0, "", f"{mark} {json.dumps(answer)}")


@contextmanager
def begun() -> Iterator[Ground]:
    yield Shelf()


def flows_read(flows: Sequence[Sequence[dict[str, Any]]]) -> list[Flow]:
    """Each flow in an export of its own."""
    found: list[Flow] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, items in enumerate(flows):
            boxes = [item(f"FITEM_{at}", text=f"i{at}", **config) for at, config in enumerate(items)]
            file = write(Path(folder, f"{number}.omf"), [application("Demo", flow(f"f{number}", *boxes))])
            found += read_exports((str(file),))
    return found


def judged(flows: Sequence[Flow], edition: Edition, asked: tuple[Interpreter, ...]) -> tuple[set[str], set[str]]:
    """Return what rejects the flows, and what leaves the verdict open, as texts."""
    opened = edition is Edition.OPEN
    groups = () if opened else flow_groups(flows)
    site = Site("http://192.0.2.1/", groups=groups, flows=tuple(flows), edition=edition, interpreters=asked)
    found: list[Finding] = []
    rejecting: set[str] = set()
    leaving_open: set[str] = set()
    for check in (
        check_every_declared_package_is_a_requirement,
        check_every_import_is_one_line,
        check_collectors_items_are_judged_on_a_collector,
        check_no_two_flows_pin_apart,
    ):
        try:
            check(site)
        except Failed as error:
            found += error.findings
        except NotApplicable:
            continue
    rejecting |= {f"{finding.cause} {victim}" for finding in found for victim in finding.victims}
    for interpreter in asked:
        own = [(group.name, group.requirements) for group in site.groups_for(interpreter)]
        told: list[tuple[str, str]] = []
        if opened:
            walks = play(
                interpreter.label, begun, site.flows_for(interpreter), Surroundings(stdlib=frozenset({"json"}))
            )
            told += [
                (victim, finding.cause)
                for finding in endings(walks, {"json"}, lambda module: module)
                for victim in finding.victims
            ]
            own = [(group.name, group.requirements) for group in walked_groups(walks)]
            try:
                hold_told(walks)
            except CannotLook:
                leaving_open.add("untold")
        told += [(name, entry) for name, asked_for in own for entry in asked_for if entry not in INDEX]
        replaced = site.in_place(interpreter.label)
        for victim, cause in told:
            (leaving_open if victim in replaced else rejecting).add(f"{cause} {victim} ({interpreter.label})")
    if site.items_without_their_collector():
        leaving_open.add("a Collector is not known")
    return rejecting, leaving_open


quick = settings(deadline=None, max_examples=60)


def hold_no_better(flows: Any, more: Any, edition: Edition, asked: tuple[Interpreter, ...]) -> None:
    every = flows_read([*flows, *more])
    first, was_open = judged(every[: len(flows)], edition, asked)
    both, is_open = judged(every, edition, asked)

    assert first <= both
    assert was_open <= is_open | both


@quick
@given(flows=flows_of_items, more=flows_of_items, edition=editions, asked=askings)
def test_a_further_flow_never_makes_a_verdict_better(
    flows: Any, more: Any, edition: Edition, asked: tuple[Interpreter, ...]
) -> None:
    """All that rejects the first flows still does, and what was open still is, or rejects."""
    hold_no_better(flows, more, edition, asked)


def one_kind_alone(site: Site, interpreter: Interpreter) -> Callable[[Runner], bool]:
    """As it was once: without a flow for Collectors, each interpreter runs all; with one, each runs its own."""
    named = any(item.collector for flow in site.flows for item in flow.items)
    return lambda runner: not named or runner.collector is interpreter.collector


def known_by_number(site: Site, runner: Runner) -> Judged:
    """A single Collector is taken for the one that the flows name, if they name one only."""
    own = tuple(entry for entry in site.interpreters if entry.collector is runner.collector)
    names = {item.runner.name for flow in site.flows for item in flow.items if item.collector}
    return Judged(own or site.interpreters, known=bool(own) and (not runner.name or len(names) == 1))


@pytest.mark.parametrize(
    ("name", "fault"), [("_running", one_kind_alone), ("runners_of", known_by_number)], ids=["kind", "number"]
)
def test_a_rule_that_depends_on_the_other_flows_is_caught(
    name: str, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The property above fails where who runs an item is decided by what other flows there are."""
    monkeypatch.setattr(Site, name, fault)

    @settings(deadline=None, max_examples=400, database=None, derandomize=True, phases=[Phase.generate])
    @given(flows=flows_of_items, more=flows_of_items, edition=editions, asked=askings)
    def each(**drawn: Any) -> None:
        hold_no_better(**drawn)

    with pytest.raises(AssertionError):
        each()


@quick
@given(flows=flows_of_items, edition=editions, asked=askings, random=st.randoms())
def test_the_order_of_flows_decides_nothing(
    flows: Any, edition: Edition, asked: tuple[Interpreter, ...], random: Any
) -> None:
    """The same speaks against them, and the same edition is shown."""
    every = flows_read(flows)
    other = random.sample(every, len(every))

    assert judged(every, edition, asked) == judged(other, edition, asked)
    assert edition_shown(every) == edition_shown(other)


def edition_shown(flows: Sequence[Flow]) -> Edition | str | None:
    try:
        return edition_of(flows)
    except BadInput as error:
        return error.key


@quick
@given(flows=flows_of_items, more=flows_of_items)
def test_a_further_flow_never_turns_one_edition_into_the_other(flows: Any, more: Any) -> None:
    """At most it makes the exports contradict each other, and then nothing is judged."""
    every = flows_read([*flows, *more])
    first, both = edition_shown(every[: len(flows)]), edition_shown(every)

    assert first in (None, both) or both == "flow-editions-differ"


@pytest.mark.parametrize("same", [True, False])
def test_the_order_of_exports_decides_nothing(tmp_path: Path, *, same: bool) -> None:
    """Flows of one name are told apart by a number; which of them has it makes no difference."""
    fine, broken = (
        write(tmp_path / f"{name}.omf", [application("Demo", flow("f" if same else name, item(code=code, text=name)))])
        for name, code in (("fine", "import alpha\n"), ("broken", "import stranger\n"))
    )
    found = [
        judged(read_exports(tuple(map(str, order))), Edition.OPEN, (SERVER,))[0]
        for order in ((fine, broken), (broken, fine))
    ]

    assert [{cause.partition(" ")[0] for cause in texts} for texts in found] == [{"item-may-not-install"}] * 2
