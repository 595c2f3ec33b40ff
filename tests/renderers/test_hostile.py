"""Text from outside does nothing, in any renderer, wherever in the record it stands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airproof.renderers import RENDERERS
from airproof.renderers.terminal import render as terminal
from airproof.words import LANGS
from tests.renderers.extremes import planted
from tests.renderers.parsed import Parsed, parsed_xml

NASTY = [
    "<script>alert(1)</script>",
    "\"'><svg/onload=alert(1)>",
    "</style></title></pre></code><b>",
    "<!-- ",
    "]]>",
    "&lt;b&gt;&#60;",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "\r\nACCEPTED for all\r\n",
    "::error::x%0A",
    "`x` ```\n# y",
    "{n} {0} %s",
    "\x00\x0b\ufffe",
    "a\u2028b",
]
MEAN = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=30), st.text(alphabet="<>&\"'`/!-= abdi\n", max_size=30)
).filter(bool)


def structure(html: str) -> list[tuple[str, list[str]]]:
    """The elements and the names of their attributes, in order."""
    page = Parsed(html)

    assert [] == page.open == page.others
    return [(tag, sorted(held)) for tag, held in page.elements]


@given(MEAN)
@settings(max_examples=40, deadline=None)
def test_html_has_no_element_more(evil: str) -> None:
    """The page has the same elements as with a harmless text of the same shape."""
    harmless = re.sub("[<>&\"'!/=-]", "x", evil)

    assert structure(RENDERERS["html"](planted(harmless), "en")) == structure(RENDERERS["html"](planted(evil), "en"))


@given(MEAN)
@settings(max_examples=40, deadline=None)
def test_the_terminal_gets_no_control_character(evil: str) -> None:
    """Every line is printable, whatever the record holds."""
    for verbose in (False, True):
        shown = terminal(planted(evil), "zh-TW", verbose=verbose)

        assert all(line.replace("\u3000", "").isprintable() for line in shown.split("\n"))


@given(MEAN)
@settings(max_examples=40, deadline=None)
def test_xml_stays_well_formed(evil: str) -> None:
    """JUnit XML parses, with as many cases as there are checks, and one for the verdict."""
    made = planted(evil)

    assert len(made.checks) + 1 == len(parsed_xml(RENDERERS["junit"](made, "en")).findall(".//testcase"))


@given(MEAN)
@settings(max_examples=40, deadline=None)
def test_annotations_stay_single(evil: str) -> None:
    """Every line of a workflow's log is a command of ours."""
    shown = RENDERERS["github"](planted(evil), "en")

    assert all(re.match(r"::(notice|warning|error) title=[^:,\n]*::", line) for line in shown[:-1].split("\n"))


@pytest.mark.parametrize("name", list(RENDERERS))
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("evil", NASTY)
def test_every_renderer_takes_every_text(name: str, lang: str, evil: str) -> None:
    """Nothing raises, and something is said."""
    shown = RENDERERS[name](planted(evil), "zh-TW" if lang == "zh-TW" else "en")

    assert len(shown) > 100
