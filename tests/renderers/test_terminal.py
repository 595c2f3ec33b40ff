"""The record on a terminal."""

from __future__ import annotations

import io
import re

import msgspec
import pytest

from airproof.printable import width
from airproof.record.outcome import Outcome
from airproof.record.summary import MirrorSummary, Summary
from airproof.renderers import RENDERERS
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.terminal import render, wants_colour
from airproof.words import LANGS, Lang
from tests.renderers.extremes import vast
from tests.renderers.records import SAMPLES, accepted, entry, finding, inconclusive, rejected, report, text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_causes_come_first_and_the_verdict_last() -> None:
    """The causes stand on top, the verdict at the end."""
    shown = render(rejected(), "en").splitlines()

    assert shown[0] == "Causes"
    assert [verdict_line(rejected(), "en"), "Next: do the remedies in order, then run airproof again."] == shown[-2:]


def test_a_cause_stands_once_with_victims_and_remedy() -> None:
    """Two checks with one cause are one entry; each command is a line to copy."""
    shown = render(rejected(), "en")

    assert shown.count("is missing for cp37-win32.") == 1
    assert "[DEP01 (cp37-win32), MED01]" in shown
    assert "paramiko, pynacl, cryptography" in shown
    assert "\n    airproof carry MEDIUM --no-tools -r missing.txt\n" in shown
    assert "\n    devpi upload --from-dir MEDIUM/wheels\n" in shown


def test_only_what_has_not_passed_is_listed_singly() -> None:
    """Passed checks are counted by family; the others are named with level and reason."""
    shown = render(inconclusive(), "en")

    assert "FIL01 broken (required) The served bytes are the published ones: The server closed" in shown
    assert "FIL02 blocked (required)" in shown
    assert "NET01" not in shown
    assert re.search(r"NET +reach +1 passed", shown)


def test_a_waiver_is_printed_with_its_reason() -> None:
    """Nobody can waive silently."""
    assert "Reason: lab only, removed on 2026-02-28" in render(accepted(), "en")


def test_verbose_lists_all_with_their_evidence() -> None:
    """Every check is named, and what was seen."""
    shown = render(accepted(), "en", verbose=True)

    assert all(check.id in shown for check in accepted().checks)
    assert "31 distributions installed by pip 23.2.1" in shown
    assert "root/local is a stage: it has no upstream." in shown


@pytest.mark.parametrize(
    ("lang", "kept", "limit"),
    [
        (
            "en",
            "the mirror root/pypi keeps what it was asked for: 1 project pages, 1 files (demo, demo-1.0.zip)",
            "12.5 min",
        ),
        ("zh-TW", "鏡像索引 root/pypi 會保存被查詢的內容：1 個套件頁面、1 個檔案（demo、demo-1.0.zip）", "12.5 分鐘"),
    ],
)
def test_what_a_run_leaves_behind_and_its_bound_are_told(lang: Lang, kept: str, limit: str) -> None:
    """On the terminal with --verbose, and in the reports always; where there is nothing to tell, nothing is told."""
    keeps = MirrorSummary(("root/pypi",), ("demo",), ("demo-1.0.zip",))
    made = accepted()
    made = msgspec.structs.replace(
        made, summary=Summary(mirrors=(keeps,)), run=msgspec.structs.replace(made.run, bound=750.0)
    )
    shown = [
        render(made, lang, verbose=True, columns=400),
        *(RENDERERS[value_](made, lang) for value_ in ("html", "markdown")),
    ]

    def told(text: str) -> tuple[bool, bool]:
        plain = " ".join(text.replace("\\", "").split())
        return kept in plain, limit in plain

    assert [(True, True)] * 3 == [told(item) for item in shown]
    assert (False, False) == told(render(made, lang))
    assert (False, False) == told(render(accepted(), lang, verbose=True))


def test_quiet_is_the_last_lines_only() -> None:
    """Two lines: the verdict and what to do next."""
    lines = render(rejected(), "en", quiet=True).splitlines()

    assert [verdict_line(rejected(), "en"), "Next: do the remedies in order, then run airproof again."] == lines


@pytest.mark.parametrize("name", SAMPLES)
def test_an_ordinary_run_fits_one_screen(name: str) -> None:
    """At most 40 lines in either language."""
    assert len(render(SAMPLES[name](), "en").splitlines()) <= 40
    assert len(render(SAMPLES[name](), "zh-TW").splitlines()) <= 40


