"""Every check and every cause has a scenario that makes exactly it fail."""

from __future__ import annotations

from airproof.catalog import load_catalog
from pytest_airproof.drill.corpus import read_scenarios


def test_every_check_is_seen_to_fail() -> None:
    """No id of the catalogue without a scenario that makes it fail."""
    failed = {id for scenario in read_scenarios() for id in (*scenario.expect.failed, *scenario.expect.broken)}

    assert set() == set(load_catalog().checks) - failed


def test_every_cause_is_seen_to_be_told() -> None:
    """No cause without a scenario that plants it."""
    told = {cause for scenario in read_scenarios() for causes in scenario.expect.failed.values() for cause in causes}

    assert set() == set(load_catalog().causes) - told


def test_scenarios_name_only_what_there_is() -> None:
    """Every id and every cause that a scenario expects stands in the catalogue."""
    catalog = load_catalog()
    expected = [scenario.expect for scenario in read_scenarios()]

    ids = {
        id
        for expect in expected
        for id in (*expect.failed, *expect.passed, *expect.broken, *expect.waived, *expect.not_applicable)
    }

    assert set() == ids - set(catalog.checks)
    assert set() == {cause for expect in expected for causes in expect.failed.values() for cause in causes} - set(
        catalog.causes
    )


def test_a_fault_is_told_apart_from_its_neighbours() -> None:
    """Each scenario of a fault names checks that still pass, or fails at the very first step."""
    silent = [scenario.name for scenario in read_scenarios() if not scenario.expect.passed]

    assert [] == silent
