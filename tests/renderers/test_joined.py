"""The report of a fleet, of several days, and of several sites."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from airproof.record.join import join
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.record.summary import GapSummary, Summary
from airproof.renderers import RENDERERS
from airproof.renderers.context import Context
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.matrix import Cell, matrix_of
from airproof.words import LANGS, Lang
from tests.renderers.parsed import Parsed, parsed_xml
from tests.renderers.records import HERE, accepted, entry, finding, rejected, report, text


def on(machine: str, day: int = 1, *, bad: bool = False, asked: tuple[str, ...] = ("requests",)) -> Report:
    found = (finding("absent", text("cffi is missing."), text("Fetch it."), victims=("requests",)),) if bad else ()
    gaps = (GapSummary(HERE, "cffi>=1", ("requests 2.0",)),) if bad else ()
    return report(
        entry("PIP02", text("resolves"), Outcome.FAILED if bad else Outcome.PASSED, subject=HERE, findings=found),
        groups={"requirements.txt": asked},
        summary=Summary(machine=machine, gaps=gaps),
        started=f"2026-01-{day:02}T08:00:00Z",
    )


def drawn(name: str, *reports: Report, lang: Lang = "en") -> str:
    parts = [(joined.report, Context(members=joined.members)) for joined in join(reports)]
    if len(parts) > 1:
        return RENDERERS[name].several(parts, lang)
    return RENDERERS[name](parts[0][0], lang, parts[0][1])


FLEET = (on("alpha"), on("beta", 2, bad=True, asked=("requests", "paramiko")))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["terminal", "markdown", "html", "junit"])
def test_each_host_has_its_own_verdict(name: str, lang: Lang) -> None:
    """And the fleet the worst of them."""
    told = drawn(name, *FLEET, lang=lang)
    words = ("ACCEPTED", "REJECTED") if lang == "en" else ("驗收通過", "驗收未通過")

    assert [True] * 4 == [word in told for word in ("alpha", "beta", *words)]


def test_a_cause_says_on_which_host() -> None:
    """Once, though two hosts have it."""
    told = drawn("markdown", on("alpha", bad=True), on("beta", bad=True), on("gamma"))

    assert 1 == told.count("**1. cffi is missing.**")
    assert "Where: alpha cp311-linux, beta cp311-linux" in told


def test_columns_are_of_hosts() -> None:
    """A host that was not asked for a requirement says so: that is no pass."""
    (joined,) = join(FLEET)
    matrix = matrix_of(joined.report, causes_of(joined.report), joined.members)

    assert (f"alpha {HERE}", f"beta {HERE}") == matrix.targets
    assert {
        "requests": (Cell.PASSED, Cell.FAILED),
        "paramiko": (Cell.NOT_ASKED, Cell.PASSED),
    } == {row.requirement: row.cells for row in matrix.rows}
    assert "not asked for" in Parsed(drawn("html", *FLEET)).text


def test_days_are_a_line_of_history() -> None:
    """The latest record speaks; the page names what was before."""
    told = drawn("terminal", on("alpha", 1, bad=True), on("alpha", 2), on("alpha", 3))

    assert "Before: 2 Jan 2026 08:00:00 UTC ACCEPTED, 1 Jan 2026 08:00:00 UTC REJECTED" in told
    assert "Causes" not in told


def test_the_page_of_a_fleet_is_signed_for_each_record() -> None:
    """The digest of every host's record stands in the sign-off."""
    (joined,) = join(FLEET)
    page = Parsed(drawn("html", *FLEET))

    assert [True, True] == [member.digest in page.text for member in joined.members]
    assert ["overview", "next", "hosts", "matrix"] == [tag["aria-labelledby"] for tag in page.all("section")][:4]
    assert [] == page.open == page.others


def test_one_record_alone_is_drawn_as_ever() -> None:
    """Joining one changes nothing, in any format."""
    assert [drawn(name, rejected()) for name in RENDERERS] == [RENDERERS[name](rejected(), "en") for name in RENDERERS]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", RENDERERS)
def test_two_sites_are_told_apart(name: str, lang: Lang) -> None:
    """Both verdicts, the site of each, in one well-formed text."""
    told = drawn(name, rejected(), accepted(), lang=lang)

    assert (True, True) == (
        "wheels" in told or name in ("github", "nagios"),
        "192.0.2.10:3141/root/local" in told or name in ("github", "nagios"),
    )
    if name == "html":
        page = Parsed(told)
        ids = [held["id"] for _, held in page.elements if "id" in held]
        assert ([], [], 2, 1) == (page.open, page.others, page.tags.count("article"), page.tags.count("h1"))
        assert len(ids) == len(set(ids))
        assert {tag["aria-labelledby"] for tag in page.all("section")} <= set(ids)
    elif name == "junit":
        suites = parsed_xml(told).findall("testsuite")
        counted = sum(int(suite.attrib["tests"]) for suite in suites)
        assert (2, str(counted)) == (len(suites), parsed_xml(told).attrib["tests"])
    elif name == "json":
        assert ["rejected", "accepted"] == [
            site_record["report"]["verdict"] for site_record in json.loads(told)["sites"]
        ]
    elif name in ("terminal", "markdown"):
        worst = "REJECTED, the worst of 2 sites" if lang == "en" else "驗收未通過（2 個場域中最差者）"
        assert worst in told


def test_a_ticket_of_many_sites_keeps_its_size() -> None:
    """Each site has its share, and every verdict is in the list on top."""
    one = on("alpha", bad=True)
    urls = [f"http://192.0.2.{number}/" for number in range(12)]
    parts = [(replace(one, site=replace(one.site, url=url)), Context()) for url in urls]
    told = RENDERERS["markdown"].several(parts, "en")

    assert len(told) <= 65_536
    assert 12 == told.partition("---")[0].count("REJECTED: 1 cause")
