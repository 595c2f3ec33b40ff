"""A reader in a hurry, on a narrow terminal: one line for what many checks share, and no word in two halves."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Level
from airproof.printable import rewrap
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Report
from airproof.record.summary import Listing, Summary
from airproof.renderers.parts.verdict import next_step, verdict_line
from airproof.renderers.terminal import render
from airproof.words import LANGS, Lang
from tests.renderers.records import accepted, entry, finding, inconclusive, rejected, report, text

SILENT = text("The host {name} gave no answer.", "主機沒有回應。")


def unreachable(count: int) -> Report:
    """A run in which so many checks wait for the facts of one host."""
    waiting = [
        msgspec.structs.replace(entry(f"PIP{number:02}", text("x"), Outcome.BROKEN, subject="far"), reason=SILENT)
        for number in range(count)
    ]
    return report(entry("NET01", text("x"), Outcome.PASSED), *waiting)


def test_checks_that_wait_for_one_thing_are_one_line() -> None:
    """All of them stand in the verbose form."""
    shown = render(unreachable(22), "en")

    assert "  22 checks could say nothing: The host {name} gave no answer." in shown
    assert "PIP03" not in shown
    assert "PIP03" in render(unreachable(22), "en", verbose=True)


def test_a_few_are_listed_singly() -> None:
    """Three reasons are no crowd."""
    assert "PIP02" in render(unreachable(3), "en")


def test_advice_is_no_failure_beside_an_acceptance() -> None:
    """It is counted as what it is; with --strict it counts."""
    advised = entry(
        "SRV05", text("x"), Outcome.FAILED, level=Level.ADVISED, findings=(finding("c", text("slow"), text("r")),)
    )
    fine = report(entry("SRV01", text("x"), Outcome.PASSED), advised)

    assert Verdict.ACCEPTED is fine.verdict
    assert "1 passed, 1 with advice" in render(fine, "en")
    assert "failed" not in render(fine, "en")


def test_a_check_of_nothing_offers_what_is_there() -> None:
    """Nobody is told that so many checks have passed, where no package was judged."""
    bare = report(entry("NET01", text("x"), Outcome.PASSED), groups={}, requirements=0)
    made = msgspec.structs.replace(bare, summary=Summary(listing=Listing(count=16)))

    assert "the index lists 16 projects, and none was asked for" in verdict_line(made, "en")
    assert next_step(made, "en").startswith("Next: add --all")
    assert "passed" not in render(made, "en")


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("made", [accepted(), rejected(), inconclusive(), unreachable(9)], ids=lambda _: "")
def test_no_word_is_broken_on_a_narrow_terminal(made: Report, lang: Lang, columns: int) -> None:
    """Every line fits, but for commands, which are copied whole."""
    shown = render(made, lang, columns=columns, whole=False)

    assert [] == [line for line in shown.splitlines() if len(line) > columns and not line.startswith("    ")]


def test_lines_keep_their_indentation() -> None:
    """A list stays a list."""
    assert "- one\n  - two three four\n    five" == rewrap("- one\n  - two three four five", 24)
