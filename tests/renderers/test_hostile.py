"""Text from outside does nothing, in any renderer, wherever in the record it stands."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airproof.errors import BadInput
from airproof.record.compare import compare
from airproof.record.file import encode, read_report
from airproof.record.join import join
from airproof.record.summary import FlowSummary, GapSummary, HostSummary, Listing, MirrorSummary, Summary, TargetSummary
from airproof.renderers import RENDERERS
from airproof.renderers.context import Context
from airproof.renderers.terminal import render as terminal
from airproof.words import LANGS, Lang
from tests.renderers.extremes import planted
from tests.renderers.parsed import Parsed, parsed_xml
from tests.renderers.test_markdown import outside_code

NASTY = [
    "<script>alert(1)</script>",
    "\"'><svg/onload=alert(1)>",
    "</style></title></pre></code><b>",
    "<!-- ",
    "]]>",
    "&lt;b&gt;&#60;",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "\u2066\u2069\u200e\u061c x",
    "::set-output name=x::y",
    "::stop-commands::z\n::error::",
    "##[error]x",
    "</details></summary><b>",
    "| a | b |\n|---|---|",
    "[x](javascript:alert(1)) ![i](http://192.0.2.1/i.png)",
    "@everyone #1 !1",
    "javascript:alert(1)",
    "]]]]><![CDATA[>",
    "\x9b2J\x85ACCEPTED",
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


def beside(name: str, evil: str, lang: Lang = "en") -> str:
    """Joined from two hosts, compared with a baseline, and beside another site: all text of them is `evil`."""
    here = planted(evil)
    old = msgspec.structs.replace(here, checks=(), summary=Summary(listing=Listing(0, files={"a": {}})))
    summary = Summary(
        machine=evil,
        devpi=evil,
        hosts=(HostSummary(evil, evil, evil, evil, evil, evil),),
        flows=(FlowSummary(evil, evil, (evil,), (evil,), (evil,), installed=True),),
        targets=(TargetSummary(evil, evil, {evil: (evil,)}),),
        gaps=(GapSummary(evil, evil, (evil, "x")),),
        mirrors=(MirrorSummary((evil,), (evil,), (evil,)),),
        listing=Listing(1, (evil,), files={"a": {evil: evil}}),
    )
    new = msgspec.structs.replace(here, summary=summary)
    (joined,) = join([new, planted(evil + "x")])[:1]
    other = msgspec.structs.replace(new, site=msgspec.structs.replace(new.site, url="http://192.0.2.9/"))
    context = Context(compare(old, new), only_new=True, members=joined.members)
    return RENDERERS[name].several([(new, context), (other, Context(members=joined.members))], lang)


def structure(html: str) -> list[tuple[str, list[str]]]:
    """The elements and the names of their attributes, in order."""
    page = Parsed(html)

    assert [] == page.open == page.others
    return [(tag, sorted(held)) for tag, held in page.elements]


@given(MEAN)
@settings(max_examples=20)
def test_html_has_no_element_more(evil: str) -> None:
    """The page has the same elements as with a harmless text of the same shape."""
    harmless = re.sub("[<>&\"'!/=-]", "q", evil)

    assert structure(RENDERERS["html"](planted(harmless), "en")) == structure(RENDERERS["html"](planted(evil), "en"))


@given(MEAN)
@settings(max_examples=40)
def test_the_terminal_gets_no_control_character(evil: str) -> None:
    """Every line is printable, whatever the record holds."""
    for verbose in (False, True):
        shown = terminal(planted(evil), "zh-TW", verbose=verbose)

        assert all(line.replace("\u3000", "").isprintable() for line in shown.split("\n"))


@given(MEAN)
@settings(max_examples=40)
def test_xml_stays_well_formed(evil: str) -> None:
    """JUnit XML parses, with as many cases as there are checks, and one for the verdict."""
    made = planted(evil)

    assert len(made.checks) + 1 == len(parsed_xml(RENDERERS["junit"](made, "en")).findall(".//testcase"))


@given(MEAN)
@settings(max_examples=40)
def test_annotations_stay_single(evil: str) -> None:
    """Every line of a workflow's log is a command of ours."""
    shown = RENDERERS["github"](planted(evil), "en")

    assert all(re.match(r"::(notice|warning|error) title=[^:,\n]*::", line) for line in shown[:-1].split("\n"))


@given(MEAN)
@settings(max_examples=12)
def test_what_stands_beside_a_record_does_nothing_either(evil: str) -> None:
    """Baseline, hosts, tree and several sites: no element more, no control character, one case for each check."""
    harmless = re.sub("[<>&\"'!/=-]", "q", evil)
    cases = parsed_xml(beside("junit", evil)).findall(".//testcase")

    assert structure(beside("html", harmless)) == structure(beside("html", evil))
    assert all(line.replace("\u3000", "").isprintable() for line in beside("terminal", evil, "zh-TW").split("\n"))
    assert 2 * (len(planted(evil).checks) + 1) == len(cases)
    assert all(re.match(r"::(notice|warning|error) title=|$", line) for line in beside("github", evil).split("\n"))


@given(MEAN)
@example("@\x1b")
@settings(max_examples=40)
def test_a_ticket_has_no_element_and_no_mention_of_theirs(evil: str) -> None:
    """Outside of code, in Markdown."""
    for shown in (RENDERERS["markdown"](planted(evil), "en"), beside("markdown", evil)):
        left = outside_code(shown)

        assert set() == set(re.findall(r"<(?!/?details>|/?summary>|!-- -->)\S*", left))
        assert not re.search(r"@\w", left)
        assert not re.search(r"(?<!\\)!?\[[^\]]*\]\(", left)


def test_a_lone_surrogate_is_no_record(tmp_path: Path) -> None:
    """A record is UTF-8; one that smuggles half a character in is refused in a sentence, and never drawn."""
    path = tmp_path / "record.json"
    path.write_bytes(encode(planted("EVIL")).replace(b"EVIL", b"\\ud800"))

    with pytest.raises(BadInput) as caught:
        read_report(path)

    assert "record-not-json" == caught.value.key


@pytest.mark.parametrize("name", list(RENDERERS))
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("evil", NASTY)
def test_every_renderer_takes_every_text(name: str, lang: str, evil: str) -> None:
    """Nothing raises, and something is said."""
    shown = RENDERERS[name](planted(evil), "zh-TW" if lang == "zh-TW" else "en")

    assert len(shown) > 100
