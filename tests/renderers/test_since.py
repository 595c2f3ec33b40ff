"""A record beside its baseline, in each format."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from airproof.record.compare import compare
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Report
from airproof.record.summary import Listing, Summary
from airproof.renderers import RENDERERS
from airproof.renderers.context import Context
from airproof.renderers.parts.since import headline, regression_line
from airproof.renderers.terminal import render as terminal
from airproof.words import LANGS, Lang
from tests.renderers.loads import held, overloaded
from tests.renderers.parsed import Parsed, parsed_xml
from tests.renderers.records import HERE, entry, finding, report, text

NAME = entry("NET01", text("The name resolves", "名稱可以解析"))


def failing(*missing: str) -> Report:
    """PIP02 lacks those; beside it a check that failed before too."""
    found = tuple(
        finding("absent", text(f"{gap} is missing.", f"缺少 {gap}。"), text("Fetch it."), victims=(gap,))
        for gap in missing
    )
    old = (finding("mirror", text("A mirror is among the bases.", "有鏡像索引。"), text("Take it out.")),)
    outcome = Outcome.FAILED if missing else Outcome.PASSED
    names = ("a", "b") if missing else ("a", "c")
    listing = Listing(2, names)
    return report(
        NAME,
        entry("SRV02", text("No mirror", "沒有鏡像索引"), Outcome.FAILED, findings=old),
        entry("PIP02", text("Everything resolves", "都能解析"), outcome, subject=HERE, findings=found),
        summary=Summary(listing=listing),
    )


def shown(name: str, new: Report, old: Report, lang: Lang = "en", *, only_new: bool = False) -> str:
    return RENDERERS[name](new, lang, Context(compare(old, new), only_new=only_new))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_every_readable_format_tells_what_changed(name: str, lang: Lang) -> None:
    """A check that broke, with its outcome before, and the additions to the index."""
    told = shown(name, failing("cffi"), failing(), lang)
    broke, before = ("Newly broken", "then: passed") if lang == "en" else ("新出現的未通過項目", "當時：通過")

    day = "31 Jan 2026" if lang == "en" else "2026年1月31日"
    marked = "<code>{}</code>" if name == "html" else "`{}`"

    assert [] == [
        item for item in (broke, before, "cffi", day, marked.format("b"), marked.format("c")) if item not in told
    ]


def test_without_a_baseline_nothing_is_said_of_one() -> None:
    """A report that stands alone is as it was."""
    alone = [RENDERERS[name](failing("cffi"), "en") for name in RENDERERS]

    assert [] == [item for item in alone if "Since the baseline" in item]
    assert alone == [RENDERERS[name](failing("cffi"), "en", Context()) for name in RENDERERS]


@pytest.mark.parametrize(
    ("new", "old", "begins"),
    [
        (failing("cffi"), failing(), "REGRESSION since"),
        (failing("cffi"), failing("cffi"), "NO REGRESSION since"),
        (failing(), failing("cffi"), "NO REGRESSION since"),
        (report(NAME), failing(), "INCONCLUSIVE whether"),
    ],
    ids=["broken", "the same", "mended", "not looked at"],
)
def test_the_last_line_says_whether_there_is_a_regression(new: Report, old: Report, begins: str) -> None:
    """Under --only-new; the verdict, which may be red all the same, stands in it."""
    last = terminal(new, "en", Context(compare(old, new), only_new=True)).splitlines()[-1]

    assert last.startswith(begins)
    assert new.verdict.value.upper() in last
    assert last == regression_line(new, compare(old, new), "en")


def states(xml: str) -> dict[str, str]:
    cases = parsed_xml(xml).findall(".//testcase")
    found = ("failure", "error", "skipped")
    return {
        case.attrib["name"].split()[0]: next((child.tag for child in case if child.tag in found), "passed")
        for case in cases
    }


def test_junit_is_red_where_something_broke() -> None:
    """Failures that the baseline knows are skipped, so the verdict is green if nothing regressed."""
    known = {"NET01": "passed", "SRV02": "skipped"}

    assert {**known, "PIP02": "failure", "verdict": "failure"} == states(shown("junit", failing("cffi"), failing()))
    assert {**known, "PIP02": "skipped", "verdict": "passed"} == states(
        shown("junit", failing("cffi"), failing("cffi"))
    )
    message = parsed_xml(shown("junit", failing("cffi"), failing("cffi"))).find(".//skipped")
    assert message is not None
    assert "known since the baseline: A mirror is among the bases." == message.attrib["message"]


def test_junit_names_only_the_new_finding_of_a_check() -> None:
    """One that failed before and fails with more."""
    failure = parsed_xml(shown("junit", failing("cffi", "numpy"), failing("cffi"))).find(".//failure")

    assert failure is not None
    assert "numpy is missing." == failure.attrib["message"]


def test_annotations_are_of_what_is_new() -> None:
    """A workflow is shown what its change did, and the headline."""
    told = shown("github", failing("cffi", "numpy"), failing("cffi"))

    assert ["numpy"] == re.findall(r"::error title=[^:]*::\d+\. (\w+) is missing", told)
    assert "mirror" not in told
    assert "1 newly broken" in told.splitlines()[0]
    assert 1 == len(shown("github", failing("cffi"), failing("cffi")).splitlines())


def test_what_could_be_looked_at_before_is_annotated() -> None:
    """A check that broke down since is an error; one that was as blind before is not."""
    blind = report(entry("PIP02", text("Everything resolves"), Outcome.BROKEN, subject=HERE, reason=text("silence")))
    seen = report(entry("PIP02", text("Everything resolves"), subject=HERE))

    assert 1 == shown("github", blind, seen).count("::error")
    assert 0 == shown("github", blind, blind).count("::error")
    assert ("error", "skipped") == tuple(states(shown("junit", blind, old))["PIP02"] for old in (seen, blind))


def test_json_holds_both() -> None:
    """The record itself, and the comparison as data."""
    document = json.loads(shown("json", failing("cffi"), failing()))
    (site,) = document["sites"]

    assert ("airproof.reports/1", "rejected", 1) == (
        document["schema"],
        site["report"]["verdict"],
        site["comparison"]["exit_code"],
    )
    assert ["cffi is missing."] == [change["says"]["en"] for change in site["comparison"]["broke"]]
    assert ["b"] == site["comparison"]["index"]["added"]["names"]


def test_the_page_has_a_section_for_it() -> None:
    """After what to do next, its elements whole, and the change in the header."""
    page = Parsed(shown("html", failing("cffi"), failing(), only_new=True))

    assert ["overview", "next", "since"] == [tag["aria-labelledby"] for tag in page.all("section")][:3]
    assert [] == page.open == page.others
    assert "REGRESSION since" in page.text


def test_long_lists_are_cut_and_say_so() -> None:
    """Thousands of new failures do not fill the screen or the ticket."""
    flood = failing(*(f"project-{number}" for number in range(3000)))

    assert "and 2,992 more" in shown("terminal", flood, failing())
    assert len(shown("markdown", flood, failing())) <= 65_536
    assert len(shown("html", flood, failing()).encode()) < 500_000


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_a_load_that_both_runs_sent_is_compared(name: str, lang: Lang) -> None:
    """How many hosts were ready in time, and how long each number of hosts took."""
    old, new = (report(NAME, summary=Summary(load=load)) for load in (overloaded(), held()))
    told = shown(name, new, old, lang)

    wanted = (
        ("8 then, 4 now", "4 hosts at once: ready after 25.65 s then, 11.40 s now (p95).")
        if lang == "en"
        else ("當時 8 台，這次 4 台", "4 台主機同時：完成上架當時需 25.65 秒，這次需 11.40 秒")
    )
    assert [] == [item for item in wanted if item not in " ".join(told.split())]


@pytest.mark.parametrize(("lang", "said"), [("en", "only the verdict changed"), ("zh-TW", "只有判定結果不同")])
def test_a_verdict_that_alone_changed_is_not_nothing(lang: Lang, said: str) -> None:
    """As where a run did not come to its end."""
    new = report(NAME)
    old = msgspec.structs.replace(new, verdict=Verdict.INCONCLUSIVE, exit_code=3)

    assert said in headline(compare(old, new), lang)
    assert said not in headline(compare(new, new), lang)
