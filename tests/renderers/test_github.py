"""Annotations for a GitHub workflow."""

from __future__ import annotations

import re

import msgspec

from airproof.record.compare import compare
from airproof.record.outcome import Outcome
from airproof.renderers.context import Context
from airproof.renderers.github import render
from airproof.renderers.parts.causes import causes_of
from tests.renderers.extremes import vast
from tests.renderers.records import accepted, entry, finding, inconclusive, rejected, report, text

COMMAND = re.compile(r"::(notice|warning|error) title=([^:,]*)::(.*)")


def commands(shown: str) -> list[tuple[str, str, str]]:
    found = [COMMAND.fullmatch(line) for line in shown.splitlines()]

    assert all(found)
    return [(item[1], item[2], item[3]) for item in found if item]


def test_the_verdict_comes_first() -> None:
    """A workflow shows few annotations, so the verdict leads."""
    level, title, message = commands(render(rejected(), "en"))[0]

    assert (level, title) == ("notice", "airproof")
    assert message.startswith("REJECTED: 2 causes")


def test_each_cause_is_one_annotation() -> None:
    """Errors are what rejects, warnings what is advised."""
    assert [level for level, _, _ in commands(render(rejected(), "en"))] == ["notice", "error", "error", "warning"]
    assert "paramiko, pynacl, cryptography%0ARemedy: Fetch it" in render(rejected(), "en")


def test_a_waiver_is_a_notice_with_its_reason() -> None:
    """A waived cause stays in sight."""
    level, title, message = commands(render(accepted(), "en"))[1]

    assert (level, title) == ("notice", "SRV03")
    assert "waived: lab only" in message


def test_a_check_that_could_not_look_is_an_error() -> None:
    """A check that could not look is as loud as one that failed; checks that wait for it are not repeated."""
    assert [(level, title) for level, title, _ in commands(render(inconclusive(), "en"))] == [
        ("notice", "airproof"),
        ("error", "FIL01 broken"),
    ]


def test_a_flood_is_counted() -> None:
    """A step shows ten annotations of a kind: hundreds of causes end in a number."""
    found = commands(render(vast(200, 1, 60), "en"))

    assert len(found) == 9
    assert found[-1] == ("notice", "airproof", "and 53 more")


def test_a_cause_has_the_number_of_the_reports() -> None:
    """Also where a baseline leaves others out."""
    made = rejected()
    first, second = causes_of(made).counting
    baseline = msgspec.structs.replace(
        made, checks=tuple(check for check in made.checks if check not in second.entries)
    )

    shown = commands(render(made, "en", Context(against=compare(baseline, made))))

    told = [text.partition("%0A")[0] for _, _, text in shown]
    assert f"{second.number}. {second.says.en}" in told
    assert not [text for text in told if text.startswith(f"{first.number}. ")]


def test_no_text_begins_another_command() -> None:
    """Line ends, percent signs and the marks that end a title are escaped."""
    evil = "x\r\n::stop-commands::now%0A, a:b"
    found = (finding("c", text(evil), text(evil), victims=(evil,)),)
    shown = render(report(entry("PIP02", text(evil), Outcome.FAILED, subject=evil, findings=found)), "en")

    assert len(commands(shown)) == 2
    assert "%250A" in shown
    assert not [line for line in shown.splitlines() if line.startswith("::stop")]
