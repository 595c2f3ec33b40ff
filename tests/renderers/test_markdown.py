"""The record for a ticket."""

from __future__ import annotations

import re

import pytest

from airproof.record.file import digest_of
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.markdown import LIMIT, block, code, prose, render
from tests.renderers.extremes import vast
from tests.renderers.records import entry, finding, rejected, report, text


def outside_code(markdown: str) -> str:
    """The text without code blocks and code spans; dots stand for them, and for characters that a backslash escapes."""
    markdown = re.sub(r"^(`{3,})text\n.*?\n\1$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\\[!-/:-@\[-`{-~]|(`+)(?!`).*?(?<!`)\1(?!`)", ".", markdown)


def failing(evil: str) -> Report:
    found = (finding("c", text(evil), text(f"{evil}\n  {evil}"), victims=(evil,)),)
    return report(entry("PIP02", text(evil), Outcome.FAILED, subject=evil, findings=found))


def test_a_ticket_says_what_was_judged_and_how_each_requirement_fares() -> None:
    """URL, date, digest; and a table with the numbers of the causes."""
    made = rejected()
    shown = render(made, "en")

    assert f"- Index URL: `{made.site.url}`\n- Started (UTC): " in shown
    assert f"- SHA-256 of record.json: `{digest_of(made)}`" in shown
    assert [
        "| Requirement | `cp311-linux` | `cp37-win32` |",
        "| `paramiko==3.4.0` | ✗ affected cause 2 | ✗ affected cause 2 |",
    ] == [line for line in shown.splitlines() if line.startswith(("| R", "| `par"))]


def test_a_bar_ends_no_cell() -> None:
    """Each row has as many cells as the first."""
    made = report(entry("DEP01", text("All there"), subject="a|b"), groups={"g": ("x|y `z",)}, targets=("a|b",))
    rows = [line for line in render(made, "en").splitlines() if line.startswith("| ")]

    assert {3} == {len(re.findall(r"(?<!\\)\|", row)) for row in rows}


def test_the_ticket_begins_with_the_verdict() -> None:
    """Title, next step, then causes with their commands as blocks."""
    shown = render(rejected(), "en")

    assert shown.startswith("## REJECTED: 2 causes")
    assert "\ndevpi login root\ndevpi index root/local bases-=root/pypi\n```" in shown
    assert shown.index("### Causes") < shown.index("### Advised, not counted") < shown.index("### Checks")


def test_checks_are_folded_by_family() -> None:
    """Each family is a closed <details>, opened and closed."""
    shown = render(rejected(), "en")

    assert 6 == shown.count("<details><summary>") == shown.count("</details>")
    assert "SRV devpi server — 2 failed" in shown


@pytest.mark.parametrize(
    ("evil", "shown"),
    [
        ("<img src=x>", "&lt;img src=x\\>"),
        ("a|b", "a\\|b"),
        ("**bold** _it_", "\\*\\*bold\\*\\* \\_it\\_"),
        ("[x](y)", "\\[x\\](y)"),
        ("@team please", "@<!-- -->team please"),
        ("# head", "\\# head"),
        ("1. item", "1\\. item"),
        ("- item", "\\- item"),
        ("&lt;", "&amp;lt;"),
        ("a`b", "a\\`b"),
        ("`cffi` is gone", "`cffi` is gone"),
        ("see http://h/a_b_c.", "see `http://h/a_b_c`."),
        ("a\n\n# b", "a # b"),
    ],
)
def test_prose_is_escaped(evil: str, shown: str) -> None:
    """Markup of other formats is text here."""
    assert shown == prose(evil)


def test_code_cannot_be_ended_from_inside() -> None:
    """The fence is longer than any run of backticks in it."""
    assert code("a``b") == "```a``b```"
    assert code("`a") == "`` `a ``"
    assert block("```\nx") == "````text\n```\nx\n````"
    assert code("") == ""


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "`<b>`<b>", "``` \n<b>\n```", "</details><b>", "@all"])
def test_hostile_names_make_no_element_and_call_nobody(evil: str) -> None:
    """Outside of code there is no element but our own, and no mention."""
    left = outside_code(render(failing(evil), "en"))

    assert set() == set(re.findall(r"<(?!/?details>|/?summary>|!-- -->)[^ ]*", left))
    assert not re.search(r"@\w", left)


def test_a_ticket_that_would_be_too_long_is_cut_and_says_so() -> None:
    """A text that a ticket system would refuse is cut between two blocks."""
    shown = render(vast(3000, 3, 300), "en")

    assert len(shown) <= LIMIT
    assert shown.endswith("*Cut here; record.json has the rest.*\n")
    assert shown.count("<details>") == shown.count("</details>")
    assert "Cut here" not in render(rejected(), "en")


def test_huge_texts_are_clipped() -> None:
    """One endless name does not fill the ticket."""
    assert len(render(failing("x" * 1_000_000), "zh-TW")) < 30_000
