"""Every scenario against real devpi servers: the planted fault is seen for its own cause, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from packaging.version import Version

from airproof.catalog import load_catalog
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.run import run_scenario
from pytest_airproof.drill.scenario import Expected, Scenario
from pytest_airproof.servers.world import World
from tests.probes.pythons import python_with_pip
from tests.scenarios.chosen import CHOSEN
from tests.scenarios.following import read_remedies
from tests.thorough import variant

MENDED = read_remedies().scenario
"""Judged in `test_remedied`, before their remedies are followed."""
SCENARIOS = read_scenarios()


@pytest.mark.parametrize(
    "scenario",
    [
        variant(scenario, daily=scenario.name in CHOSEN, id=scenario.name)
        for scenario in SCENARIOS
        if scenario.name not in MENDED
    ],
)
def test_what_was_planted_is_seen_and_nothing_else(scenario: Scenario, world: World) -> None:
    """Exactly the expected checks fail, for exactly the expected causes, and the verdict follows."""
    judged = run_scenario(scenario, world)
    if judged.left_out and (python := older_python(scenario)) is not None:
        with World(python) as older:
            judged = run_scenario(scenario, older)
    if judged.left_out:
        pytest.skip(f"absent: {judged.left_out}")

    assert ((), (), "") == (judged.missed, judged.false_alarms, judged.trouble)
    assert judged.ok


def test_each_check_fails_and_passes_in_every_run() -> None:
    """The scenarios that are not left to a thorough run show each check failing, and passing where any does; those of a
    rehearsal alone are shown by the others.
    """
    run = [scenario.expect for scenario in SCENARIOS if scenario.name in CHOSEN]
    live = [scenario.expect for scenario in SCENARIOS if not scenario.rehearsal]
    every = [scenario.expect for scenario in SCENARIOS]

    assert set(load_catalog().checks) == failing(every)
    assert failing(live) <= failing(run)
    assert passing(live) <= passing(run)


def failing(expects: Iterable[Expected]) -> set[str]:
    return {id for expect in expects for id in (*expect.failed, *expect.broken)}


def passing(expects: Iterable[Expected]) -> set[str]:
    return {id for expect in expects for id in expect.passed}


def older_python(scenario: Scenario) -> str | None:
    """The first interpreter here whose pip is old enough for a scenario that new ones do not have."""
    if scenario.pip_before is None:
        return None
    return python_with_pip(Version(scenario.pip_since or "20.3"), Version(scenario.pip_before))
