"""Every scenario against real devpi servers: the planted fault is seen for its own cause, and nothing else is."""

from __future__ import annotations

import pytest
from packaging.version import Version

from pytest_airproof.corpus import read_scenarios
from pytest_airproof.drill import run_scenario
from pytest_airproof.scenario import Scenario
from pytest_airproof.world import World
from tests.probes.pythons import python_with_pip
from tests.scenarios.following import read_remedies

MENDED = read_remedies().scenario
"""Judged in `test_remedied`, before their remedies are followed."""


@pytest.mark.parametrize(
    "scenario", [pytest.param(one, id=one.name) for one in read_scenarios() if one.name not in MENDED]
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


def older_python(scenario: Scenario) -> str | None:
    """The first interpreter here whose pip is old enough for a scenario that new ones do not have."""
    if scenario.pip_before is None:
        return None
    return python_with_pip(Version(scenario.pip_since or "20.3"), Version(scenario.pip_before))
