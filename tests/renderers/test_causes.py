"""The causes of a record, each once."""

from __future__ import annotations

from airproof.check import Level
from airproof.record.outcome import Outcome
from airproof.renderers.parts.causes import causes_of, counter
from airproof.renderers.parts.remedy import Remedy
from tests.renderers.records import HERE, WINDOWS, entry, finding, rejected, report, text

GONE = text("cffi is missing")


def missing(*victims: str, remedy: str = "carry it in") -> tuple[object, ...]:
    return (finding("missing", GONE, text(remedy), victims=victims),)


def test_two_checks_with_the_same_cause_make_one() -> None:
    """A cause of two checks is listed once, with both named and all victims."""
    found = causes_of(rejected())

    assert [cause.cause for cause in found.counting] == ["mirror-in-bases", "missing"]
    assert found.counting[1].found_by == ["DEP01 (cp37-win32)", "MED01"]
    assert found.counting[1].victims == ["paramiko", "pynacl", "cryptography"]


def test_victims_of_several_subjects_are_joined() -> None:
    """Each victim and each remedy is named once, in the order in which they were met."""
    made = report(
        entry(
            "PIP02", GONE, Outcome.FAILED, subject=HERE, findings=(finding("m", GONE, text("r1"), victims=("b", "a")),)
        ),
        entry(
            "PIP02",
            GONE,
            Outcome.FAILED,
            subject=WINDOWS,
            findings=(finding("m", GONE, text("r2"), victims=("a", "c")),),
        ),
    )

    (cause,) = causes_of(made).counting

    assert cause.victims == ["b", "a", "c"]
    assert [Remedy(text("r1")), Remedy(text("r2"))] == cause.remedies


def test_the_same_cause_of_another_thing_is_another() -> None:
    """Two missing projects are two causes."""
    made = report(
        entry(
            "PIP02",
            GONE,
            Outcome.FAILED,
            findings=(
                finding("missing", text("a is missing"), text("r")),
                finding("missing", text("b is missing"), text("r")),
            ),
        ),
    )

    assert len(causes_of(made).counting) == 2


def test_a_failure_without_a_finding_is_still_a_cause() -> None:
    """A check that failed and says nothing is listed by its title."""
    made = report(entry("PIP02", text("It installs"), Outcome.FAILED))

    assert [text("It installs")] == [cause.says for cause in causes_of(made).counting]


def test_advised_failures_do_not_count_unless_strict() -> None:
    """An advised failure rejects only under --strict, which the record tells."""
    slow = entry("SRV05", text("slow"), Outcome.FAILED, level=Level.ADVISED, findings=(finding("slow", GONE, GONE),))
    fine = entry("PIP02", text("fine"))

    lenient, severe = report(fine, slow), report(fine, slow, strict=True)

    assert (len(causes_of(lenient).counting), len(causes_of(lenient).advised)) == (0, 1)
    assert (len(causes_of(severe).counting), len(causes_of(severe).advised)) == (1, 0)
    assert (counter(lenient)(slow), counter(severe)(slow)) == (False, True)


def test_waived_causes_stand_apart_by_reason() -> None:
    """The same failure waived for two reasons is listed with each."""
    made = report(
        entry("PIP02", GONE, Outcome.WAIVED, subject=HERE, reason=text("lab"), findings=(finding("m", GONE, GONE),)),
        entry("PIP02", GONE, Outcome.WAIVED, subject=WINDOWS, reason=text("old"), findings=(finding("m", GONE, GONE),)),
    )

    assert [text("lab"), text("old")] == [cause.waiver for cause in causes_of(made).waived]
    assert causes_of(made).counting == []
