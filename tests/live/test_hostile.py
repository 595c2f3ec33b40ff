"""An index that means harm: it is told in words, in bounded time and memory, and does nothing to whoever looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.probes.files.archive import MAX_UNPACKED
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Report
from airproof.renderers import RENDERERS
from airproof.words import LANGS
from tests.engine.running import record
from tests.live.hostile import SIZES, TOO_LARGE, HostileIndex
from tests.live.measured import Measured, measured
from tests.probes.indexserver import StaticIndex
from tests.renderers.parsed import Parsed, parsed_xml

MEMORY = 400
"""MB that any process of a run may take: a run of nothing takes about 60."""
RECORD = 1_000_000
"""Bytes of a record without any package: one of a small healthy site has a third of that."""
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
HERE = ("-p", "demo")
TARGET = ("--target", "cp37-win32-pip24.0")
"""airproof reads by itself, and no pip is asked."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[StaticIndex]:
    with StaticIndex() as index:
        yield index


@pytest.fixture(scope="module")
def hostile(elsewhere: StaticIndex) -> Iterator[HostileIndex]:
    with HostileIndex(elsewhere.destination) as index:
        yield index


def judged(folder: Path, ran: Measured) -> Report:
    """The report, after what holds for every run: no traceback, no steering, no stray file, bounded memory."""
    assert "Traceback" not in ran.output
    assert None is STEERS.search(ran.output)
    assert {"airproof-report"} == {path.name for path in folder.iterdir()}
    assert ran.left_behind == []
    assert 0 < ran.megabytes < MEMORY
    report = record(folder)
    for lang in LANGS:
        shown = {name: render(report, lang) for name, render in RENDERERS.items()}
        assert [] == [name for name, text in shown.items() if STEERS.search(text)]
        page = Parsed(shown["html"])
        assert set() == {"script", "img", "svg", "iframe"} & {tag for tag, _ in page.elements}
        assert "<script" not in shown["markdown"].replace("\\<", "")
        assert parsed_xml(shown["junit"]) is not None
        assert [] == [line for line in shown["github"].splitlines() if line.startswith("::error::owned")]
    return report


def failed(report: Report) -> dict[str, set[str]]:
    return {
        check.id: {finding.cause for finding in check.findings}
        for check in report.checks
        if check.outcome is Outcome.FAILED
    }


def broken(report: Report) -> dict[str, str]:
    return {
        check.id: check.reason.en
        for check in report.checks
        if check.outcome is Outcome.BROKEN and check.reason is not None
    }


def test_names_that_mean_harm_are_only_shown(hostile: HostileIndex, tmp_path: Path) -> None:
    """Markup, escapes, bidi marks and paths in names and reasons: the honest file is found among them."""
    ran = measured(tmp_path, "check", hostile.url("names"), *HERE, "--verbose")
    report = judged(tmp_path, ran)

    assert {} == broken(report)
    assert (Verdict.ACCEPTED, {}) == (report.verdict, failed(report)), ran.output


def test_links_to_anywhere_are_not_followed(hostile: HostileIndex, elsewhere: StaticIndex, tmp_path: Path) -> None:
    """Other schemes and other hosts are told as such, and nobody there was asked, by airproof or by pip."""
    ran = measured(tmp_path, "check", hostile.url("strange"), *HERE, "--verbose")
    report = judged(tmp_path, ran)

    assert {} == broken(report)
    assert Verdict.REJECTED is report.verdict
    assert {"API03": {"link-off-host"}, "API04": {"hash-missing"}} == failed(report)
    assert [] == elsewhere.asked


@pytest.mark.thorough
def test_sizes_and_shapes_are_bounded(hostile: HostileIndex, tmp_path: Path) -> None:
    """Bombs, nests and numbers for text: each is told in words, and what is only large is read in passing."""
    words = [word for name in SIZES for word in ("-p", name)]
    ran = measured(tmp_path, "check", hostile.url("sizes"), *words, *TARGET, "--deep", "--verbose")
    report = judged(tmp_path, ran)

    unread = {"deep-json", "deep-files", "tag", "numbers"}
    found = {
        (cause.cause, victim)
        for check in report.checks
        if check.id.startswith("DEP")
        for cause in check.findings
        for victim in cause.victims
    }
    assert {} == broken(report)
    assert {*(("page-is-no-list", name) for name in unread), ("page-empty", "deep-html")} == found
    told = " ".join(cause.says.en for check in report.checks if check.id == "FIL04" for cause in check.findings)
    assert ("bomb-1.0" in told, f"unpacks to more than {MAX_UNPACKED} bytes" in told) == (True, True), told


@pytest.mark.thorough
def test_a_page_of_a_million_files_keeps_pip_away(hostile: HostileIndex, tmp_path: Path) -> None:
    """As HTML, as JSON or packed: the page is the cause, pip is never sent there, and the record stays small."""
    words = [word for name in TOO_LARGE for word in ("-p", name)]
    ran = measured(tmp_path, "check", hostile.url("sizes"), *words, "--timeout", "10")
    report = judged(tmp_path, ran)

    assert {} == broken(report)
    assert {"API06": {"page-too-large"}} == failed(report)
    assert set(TOO_LARGE) == {name for check in report.checks for cause in check.findings for name in cause.victims}
    assert [] == [name for name in report.facts if name.startswith(("pip-", "canary-", "refusal-"))]
    assert (tmp_path / "airproof-report" / "record.json").stat().st_size < RECORD
