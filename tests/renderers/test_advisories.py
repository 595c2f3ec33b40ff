"""The section of known vulnerabilities on the page, and the date in the line of the verdict."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from airproof.check import Level
from airproof.custody.licences import EXPRESSION, Licence
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.record.summary import AdvisorySummary, InventoryItem
from airproof.renderers.html import page
from airproof.renderers.html.evidence import Evidence
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.text.wording import Wording
from airproof.words import Lang
from tests.renderers.records import accepted, entry, finding, text
from tests.renderers.test_valid import complaints

TITLE = text("No advisory reaches the threshold", "沒有達到門檻的弱點公告")
SAYS = text("lib 1.0 has the known vulnerability GHSA-1")


def advised() -> Report:
    """An accepted record with two known vulnerabilities: one is waived, one is advice; one of them has an odd name."""
    names = ("GHSA-1 pkg:pypi/lib@1", "GHSA-<b>\u202e pkg:pypi/lib@1")
    findings = [msgspec.structs.replace(finding("advisory-no-fix", SAYS, SAYS), goes_by=(name,)) for name in names]
    rows = [
        AdvisorySummary(
            name.partition(" ")[0], ("CVE-1",), "lib", "1.0", "high", 7.5, ("1.1",), ("cp311-linux",), (), name
        )
        for name in names
    ]
    entries = (
        entry("SEC01", TITLE, Outcome.WAIVED, reason=text("not reachable here (vex.json)"), findings=(findings[0],)),
        entry("SEC06", TITLE, Outcome.FAILED, level=Level.ADVISED, findings=(findings[1],)),
    )
    report = accepted()
    return msgspec.structs.replace(
        report,
        scope=msgspec.structs.replace(report.scope, advisories="2026-11-20"),
        summary=msgspec.structs.replace(report.summary, advisories=tuple(rows)),
        checks=(*report.checks, *entries),
    )


@pytest.mark.parametrize(
    ("lang", "date", "judged"),
    [
        ("en", "advisories as of 2026-11-20", "waived: not reachable here (vex.json)"),
        ("zh-TW", "弱點公告截至 2026-11-20", "豁免：not reachable here (vex.json)"),
    ],
)
def test_the_page_lists_what_is_known_and_how_it_was_judged(lang: Lang, date: str, judged: str) -> None:
    """Both languages stand on the page; a name from outside stays text."""
    drawn = page.render(advised(), lang)

    assert (True, True) == (date in drawn, judged in drawn)
    assert "GHSA-&lt;b&gt;" in drawn
    assert "GHSA-<b>" not in drawn
    assert date in verdict_line(advised(), lang)


def test_the_section_is_html_and_absent_where_nobody_asked(tmp_path: Path) -> None:
    """Valid, and without a database the page has no such section."""
    assert {"advised.html": set()} == complaints(tmp_path, {"advised.html": page.render(advised(), "en")})
    assert 'id="advisories"' not in page.render(accepted(), "en")
    assert 'id="advisories"' in page.render(advised(), "en")


def test_the_environment_counts_files_licences_and_vulnerabilities() -> None:
    """The sheet that is signed says what the annex lists."""
    named = advised()
    files = tuple(
        InventoryItem(name, "1.0", f"{name}-1.0-py3-none-any.whl", "", "", (), (), True, licence)
        for name, licence in (("lib", Licence(("MIT",), field=EXPRESSION)), ("app", Licence()))
    )
    counted = msgspec.structs.replace(named, summary=msgspec.structs.replace(named.summary, inventory=files))
    pairs = dict(Evidence(counted, Wording("en")).environment())

    assert pairs["Inventory"] == "2 files; licences: MIT (1), unknown (1)"
    assert pairs["Known vulnerabilities"] == "2, by the database of 2026-11-20: high 2"
    unfound = msgspec.structs.replace(counted, summary=msgspec.structs.replace(counted.summary, advisories=()))
    assert dict(Evidence(unfound, Wording("zh-TW")).environment())["已知弱點"] == "無（依 2026-11-20 的資料庫）"
    unasked = dict(Evidence(accepted(), Wording("en")).environment())
    assert {"Inventory", "Known vulnerabilities"}.isdisjoint(unasked)
