"""Events -> Report: nothing that is missing, blocked or broken ever becomes a pass."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Level
from airproof.record.fold import Catalogued, Event, Finish, Result, RunContext, RunStart, fold
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Offline, RecordedFinding, Report, Scope, SiteSummary, Tool
from airproof.words import Text

SAID = Text("said", "說")
FINDING = RecordedFinding("absent", SAID, SAID, ("demo",), None, "demo")


def catalogued(id: str, *requires: str, level: Level = Level.REQUIRED, waivable: bool = True) -> Catalogued:
    return Catalogued(id, id[:3], level, SAID, SAID, requires, waivable)


def start(*catalog: Catalogued, waivers: tuple[tuple[str, str, str], ...] = (), strict: bool = False) -> RunStart:
    site = SiteSummary("live", "http://index/", {"demo": ("demo",)}, "pip", False)
    return RunStart(
        Tool("airproof", "0", "3"), "check", "airproof", "2026-01-31T08:00:00Z", site, catalog, waivers, strict
    )


def result(id: str, outcome: Outcome, subject: str = "") -> Result:
    return Result(id, subject, outcome, 0.1, findings=(FINDING,) if outcome is Outcome.FAILED else ())


def folded(*events: Event, requirements: int = 1) -> Report:
    around = RunContext(Scope(("cp311-linux",), requirements), Offline("none", None, None, ()), (), {})
    return fold(events, around)


FINISH = Finish("2026-01-31T08:00:09Z", 9.0)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {check.id + (f":{check.subject}" if check.subject else ""): check.outcome for check in report.checks}


def test_a_run_in_which_all_holds_is_accepted() -> None:
    """Every check passed, and the run came to its end."""
    report = folded(start(catalogued("AAA01")), result("AAA01", Outcome.PASSED), FINISH)

    assert (Verdict.ACCEPTED, 0) == (report.verdict, report.exit_code)


@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.BLOCKED])
def test_a_required_check_that_could_not_look_is_inconclusive(outcome: Outcome) -> None:
    """Not to have looked is no acceptance."""
    passed = result("AAA01", Outcome.PASSED)
    report = folded(start(catalogued("AAA01"), catalogued("AAA02")), passed, result("AAA02", outcome), FINISH)

    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, report.exit_code)


def test_a_check_without_a_result_is_broken() -> None:
    """A check that was left out has an outcome too, and the run says which."""
    report = folded(start(catalogued("AAA01"), catalogued("AAA02")), result("AAA01", Outcome.PASSED), FINISH)

    assert {"AAA01": Outcome.PASSED, "AAA02": Outcome.BROKEN} == outcomes(report)
    assert ("AAA02",) == report.run.deselected
    assert Verdict.INCONCLUSIVE is report.verdict


def test_a_run_without_an_end_is_never_accepted() -> None:
    """A crash after the last check leaves everything passed, and still no verdict."""
    report = folded(start(catalogued("AAA01")), result("AAA01", Outcome.PASSED))

    assert (Verdict.INCONCLUSIVE, False) == (report.verdict, report.run.finished)


def test_a_run_that_judged_nothing_is_inconclusive() -> None:
    """Without a requirement nothing is proved, however green."""
    report = folded(start(catalogued("AAA01")), result("AAA01", Outcome.PASSED), FINISH, requirements=0)

    assert Verdict.INCONCLUSIVE is report.verdict


def test_a_run_in_which_nothing_applied_is_inconclusive() -> None:
    """All 'not applicable' is no evidence."""
    report = folded(start(catalogued("AAA01")), result("AAA01", Outcome.NOT_APPLICABLE), FINISH)

    assert Verdict.INCONCLUSIVE is report.verdict


def test_the_worse_of_two_answers_counts() -> None:
    """A teardown error after a pass makes the check broken."""
    report = folded(
        start(catalogued("AAA01")), result("AAA01", Outcome.PASSED), result("AAA01", Outcome.BROKEN), FINISH
    )

    assert {"AAA01": Outcome.BROKEN} == outcomes(report)


def test_what_waits_for_a_failure_is_blocked_all_the_way_down() -> None:
    """However a dependant came out by itself (on another worker, before the failure): it is blocked."""
    report = folded(
        start(catalogued("AAA03", "AAA02"), catalogued("AAA02", "AAA01"), catalogued("AAA01")),
        result("AAA03", Outcome.PASSED),
        result("AAA02", Outcome.FAILED),
        result("AAA01", Outcome.FAILED),
        FINISH,
    )

    assert {"AAA01": Outcome.FAILED, "AAA02": Outcome.BLOCKED, "AAA03": Outcome.BLOCKED} == outcomes(report)
    assert {"AAA03": "AAA02", "AAA02": "AAA01", "AAA01": None} == {
        check.id: check.blocked_by for check in report.checks
    }
    assert all(not check.findings for check in report.checks if check.outcome is Outcome.BLOCKED)


def in_place(id: str) -> Result:
    """A check that judged an interpreter in the place of a host that is not known."""
    return Result(id, "", Outcome.BROKEN, 0.1, reason=SAID, findings=(FINDING,))


def test_a_failure_in_anothers_place_leaves_the_verdict_open_and_holds_nothing_back() -> None:
    """An interpreter's own items are judged further: a further flow must not spare it."""
    catalog = (catalogued("AAA01"), catalogued("AAA02", "AAA01"))

    alone = folded(start(*catalog), in_place("AAA01"), result("AAA02", Outcome.PASSED), FINISH)
    beside = folded(start(*catalog), in_place("AAA01"), result("AAA02", Outcome.FAILED), FINISH)

    assert (Verdict.INCONCLUSIVE, Verdict.REJECTED) == (alone.verdict, beside.verdict)
    assert {"AAA01": Outcome.BROKEN, "AAA02": Outcome.PASSED} == outcomes(alone)


