"""Records together: hosts side by side, days as history, sites apart."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airproof.check import Level
from airproof.record.file import encode, read_with_digest
from airproof.record.join import join, worst
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Offline, Report
from airproof.record.summary import Summary
from tests.renderers.records import HERE, WINDOWS, accepted, entry, finding, rejected, report, text


def on(machine: str, day: int, *, bad: bool = False, asked: tuple[str, ...] = ("requests",), **more: Any) -> Report:
    """Return the record of one host on one day."""
    found = (finding("absent", text("cffi is missing."), text("Fetch it.")),) if bad else ()
    outcome = Outcome.FAILED if bad else Outcome.PASSED
    return report(
        entry("NET01", text("reached"), evidence=text(f"asked from {machine}")),
        entry("PIP02", text("resolves"), outcome, subject=HERE, findings=found),
        groups={"requirements.txt": asked},
        summary=Summary(machine=machine),
        started=f"2026-01-{day:02}T08:00:00Z",
        **more,
    )


def test_hosts_of_a_site_stand_side_by_side() -> None:
    """One report with a column for each, as bad as the worst of them."""
    (joined,) = join([on("b", 2, bad=True), on("a", 1)])

    assert ["a", "b"] == [member.name for member in joined.members]
    assert (f"a {HERE}", f"b {HERE}") == joined.report.scope.targets
    assert (Verdict.REJECTED, 1) == (joined.report.verdict, joined.report.exit_code)
    assert [("NET01", "", "passed"), ("PIP02", f"a {HERE}", "passed"), ("PIP02", f"b {HERE}", "failed")] == [
        (check.id, check.subject, check.outcome.value) for check in joined.report.checks
    ]
    assert (2, 1) == (joined.report.counts["passed"], joined.report.counts["failed"])


def test_days_of_a_host_are_its_history() -> None:
    """The latest speaks; the record itself is not touched."""
    days = [on("a", 3), on("a", 1), on("a", 2, bad=True)]
    (joined,) = join(days)

    assert (days[0], 0) == (joined.report, joined.report.exit_code)
    assert [("2026-01-01T08:00:00Z", "accepted"), ("2026-01-02T08:00:00Z", "rejected")] == [
        (past_record.started, past_record.verdict.value) for past_record in joined.members[0].history
    ]
    assert hashlib.sha256(encode(days[0])).hexdigest() == joined.members[0].digest


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    """Also of a record that was laid out anew: what `sha256sum` says of it. Two files of one record count once."""
    plain, spaced = tmp_path / "plain.json", tmp_path / "spaced.json"
    plain.write_bytes(encode(on("a", 1)))
    spaced.write_bytes(plain.read_bytes().replace(b"\n", b"\r\n"))
    read = [read_with_digest(path) for path in (plain, spaced)]
    (joined,) = join([report for report, _ in read], [digest for _, digest in read])
    (member,) = joined.members

    assert hashlib.sha256(spaced.read_bytes()).hexdigest() == member.digest
    assert (read[0][1] != read[1][1], ()) == (True, member.history)


def test_a_green_day_hides_no_red_one_that_asked_for_more() -> None:
    """A later record that asks for less stands beside the earlier one, which still counts."""
    (joined,) = join([on("a", 1, bad=True, asked=("requests", "cffi")), on("a", 2)])

    assert (["a 2026-01-01T08:00:00Z", "a 2026-01-02T08:00:00Z"], 1) == (
        [member.name for member in joined.members],
        joined.report.exit_code,
    )


def test_different_sites_are_told_apart() -> None:
    """Never merged, in the order given."""
    sites = join([rejected(), accepted(), rejected()])

    assert [rejected(), accepted()] == [site.report for site in sites]
    assert [(), ()] == [site.members[0].history for site in sites]  # the same record twice is one


def test_two_machines_without_a_name_are_two_hosts() -> None:
    """A record need not tell where it was made."""
    (joined,) = join([rejected(), msgspec.structs.replace(rejected(), scope=accepted().scope)])

    assert len({member.name for member in joined.members}) == 2


def test_what_the_site_itself_is_told_of_alike_stands_once() -> None:
    """An entry that differs keeps the name of its host."""
    bad = msgspec.structs.replace(on("b", 1), checks=(entry("NET01", text("reached"), Outcome.BROKEN),))
    (joined,) = join([on("a", 1), bad, on("c", 1)])

    assert ["a", "b", "c"] == [check.subject for check in joined.report.checks if check.id == "NET01"]


def test_a_strict_host_stays_strict() -> None:
    """Advice that counts for one host counts in the joined report, and for the other host it does not."""
    advice = entry("SRV05", text("slow"), Outcome.FAILED, level=Level.ADVISED)
    strict, lenient = (
        msgspec.structs.replace(report(advice, summary=Summary(machine=name), strict=name == "a"))
        for name in ("a", "b")
    )
    (joined,) = join([strict, lenient])

    assert [("a", Level.REQUIRED), ("b", Level.ADVISED)] == [
        (check.subject, check.level) for check in joined.report.checks
    ]


def test_the_weakest_proof_of_being_offline_is_that_of_all() -> None:
    """A fleet is as offline as the host that was watched least."""
    proofs = [Offline("namespace", True, 0, ("a:1",)), Offline("hermetic", None, None, ("b:2",))]
    (joined,) = join([on(name, 1, offline=proof) for name, proof in zip("ab", proofs, strict=True)])

    assert Offline("hermetic", None, 0, ("a:1", "b:2")) == joined.report.offline


def test_groups_of_one_name_with_other_requirements_are_told_apart() -> None:
    """Each host's own file was called requirements.txt."""
    (joined,) = join([on("a", 1, asked=("x",)), on("b", 1, asked=("y",))])

    assert {"requirements.txt": ("x",), "requirements.txt (b)": ("y",)} == joined.report.site.groups
    assert 2 == joined.report.scope.requirements


def test_a_wider_record_of_another_target_stands_for_the_narrower() -> None:
    """The history of a host goes on where a target was added."""
    (joined,) = join([on("a", 1), on("a", 2, targets=(HERE, WINDOWS))])

    assert 1 == len(joined.members[0].history)


@pytest.mark.parametrize(("codes", "code"), [((0, 3), 3), ((3, 1, 0), 1), ((130, 3), 130), ((130, 1), 1), ((0, 0), 0)])
def test_the_worst_code_is_that_of_all(codes: tuple[int, ...], code: int) -> None:
    """Rejected, interrupted, inconclusive, accepted."""
    assert code == worst(codes)


def test_flows_stand_in_each_hosts_own_record() -> None:
    """Their lines are drawn from facts, which a joined report has none of."""
    both = [
        msgspec.structs.replace(item, site=msgspec.structs.replace(item.site, flows={HERE: ("Demo / f",)}))
        for item in (on("a", 1), on("b", 1, bad=True))
    ]

    (joined,) = join(both)

    assert ({}, {}) == (joined.report.site.flows, joined.report.facts)
