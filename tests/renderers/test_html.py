"""The record as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from airproof.record.file import encode
from airproof.record.report import Offline
from airproof.record.summary import HostSummary, Summary
from airproof.renderers.html.page import render
from airproof.words import LANGS, Lang
from tests.renderers.extremes import vast
from tests.renderers.parsed import Parsed
from tests.renderers.records import SAMPLES, accepted, entry, inconclusive, rejected, report, text

OURS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "input",
        "header",
        "main",
        "section",
        "div",
        "p",
        "span",
        "label",
    ),
    *("h1", "h2", "h3", "strong", "small", "code", "pre", "bdi", "time", "ol", "ul", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary", "svg", "rect", "a", "br"),
    *("desc", "line", "text", "polyline", "circle"),  # of a curve
}


@pytest.mark.parametrize("name", SAMPLES)
def test_only_our_elements_stand_in_it(name: str) -> None:
    """No script, no image, no form, no link but to a place of the page: nothing that could be loaded or sent."""
    page = Parsed(render(SAMPLES[name](), "en"))

    assert set(page.tags) <= OURS
    assert [] == page.open == page.others
    assert all(held["href"].startswith("#") for _, held in page.elements if "href" in held)
    assert not {"src", "style", "action", "onclick"} & {key for _, held in page.elements for key in held}


def test_the_policy_admits_the_style_sheet_alone() -> None:
    """Everything is forbidden but the one inlined style, by its hash."""
    html = render(accepted(), "en")
    policy = Parsed(html).all("meta")[1]["content"]
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" == policy
    assert "url(" not in style[1] and "@import" not in style[1]


@pytest.mark.parametrize("lang", LANGS)
def test_both_languages_are_there_and_one_is_shown(lang: Lang) -> None:
    """The reader switches without a script; the language asked for is checked first and named in <html>."""
    page = Parsed(render(rejected(), lang))

    assert lang == page.all("html")[0]["lang"]
    assert [f"show-{lang}"] == [tag["id"] for tag in page.all("input") if "checked" in tag]
    assert "REJECTED" in page.text and "驗收未通過" in page.text


def test_the_switch_comes_before_what_it_switches() -> None:
    """The radio buttons are siblings before header and sections, as the style sheet's selectors need."""
    page = Parsed(render(rejected(), "en"))
    body = page.tags.index("body")

    assert page.tags[body + 1 : body + 5] == ["main", "input", "input", "header"]
    assert {"show-en", "show-zh-TW"} == {tag["for"] for tag in page.all("label")}


def test_sections_come_in_the_order_of_need() -> None:
    """The sections that are read and signed come first, and then the annex."""
    signed = ["overview", "next", "matrix", "offline", "environment", "sign-off"]
    order = [*signed, "checks", "timeline", "facts"]

    assert order == [tag["aria-labelledby"] for tag in Parsed(render(accepted(), "en")).all("section")]
    assert "timeline" not in [tag["aria-labelledby"] for tag in Parsed(render(rejected(), "en")).all("section")]


def test_headings_landmarks_and_tables_are_proper() -> None:
    """One h1, one header, one main; every heading cell says what it heads; ids are unique."""
    page = Parsed(render(rejected(), "en"))
    ids = [held["id"] for _, held in page.elements if "id" in held]

    assert [page.tags.count(tag) for tag in ("h1", "header", "main")] == [1, 1, 1]
    assert {"col", "row"} == {tag["scope"] for tag in page.all("th")}
    assert len(set(ids)) == len(ids)
    assert {tag["aria-labelledby"] for tag in page.all("section")} <= set(ids)


def test_a_cause_stands_once_in_each_language() -> None:
    """The next steps list the missing project once, with its victims."""
    html = render(rejected(), "en")
    upper = html[: html.index('id="matrix"')]

    assert upper.count('<p class="says"><code>cffi</code> is missing for cp37-win32.</p>') == 1
    assert upper.count('<p class="says">缺少 cp37-win32 的 <code>cffi</code>。</p>') == 1
    assert upper.count("<code><bdi>pynacl</bdi></code>") == 2


def test_outcomes_are_words_and_marks() -> None:
    """No meaning is carried by colour alone."""
    text = Parsed(render(rejected(), "en")).text

    assert "✗failed" in text and "✓passed" in text and "✗ affected" in text


def test_nothing_is_said_to_be_fine_where_nothing_was_judged() -> None:
    """Only an accepted site has nothing to mend."""
    calm = "Nothing required has to be mended."

    assert calm in render(accepted(), "en")
    assert calm not in render(inconclusive(), "en") + render(rejected(), "en")


def test_the_sign_off_is_tied_to_the_record() -> None:
    """The paper holds the digest of the bytes of record.json."""
    assert hashlib.sha256(encode(accepted())).hexdigest() in Parsed(render(accepted(), "en")).text


def test_a_vast_record_stays_a_file_to_mail() -> None:
    """Thousands of requirements fold to what matters, under 500 KB, and the page says that they do."""
    html = render(vast(), "zh-TW")

    assert len(html.encode()) < 500_000
    assert Parsed(html).open == []
    assert "further requirements are not listed here" in html
    assert "further requirements passed" not in html


def test_requirements_that_passed_are_counted_below_the_red_ones() -> None:
    """A few victims among many are listed; the rest is one sentence."""
    html = render(vast(1000, 2, 1), "en").replace(",", "")

    assert "further requirement" in render(vast(1000, 2, 1), "en")
    assert len(html) < 500_000


def test_every_refused_destination_is_listed() -> None:
    """The sentence names a few; the rest is folded below it."""
    refused = tuple(f"192.0.2.{number}:443" for number in range(12))
    page = Parsed(render(report(entry("PIP02", text("x")), offline=Offline("guard", True, 0, refused)), "en"))

    assert [] == [refusal for refusal in refused if refusal not in page.text]
    assert "Every destination that was refused" in page.text
    assert "Every destination that was refused" not in render(rejected(), "en")


def test_the_environment_names_server_and_hosts() -> None:
    """devpi's version, and each host's Python and pip."""
    host = HostSummary("cp38-linux", "3.8.18", "23.0.1", "ann", "/opt/python", "cp38-linux")
    summary = Summary(devpi="6.20.3", hosts=(host,))
    page = Parsed(render(report(entry("PIP02", text("x")), summary=summary), "en"))

    assert "devpi-server6.20.3" in page.text
    assert "cp38-linuxPython 3.8.18, pip 23.0.1, /opt/python" in page.text
    assert [] == page.open