def test_a_failure_in_anothers_place_can_be_waived() -> None:
    """Such as where the packages lie on the Collector."""
    report = folded(start(catalogued("AAA01"), waivers=(("AAA01", "", "by hand"),)), in_place("AAA01"), FINISH)

    assert (Verdict.INCONCLUSIVE, {"AAA01": Outcome.WAIVED}) == (report.verdict, outcomes(report))


def test_one_interpreter_does_not_block_another() -> None:
    """Checks of one interpreter wait for that interpreter's, and for the site's; the site's wait for all."""
    report = folded(
        start(catalogued("AAA01"), catalogued("AAA02", "AAA01"), catalogued("AAA03", "AAA02")),
        result("AAA01", Outcome.FAILED, "cp37"),
        result("AAA01", Outcome.PASSED, "cp311"),
        result("AAA02", Outcome.PASSED, "cp37"),
        result("AAA02", Outcome.PASSED, "cp311"),
        result("AAA03", Outcome.PASSED),
        FINISH,
    )

    assert {
        "AAA01:cp311": Outcome.PASSED,
        "AAA01:cp37": Outcome.FAILED,
        "AAA02:cp311": Outcome.PASSED,
        "AAA02:cp37": Outcome.BLOCKED,
        "AAA03": Outcome.BLOCKED,
    } == outcomes(report)


def test_a_waiver_covers_its_failure_and_what_waits_for_it() -> None:
    """A waived failure is accepted by choice, its reason is kept, and nothing is blocked by it."""
    report = folded(
        start(catalogued("AAA01"), catalogued("AAA02", "AAA01"), waivers=(("AAA01", "", "lab only"),)),
        result("AAA01", Outcome.FAILED),
        result("AAA02", Outcome.PASSED),
        FINISH,
    )

    assert {"AAA01": Outcome.WAIVED, "AAA02": Outcome.PASSED} == outcomes(report)
    assert Text("lab only", "lab only") == report.checks[0].reason
    assert Verdict.ACCEPTED is report.verdict


