"""The drill says what it saw: a missed fault, a false alarm and a site that could not be built are no success."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from airproof.commands.drill import show, tally
from airproof.record.outcome import Verdict
from airproof.words import LANGS, Lang
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.run import Drill, JudgedScenario, ReportedOutcomes, run_scenario
from pytest_airproof.drill.scenario import Expected, Scenario
from pytest_airproof.servers.world import World

SCENARIOS = {entry.name: entry for entry in read_scenarios()}
FAULT = SCENARIOS["dependency-missing"]
HEALTHY = SCENARIOS["accepted-chain"]


def judged(
    scenario: Scenario = FAULT,
    *,
    missed: tuple[str, ...] = (),
    alarms: tuple[str, ...] = (),
    trouble: str = "",
    left_out: str = "",
) -> JudgedScenario:
    seen = None if trouble or left_out else ReportedOutcomes("rejected", {}, ())
    return JudgedScenario(scenario, seen, missed, alarms, trouble, 1.0, left_out)


def shown(*results: JudgedScenario, lang: Lang = "en") -> tuple[int, list[str]]:
    out = io.StringIO()
    code = show(results, lang, out)
    return code, out.getvalue().splitlines()


def test_a_missed_fault_is_reported_as_missed(world: World) -> None:
    """A scenario whose fault was never planted, run for real, is no success: what was expected is named."""
    without_fault = msgspec.structs.replace(HEALTHY, name="planted-nowhere", expect=FAULT.expect)

    found = run_scenario(without_fault, world)

    assert not found.ok
    assert {"PIP02 dependency-missing", "rejected, not accepted"} <= set(found.missed)


def test_a_false_alarm_is_reported_as_one(world: World) -> None:
    """A site that is called healthy and is not, run for real, is no success: what was said is named."""
    called_healthy = msgspec.structs.replace(FAULT, name="accepted-by-mistake", expect=Expected(Verdict.ACCEPTED))

    found = run_scenario(called_healthy, world)

    assert not found.ok
    assert ("PIP02 dependency-missing",) == found.false_alarms


@pytest.mark.thorough
def test_the_wrong_cause_is_both_missed_and_a_false_alarm(world: World) -> None:
    """The right check with another cause is no success."""
    other_cause = msgspec.structs.replace(FAULT.expect, failed={"PIP02": ("absent",)}, names={}, victims={})

    found = run_scenario(msgspec.structs.replace(FAULT, expect=other_cause), world)

    assert (("PIP02 absent",), ("PIP02 dependency-missing",)) == (found.missed, found.false_alarms)


def test_a_site_that_cannot_be_built_is_trouble(world: World) -> None:
    """A fault that could not be planted was not seen either: its reason is shown."""
    impossible = msgspec.structs.replace(FAULT, damage=SCENARIOS["file-deleted"].damage)

    found = run_scenario(impossible, world)

    assert not found.ok
    assert "no such file was uploaded" in found.trouble


@pytest.mark.parametrize(
    ("results", "code", "last"),
    [
        ([judged(), judged(HEALTHY)], 0, "1 of 1 faults caught, 0 false alarms"),
        ([judged(missed=("PIP02 absent",))], 1, "0 of 1 faults caught, 0 false alarms"),
        ([judged(alarms=("NET01 refused",))], 1, "1 of 1 faults caught, 1 false alarms"),
        ([judged(HEALTHY, alarms=("NET01 refused",))], 1, "0 of 0 faults caught, 1 false alarms"),
        ([judged(HEALTHY, missed=("PIP03 passed",))], 1, "0 of 0 faults caught, 0 false alarms"),
        ([judged(), judged(trouble="no space")], 3, "1 of 2 faults caught, 0 false alarms, 1 not run"),
        ([judged(missed=("x",)), judged(trouble="no space")], 1, "0 of 2 faults caught, 0 false alarms, 1 not run"),
        ([judged(), judged(HEALTHY, left_out="absent")], 0, "1 of 1 faults caught, 0 false alarms, 1 left out"),
        ([judged(left_out="absent")], 3, "0 of 0 faults caught, 0 false alarms, 1 left out"),
        ([], 3, "0 of 0 faults caught, 0 false alarms"),
    ],
)
def test_only_a_whole_success_ends_with_0(results: list[JudgedScenario], code: int, last: str) -> None:
    """Missed or false: 1. Not run, or nothing to run: 3. The last line counts them."""
    ended, lines = shown(*results)

    assert (code, last) == (ended, lines[-1])


@pytest.mark.parametrize("lang", LANGS)
def test_a_failure_names_what_differs(lang: Lang) -> None:
    """Below its line stand the scenario's title and each difference, in the reader's language."""
    _, lines = shown(judged(missed=("PIP02 absent",), alarms=("NET01 refused",)), lang=lang)

    below = [line.strip() for line in lines[2:5]]

    assert FAULT.title.of(lang) == below[0]
    assert ["PIP02 absent" in below[1], "NET01 refused" in below[2]] == [True, True]


def test_the_tally_counts_each_scenario_once() -> None:
    """Faults and healthy sites are told apart, and what was not run is in neither success."""
    left_out = judged(left_out="absent")

    total = tally([judged(), judged(trouble="x"), judged(HEALTHY), judged(HEALTHY, alarms=("a", "b")), left_out])

    assert (2, 1, 2, 1, 2, 1, 1) == total


def test_what_needs_more_than_is_here_is_left_out_with_its_reason(world: World) -> None:
    """A distribution that is not installed, and a pip that is too old for the fault: nothing is run, nothing caught."""
    lacking = run_scenario(msgspec.structs.replace(FAULT, needs="no_such_distribution"), world)
    older = run_scenario(msgspec.structs.replace(FAULT, pip_since="99.0"), world)

    assert ["no_such_distribution is not installed", f"pip {world.pip} is older than 99.0"] == [
        lacking.left_out,
        older.left_out,
    ]
    assert [False, False] == [lacking.ok, older.ok]


def test_a_drill_runs_what_was_chosen(tmp_path: Path) -> None:
    """Only the named scenarios are run, each once."""
    drill = Drill(only=("server-down", "wrong-port"))

    found = {result.name: result.ok for result in drill.results()}

    assert {"server-down": True, "wrong-port": True} == found
