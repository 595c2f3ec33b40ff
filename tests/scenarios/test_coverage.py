"""Every check and every cause has a scenario that makes exactly it fail; what has none is named here, and no more."""

from __future__ import annotations

from airproof.catalog import load_catalog
from pytest_airproof.corpus import read_scenarios

OPEN_CHECKS = {
    "FIL05",  # needs devpi's own folder: tests/probes/test_audit.py
    *("MED01", "MED02", "MED03", "MED04", "MED05"),  # need a medium that was carried: tests/medium
}
OPEN_CAUSES = {
    *("record-untrue", "tags-differ", "stored-stray"),  # tests/probes/test_audit.py makes such files
    *("medium-unfinished", "medium-file-absent", "medium-file-changed", "medium-surplus", "medium-script-fails"),
    *("not-arrived", "arrived-changed", "arrived-extra"),  # MED04, MED05
}


def test_every_check_is_seen_to_fail() -> None:
    """No id of the catalogue without a scenario that makes it fail, but those that are listed as open."""
    failed = {id for one in read_scenarios() for id in (*one.expect.failed, *one.expect.broken)}

    assert OPEN_CHECKS == set(load_catalog().checks) - failed


def test_every_cause_is_seen_to_be_told() -> None:
    """No cause without a scenario that plants it, but those that are listed as open."""
    told = {cause for one in read_scenarios() for causes in one.expect.failed.values() for cause in causes}

    assert OPEN_CAUSES == set(load_catalog().causes) - told


def test_scenarios_name_only_what_there_is() -> None:
    """Every id and every cause that a scenario expects stands in the catalogue."""
    catalog = load_catalog()
    expected = [one.expect for one in read_scenarios()]

    ids = {id for one in expected for id in (*one.failed, *one.passed, *one.broken, *one.waived, *one.not_applicable)}

    assert set() == ids - set(catalog.checks)
    assert set() == {cause for one in expected for causes in one.failed.values() for cause in causes} - set(
        catalog.causes
    )


def test_a_fault_is_told_apart_from_its_neighbours() -> None:
    """Each scenario of a fault names checks that still pass, or fails at the very first step."""
    silent = [one.name for one in read_scenarios() if not one.expect.passed]

    assert [] == silent