@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.FAILED])
def test_a_waiver_covers_nothing_else(outcome: Outcome) -> None:
    """Neither what could not look, nor another subject, nor a check that cannot be waived."""
    waivers = (("AAA01", "cp37" if outcome is Outcome.FAILED else "", "why"), ("AAA02", "", "why"))
    report = folded(
        start(catalogued("AAA01"), catalogued("AAA02", waivable=False), waivers=waivers),
        result("AAA01", outcome, "cp311"),
        result("AAA02", Outcome.FAILED),
        FINISH,
    )

    assert {"AAA01:cp311": outcome, "AAA02": Outcome.FAILED} == outcomes(report)


@pytest.mark.parametrize(("strict", "verdict"), [(False, Verdict.ACCEPTED), (True, Verdict.REJECTED)])
def test_an_advised_failure_counts_when_strict(strict: bool, verdict: Verdict) -> None:
    """Advice rejects nothing by itself."""
    report = folded(
        start(catalogued("AAA01"), catalogued("AAA02", level=Level.ADVISED), strict=strict),
        result("AAA01", Outcome.PASSED),
        result("AAA02", Outcome.FAILED),
        FINISH,
    )

    assert (verdict, strict) == (report.verdict, report.run.strict)


def test_counts_name_every_outcome() -> None:
    """An outcome that did not occur is counted as 0."""
    report = folded(start(catalogued("AAA01")), result("AAA01", Outcome.PASSED), FINISH)

    assert {outcome.value: int(outcome is Outcome.PASSED) for outcome in Outcome} == report.counts


def test_a_run_whose_log_was_altered_has_no_end() -> None:
    """Whatever the log says now: it proves nothing, and what has failed stays failed."""
    around = RunContext(Scope(("cp311-linux",), 1), Offline("none", None, None, ()), (), {})
    passed: list[Event] = [start(catalogued("AAA01")), result("AAA01", Outcome.PASSED), FINISH]
    failed: list[Event] = [start(catalogued("AAA01")), result("AAA01", Outcome.FAILED), FINISH]

    assert (Verdict.INCONCLUSIVE, Verdict.REJECTED) == (
        fold(passed, around, altered=True).verdict,
        fold(failed, around, altered=True).verdict,
    )


def test_no_start_is_no_report() -> None:
    """If nothing is known, nothing is reported."""
    with pytest.raises(ValueError, match="start"):
        folded(FINISH)


def test_a_waiver_of_one_finding_leaves_the_others() -> None:
    """A finding that goes by a name is waived by it, in any case; one whose waiver has ended counts and says so."""
    findings = tuple(
        msgspec.structs.replace(FINDING, key=name, goes_by=(name, f"{name} pkg:pypi/demo")) for name in ("A", "B", "C")
    )
    begun = msgspec.structs.replace(
        start(catalogued("AAA01"), waivers=(("AAA01", "a", "lab"),)),
        ended=(("AAA01", "B pkg:pypi/demo", "for a while", "2026-01-30"),),
    )
    report = folded(begun, Result("AAA01", "", Outcome.FAILED, 0.1, findings=findings), FINISH)

    told = [(e.outcome, [f.key for f in e.findings], e.reason.en if e.reason else "") for e in report.checks]
    assert [
        (Outcome.WAIVED, ["A"], "lab"),
        (Outcome.FAILED, ["B"], "its waiver ended on 2026-01-30 (for a while), so it counts again"),
        (Outcome.FAILED, ["C"], ""),
    ] == told
    assert Verdict.REJECTED is report.verdict


def test_a_check_whose_findings_are_all_waived_does_not_count() -> None:
    """One after the other, each by its own name."""
    findings = tuple(msgspec.structs.replace(FINDING, key=name, goes_by=(name,)) for name in ("A", "B"))
    waivers = (("AAA01", "A", "lab"), ("AAA01", "B", "lab"))
    passed = result("AAA02", Outcome.PASSED)
    found = Result("AAA01", "", Outcome.FAILED, 0.1, findings=findings)
    report = folded(start(catalogued("AAA01"), catalogued("AAA02"), waivers=waivers), found, passed, FINISH)

    assert {"AAA01": Outcome.WAIVED, "AAA02": Outcome.PASSED} == outcomes(report)
    assert Verdict.ACCEPTED is report.verdict
