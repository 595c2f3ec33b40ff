"""The benchmarks run, at a tiny size: nothing here depends on how fast the machine is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_airproof.drill.corpus import read_scenarios
from tests.bench import run
from tests.bench.drilled import SAMPLE, drilled
from tests.bench.failing import WANTED, failing
from tests.bench.measure import Part, Row, Timed
from tests.bench.wheelhouse import Size


def test_the_sample_of_the_drill_is_there() -> None:
    """Each of its scenarios has its file."""
    assert set() == set(SAMPLE) - {scenario.name for scenario in read_scenarios()}


def test_one_scenario_is_measured() -> None:
    """A row with its bound, and a part for the scenario."""
    row, parts = drilled(1, ("server-down",))

    assert ("≤ 1.5 s", ["server-down"]) == (row.reach, [part.name for part in parts])


@pytest.mark.thorough
def test_a_check_that_fails_is_measured_beside_one_that_does_not(tmp_path: Path) -> None:
    """Two rows: against pip, and against the healthy one."""
    rows = failing(tmp_path, 1, Size.ORDINARY, size=2)

    assert ["≤ 1.25 ×", "≤ +10 s"] == [row.reach for row in rows]
    assert f"{len(WANTED)} of them" in rows[1].what


def test_a_bound_that_is_not_reached_is_shown() -> None:
    """The table says NO."""
    row = Row("a", Timed((2.0,)), None, "≤ 1 s", False, "2.00 s")

    assert "| NO |" in run.table([row], 1)
    assert "| a | b | 1.00 s |" in run.costs([Part("a", "b", 1.0)])
