"""`missing.txt`: what to fetch, for which target."""

from __future__ import annotations

import msgspec

from airproof.check import Level
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, RecordedFinding, Report
from airproof.record.summary import HostSummary, Summary, TargetSummary
from airproof.renderers.missing import missing_of, render
from airproof.words import Text
from tests.renderers.records import accepted

WORDS = Text("words", "文字")


def report_with(*findings: tuple[str, str, str]) -> Report:
    """Each finding: target, cause, wanted."""
    plain = accepted()
    entries = tuple(
        Entry(
            id="DEP01",
            family="DEP",
            level=Level.REQUIRED,
            subject=target,
            outcome=Outcome.FAILED,
            seconds=0.0,
            title=WORDS,
            why=WORDS,
            findings=(RecordedFinding(cause, WORDS, WORDS, ("app",), [], wanted),),
        )
        for target, cause, wanted in findings
    )
    target = TargetSummary("cp37-win32", "--only-binary=:all: --platform win32", {})
    return msgspec.structs.replace(plain, checks=entries, summary=Summary(targets=(target,)))


def test_each_target_has_a_section_with_its_command() -> None:
    """pip and airproof carry both read the file; the comments say what pip is to be told."""
    text = render(report_with(("cp37-win32", "dependency-missing", "cffi>=1.12")), "en")

    assert "# target: cp37-win32\n" in text
    assert '# pip download -d WHEELS --only-binary=:all: --platform win32 "cffi>=1.12"\ncffi>=1.12\n' in text


def test_an_interpreter_that_was_asked_is_called_as_carry_knows_it() -> None:
    """By its best tag: its own label names no platform. pip's line is for a machine like that one."""
    host = HostSummary("cp313-linux", "3.13.1", "26.3", "ann", "/opt/python", "cp313t-manylinux_2_36_x86_64")
    report = report_with(("cp313-linux", "absent", "psutil"))

    text = render(msgspec.structs.replace(report, summary=Summary(hosts=(host,))), "en")

    assert "# target: cp313t-manylinux_2_36_x86_64\n" in text
    assert '# cp313-linux: pip download -d WHEELS "psutil"\npsutil\n' in text


def test_what_cannot_be_fetched_is_left_out() -> None:
    """A conflict or a damaged file is no shopping."""
    report = report_with(("cp37-win32", "conflict", "one version for all"), ("cp37-win32", "absent", "psutil"))

    assert {"cp37-win32": ["psutil"]} == missing_of(report)


def test_nothing_missing_is_said() -> None:
    """An old list that stayed would send somebody shopping."""
    assert render(report_with(), "en").startswith("# Nothing is missing")
    assert "沒有缺少" in render(report_with(), "zh-TW")


def fetching(*requirements: str) -> Report:
    """A report of one check on one target, each finding with what has to be fetched for it."""
    made = report_with(*(("cp37-win32", f"c{number}", "") for number in range(len(requirements))))
    checks = tuple(
        msgspec.structs.replace(check, findings=(msgspec.structs.replace(check.findings[0], fetch=fetch),))
        for check, fetch in zip(made.checks, requirements, strict=True)
    )
    return msgspec.structs.replace(made, checks=checks)


def test_each_project_stands_once() -> None:
    """Whatever its spelling, and with all that is asked of it; different pins are different files."""
    assert {"cp37-win32": ["Flask_Cors"]} == missing_of(fetching("Flask_Cors", "flask-cors"))
    assert {"cp37-win32": ["a<3,>=2"]} == missing_of(fetching("a>=2", "a<3"))
    assert {"cp37-win32": ["a==1", "a==2"]} == missing_of(fetching("a==1", "a==2", "a==1"))


def test_a_damaged_file_is_fetched_as_its_release() -> None:
    """Whatever its cause: the finding itself says what is fetched."""
    assert {"cp37-win32": ["click==8.1.7"]} == missing_of(fetching("click==8.1.7"))


def test_beside_a_rejection_nothing_is_said_to_be_whole() -> None:
    """A rejection may have a cause that no file mends."""
    made = msgspec.structs.replace(report_with(("cp37-win32", "conflict", "x")), verdict=Verdict.REJECTED)

    assert render(made, "en").startswith("# No package has to be fetched for what was found.")
