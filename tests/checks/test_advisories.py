"""SEC: which advisories count, how old a database may be, and that nothing passes over nothing."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.custody.advisories import (
    check_no_advisory_reaches_the_threshold,
    check_no_package_has_a_known_advisory,
    check_the_advisories_are_recent,
)
from airproof.custody.matches import Match
from airproof.errors import CannotLook
from airproof.probes.advised import Advised, AdvisedPackages, Database
from airproof.site.site import Site

MATCH = Match("GHSA-1", ("CVE-1",), "lib", "1.0", "Bad", "high", 7.5, "<1.1", ("1.1",))
ADVISED = Advised(MATCH, ("cp311-win32", "cp37-win32"), ("app",), ("app → lib",))


def site(fail_on: str = "") -> Site:
    return Site(url="http://192.0.2.1/", fail_on=fail_on)


def causes(packages: AdvisedPackages, fail_on: str) -> list[list[str]]:
    """The causes of SEC01 and of SEC06."""
    found: list[list[str]] = []
    for check in (check_no_advisory_reaches_the_threshold, check_no_package_has_a_known_advisory):
        try:
            check(packages, site(fail_on))
            found.append([])
        except NotApplicable:
            found.append(["-"])
        except Failed as failed:
            found.append([finding.cause for finding in failed.findings])
    return found


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        ("", [["-"], ["advisory-fix-absent"]]),
        ("high", [["advisory-fix-absent"], []]),
        ("critical", [[], ["advisory-fix-absent"]]),
    ],
)
def test_the_threshold_decides_which_check_tells_it(fail_on: str, expected: list[list[str]]) -> None:
    """Each advisory is told once: by the required check from the threshold on, else by the advised one."""
    assert expected == causes(AdvisedPackages(1, (ADVISED,)), fail_on)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"targets": (), "media": ("/media/stick",)}, "advisory-on-medium"),
        ({"instead": {"cp311-win32": "1.1", "cp37-win32": "1.1"}, "on_index": ("1.1",)}, "advisory-fix-resolves"),
        ({"instead": {"cp311-win32": "1.1"}, "on_index": ("1.1",)}, "advisory-fix-held"),
        ({"match": msgspec.structs.replace(MATCH, fixed=())}, "advisory-no-fix"),
    ],
)
def test_the_cause_says_what_can_be_done(changes: dict[str, object], cause: str) -> None:
    """A version without the advisory resolves for all targets, or not for each; or there is none."""
    advised = msgspec.structs.replace(ADVISED, **changes)

    assert [[cause], []] == causes(AdvisedPackages(1, (advised,)), "low")


def test_one_advisory_for_several_targets_is_one_finding() -> None:
    """It goes by all its names, alone and in the package."""
    with pytest.raises(Failed) as caught:
        check_no_package_has_a_known_advisory(AdvisedPackages(1, (ADVISED,)), site())

    (finding,) = caught.value.findings
    assert ("cp311-win32, cp37-win32", ("app",)) == (finding.values["targets"], finding.victims)
    assert "app (app → lib)" == finding.values["needed_by"]
    assert {"GHSA-1", "CVE-1", "CVE-1 pkg:pypi/lib", "CVE-1 pkg:pypi/lib@1"} <= set(finding.goes_by)


def test_two_affected_versions_are_two_findings() -> None:
    """Two targets are given different versions: a comparison with another record can tell them apart."""
    other = msgspec.structs.replace(ADVISED, match=msgspec.structs.replace(MATCH, version="0.9"))
    with pytest.raises(Failed) as caught:
        check_no_package_has_a_known_advisory(AdvisedPackages(2, (ADVISED, other)), site())

    assert 2 == len({finding.key for finding in caught.value.findings})


@pytest.mark.parametrize("packages", [AdvisedPackages(0), AdvisedPackages(3, (), ("cp311-win32",))])
def test_nothing_passes_over_nothing(packages: AdvisedPackages) -> None:
    """Without any package, or with a closure that nobody knows, no check of advisories passes."""
    for check in (check_no_advisory_reaches_the_threshold, check_no_package_has_a_known_advisory):
        with pytest.raises(CannotLook):
            check(packages, site("low"))


@pytest.mark.parametrize(("newest", "outcome"), [("2026-11-20", None), ("2026-10-28", None), ("2026-10-27", Failed)])
def test_a_database_is_old_after_thirty_days(newest: str, outcome: type[Failed] | None) -> None:
    """The newest advisory is held against the day of the run."""
    database = Database("all.zip", 3, f"{newest}T08:00:00Z", "2026-11-27")
    if outcome is None:
        assert newest == check_the_advisories_are_recent(database).values["newest"]
    else:
        with pytest.raises(outcome):
            check_the_advisories_are_recent(database)


@pytest.mark.parametrize("newest", ["2026-13-45T00:00:00Z", "2027-11-27T00:00:00Z"])
def test_a_database_whose_age_is_not_known_is_not_recent(newest: str) -> None:
    """A day that does not exist, or that is still to come."""
    with pytest.raises(CannotLook):
        check_the_advisories_are_recent(Database("all.zip", 3, newest, "2026-11-27"))
