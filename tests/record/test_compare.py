"""A record against its baseline: what broke, what was mended, what could not be looked at again."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Level
from airproof.record.compare import compare, site_of
from airproof.record.outcome import Outcome
from airproof.record.report import Entry, Report
from tests.renderers.records import HERE, WINDOWS, accepted, entry, finding, rejected, report, text

FINE = entry("NET01", text("reached"))


def failing(
    says: str = "cffi is missing.",
    *,
    level: Level = Level.REQUIRED,
    subject: str = HERE,
    cause: str = "absent",
    key: str | None = None,
) -> Entry:
    found = (finding(cause, text(says), text("Fetch it."), wanted="cffi", key=key),)
    return entry("PIP02", text("resolves"), Outcome.FAILED, level=level, subject=subject, findings=found)


def passing(subject: str = HERE) -> Entry:
    return entry("PIP02", text("resolves"), subject=subject)


def waiting(outcome: Outcome = Outcome.BROKEN, *, by: str | None = None) -> Entry:
    return entry("PIP02", text("resolves"), outcome, subject=HERE, reason=text("no answer"), blocked_by=by)


def made(*entries: Entry, **more: object) -> Report:
    return report(FINE, *entries, **more)  # type: ignore[arg-type] # as report() takes them


def test_the_same_record_twice_has_not_changed() -> None:
    """Nothing broke, nothing was mended; the site is as rejected as before, and that is no regression."""
    found = compare(rejected(), rejected())

    assert ((), (), (), 0) == (found.broke, found.mended, found.lost, found.exit_code)


def test_what_passed_and_fails_is_newly_broken() -> None:
    """With the baseline's outcome beside it."""
    found = compare(made(passing()), made(failing()))

    assert [("PIP02", HERE, "absent", Outcome.PASSED, True)] == [
        (change.id, change.subject, change.cause, change.other, change.counts) for change in found.broke
    ]
    assert (1, ()) == (found.exit_code, found.mended)


def test_what_failed_and_passes_is_mended() -> None:
    """And that is no regression."""
    found = compare(made(failing()), made(passing()))

    assert (["cffi is missing."], (), 0) == ([cause.says.en for cause in found.mended], found.broke, found.exit_code)


def test_another_finding_of_a_check_that_failed_already_is_new() -> None:
    """The baseline excuses what it names and nothing else."""
    found = compare(made(failing("cffi is missing.")), made(failing("numpy is missing.")))

    assert (["numpy is missing."], ["cffi is missing."]) == (
        [change.says.en for change in found.broke],
        [cause.says.en for cause in found.mended],
    )
    assert 1 == found.exit_code


@pytest.mark.parametrize(("then", "now"), [("cffi", "cffi"), ("airproof-abcdefgh/x", "airproof-12345678/x")])
def test_another_sentence_makes_no_news(then: str, now: str) -> None:
    """A reworded cause, or one measured again, is the same finding; so is one in the folder of another run."""
    found = compare(made(failing("It took 4.8 s.", key=then)), made(failing("The page came after 12 s.", key=now)))

    assert ((), (), 0) == (found.broke, found.mended, found.exit_code)


def test_the_same_sentence_about_something_else_is_news() -> None:
    """One more that suffers from it is one more."""
    assert (
        1 == compare(made(failing("Files are gone.", key="a")), made(failing("Files are gone.", key="a, b"))).exit_code
    )


def test_advice_is_told_and_does_not_count() -> None:
    """Unless the new run was strict."""
    advice = failing(level=Level.ADVISED)

    lenient, severe = (compare(made(passing()), made(advice, strict=strict)) for strict in (False, True))

    assert ([False], 0) == ([change.counts for change in lenient.broke], lenient.exit_code)
    assert ([True], 1) == ([change.counts for change in severe.broke], severe.exit_code)


def test_a_waiver_neither_mends_nor_breaks() -> None:
    """A finding that is waived now is still there; one that was waived before and counts now is new."""
    waived = msgspec.structs.replace(failing(), outcome=Outcome.WAIVED)

    assert ((), ()) == (compare(made(failing()), made(waived)).mended, compare(made(failing()), made(waived)).broke)
    assert 1 == compare(made(waived), made(failing())).exit_code


