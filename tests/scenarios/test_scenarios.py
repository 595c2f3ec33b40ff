"""Every scenario against real devpi servers: the planted fault is seen for its own cause, and nothing else is."""

from __future__ import annotations

import pytest
from packaging.version import Version

from airproof.catalog import load_catalog
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.run import run_scenario
from pytest_airproof.drill.scenario import Scenario
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
    """The scenarios that are not left to a thorough run show each check failing, and passing where any does."""
    checks = set(load_catalog().checks)
    run = [scenario.expect for scenario in SCENARIOS if scenario.name in CHOSEN]
    anywhere = {id for scenario in SCENARIOS for id in scenario.expect.passed}

    assert checks == {id for expect in run for id in (*expect.failed, *expect.broken)}
    assert anywhere == {id for expect in run for id in expect.passed}


def older_python(scenario: Scenario) -> str | None:
    """The first interpreter here whose pip is old enough for a scenario that new ones do not have."""
    if scenario.pip_before is None:
        return None
    return python_with_pip(Version(scenario.pip_since or "20.3"), Version(scenario.pip_before))
