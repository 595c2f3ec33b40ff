"""Every check and every cause has a scenario that makes exactly it fail; what has none is named here, and no more."""

from __future__ import annotations

from airproof.catalog import load_catalog
from pytest_airproof.corpus import read_scenarios

OPEN_CHECKS = {
    "MAN01",  # the environment that runs the drill would have to lack something of devpi
    "MAN04",  # in its own namespace nothing keeps devpi from its port
    "MAN05",  # no server that has just started refuses the client's commands
    "MAN07",  # the disk would have to lose files between stop and start
    "MAN08",  # no file is known that a mirror lists in another way than the stage behind it
    "PIP06",  # airproof itself would have to be blind: no site can make it so
}
OPEN_CAUSES = {
    "tools-incomplete",  # MAN01
    "sdist-only",  # told by airproof carry, which takes wheels only
    "restart-lost",  # MAN07
    "online-form-differs",  # MAN08
    "install-too-slow",  # pip is given a minute at least, which no drill should wait
    "too-deep",  # twenty thousand steps of the resolver take longer than a drill
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