def test_what_a_cause_tells_is_not_told_again_below() -> None:
    """A failed check and all that waits for it are counted; what waits for a check that broke down is listed."""
    found = (finding("absent", text("gone"), text("fetch")),)
    made = report(
        entry("PIP02", text("a"), Outcome.FAILED, findings=found),
        entry("PIP03", text("b"), Outcome.BLOCKED, blocked_by="PIP02"),
        entry("PIP04", text("c"), Outcome.BLOCKED, blocked_by="PIP03"),
        entry("FIL01", text("d"), Outcome.BROKEN, reason=text("cut off")),
        entry("FIL02", text("e"), Outcome.BLOCKED, blocked_by="FIL01"),
    )
    below = render(made, "en").partition("Checks\n")[2]

    assert ["FIL01", "FIL02"] == re.findall(r"^ {8}(\w+)", below, re.MULTILINE)
    assert "PIP   resolve and install 1 failed, 2 blocked" in below
    assert "PIP04" in render(made, "en", verbose=True)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("columns", [60, 80])
def test_prose_keeps_to_the_width_of_the_terminal(columns: int, lang: Lang) -> None:
    """But for commands, headlines of checks and the verdict, which stand whole."""
    shown = render(accepted(), lang, columns=columns).splitlines()
    broken = [line for line in shown if line.startswith("     ") and not line.startswith("        ")]

    assert [] != broken
    assert [] == [line for line in broken if width(line) > columns]
    assert shown != render(accepted(), lang).splitlines()


def test_families_that_do_not_apply_are_one_line() -> None:
    """The screen is for what was looked at; --verbose lists all."""
    away = [entry(id, text("x"), Outcome.NOT_APPLICABLE, reason=text("none")) for id in ("OMF01", "MED01", "MED02")]
    made = report(entry("PIP02", text("x")), *away)

    assert "  OMF, MED: not applicable" in render(made, "en").splitlines()
    assert "MED02" in render(made, "en", verbose=True)


def test_a_flood_is_folded() -> None:
    """Hundreds of causes are counted, not listed."""
    shown = render(vast(200, 2, 50), "en")

    assert "and 42 more" in shown
    assert len(shown.splitlines()) < 60
    assert "and 42 more" not in render(vast(200, 2, 50), "en", verbose=True)


def test_many_blocked_checks_of_a_family_are_folded() -> None:
    """A family lists a few of each outcome and says how many there are."""
    blocked = [entry(f"PIP{number:02}", text("x"), Outcome.BLOCKED) for number in range(10)]

    assert "and 4 more" in render(report(*blocked), "en")


def test_colours_are_ours_alone() -> None:
    """With colour the words are the same, and an escape of the record is still written out."""
    made = report(entry("PIP02", text("x"), Outcome.FAILED, findings=(finding("c", text("evil \x1b[2J"), text("r")),)))
    coloured, plain = render(made, "en", colour=True), render(made, "en")

    assert "\x1b[" in coloured and "\x1b" not in plain
    assert plain == re.sub(r"\x1b\[[0-9;]+m", "", coloured)
    assert "evil \\x1b[2J" in plain


def test_outside_text_never_begins_a_line() -> None:
    """A name with a line end cannot fake the verdict."""
    fake = "\nACCEPTED for everything"
    findings = (finding("c", text(fake), text(fake), victims=(fake,)),)
    made = report(entry("PIP02", text(fake), Outcome.FAILED, subject=fake, reason=text(fake), findings=findings))

    assert not [line for line in render(made, "en", verbose=True).splitlines() if line.startswith("ACCEPTED")]


@pytest.mark.parametrize(
    ("environ", "windows", "wanted"),
    [
        ({}, False, True),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, False, True),
        ({"TERM": "dumb"}, False, False),
        ({}, True, False),
        ({"WT_SESSION": "x"}, True, True),
        ({"ConEmuANSI": "ON"}, True, True),
        ({"ConEmuANSI": "OFF"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_take_it(environ: dict[str, str], windows: bool, wanted: bool) -> None:
    """A terminal gets colours unless it or the user says no."""
    assert wanted is wants_colour(Terminal(), environ, windows=windows)
    assert wants_colour(io.StringIO(), environ, windows=windows) is False


@pytest.mark.parametrize("name", SAMPLES)
def test_the_windows_console_shows_all_of_it(name: str) -> None:
    """A run without odd names needs no escape in code page 950."""
    shown = render(SAMPLES[name](), "zh-TW", verbose=True)

    assert shown == shown.encode("cp950").decode("cp950")