@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.BLOCKED])
def test_what_cannot_be_looked_at_any_more_is_no_clean_bill(outcome: Outcome) -> None:
    """It is neither broken nor mended: the comparison is inconclusive, and names it."""
    for before in (passing(), failing()):
        found = compare(made(before), made(waiting(outcome)))

        assert [("PIP02", before.outcome, outcome)] == [(change.id, change.before, change.now) for change in found.lost]
        assert ((), (), 3) == (found.broke, found.mended, found.exit_code)


def test_what_waits_for_something_that_broke_is_told_with_it() -> None:
    """Through others, too: one failure, one line."""
    name = entry("NET01", text("reached"), Outcome.FAILED, findings=(finding("dns", text("No such name."), text("x")),))
    between = entry("NET03", text("http"), Outcome.BLOCKED, blocked_by="NET01")
    found = compare(made(entry("NET03", text("http")), passing()), report(name, between, waiting(by="NET03")))

    assert (["NET01"], ()) == ([change.id for change in found.broke], found.lost)


def test_a_check_that_is_left_out_now_is_lost() -> None:
    """A run that does not look proves nothing."""
    found = compare(made(passing(), entry("PIP03", text("imports"), subject=HERE)), made(passing()))

    assert ([("PIP03", None)], 3) == ([(change.id, change.now) for change in found.lost], found.exit_code)


def test_a_target_that_is_not_asked_for_any_more_is_no_loss() -> None:
    """The user decides what is asked; the report names the target."""
    both = made(passing(), passing(WINDOWS), targets=(HERE, WINDOWS))
    found = compare(both, made(passing()))

    assert ((), (WINDOWS,), 0) == (found.lost, found.less.targets, found.exit_code)
    assert (WINDOWS,) == compare(made(passing()), both).more.targets


def test_a_failure_for_a_new_target_is_new() -> None:
    """The baseline knew nothing of it."""
    found = compare(made(passing()), made(passing(), failing(subject=WINDOWS), targets=(HERE, WINDOWS)))

    assert ([None], 1) == ([change.other for change in found.broke], found.exit_code)


@pytest.mark.parametrize(("more", "code"), [({"interrupted": True, "finished": False}, 130), ({"finished": False}, 3)])
def test_a_run_without_an_end_shows_no_absence_of_regressions(more: dict[str, bool], code: int) -> None:
    """Whatever its checks said so far."""
    assert code == compare(made(passing()), made(passing(), **more)).exit_code


def test_a_run_that_judged_nothing_shows_none_either() -> None:
    """The baseline spoke for a requirement, the new record for none."""
    assert 3 == compare(made(passing()), made(passing(), groups={})).exit_code


def test_a_check_without_findings_is_compared_by_itself() -> None:
    """Somebody's own check may fail and tell no finding."""
    bare = entry("PIP02", text("resolves"), Outcome.FAILED, subject=HERE)

    assert (1, 0) == (compare(made(passing()), made(bare)).exit_code, compare(made(bare), made(bare)).exit_code)


def test_requirements_that_came_and_went_are_told() -> None:
    """By their text."""
    found = compare(made(passing(), groups={"a": ("x", "y")}), made(passing(), groups={"b": ("y", "z>=1")}))

    assert (("z>=1",), ("x",)) == (found.more.requirements, found.less.requirements)


def test_records_of_two_sites_are_not_compared() -> None:
    """A live index and a rehearsal, and two URLs, are different sites; a slash makes none."""
    slash = msgspec.structs.replace(rejected(), site=msgspec.structs.replace(rejected().site, url="http://192.0.2.10/"))

    with pytest.raises(ValueError, match="different sites"):
        compare(accepted(), rejected())
    assert site_of(slash) != site_of(rejected())
    bare = msgspec.structs.replace(slash, site=msgspec.structs.replace(slash.site, url="http://192.0.2.10"))
    assert site_of(slash) == site_of(bare)
