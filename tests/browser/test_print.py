"""A report on paper."""

from __future__ import annotations

import re

import pytest

from airproof.renderers.html.page import render
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS, Lang
from tests.browser.opening import Open, Opened
from tests.renderers.records import HERE, NAME, ROOT, accepted, entry, rejected, report, text

A4 = (595, 842)
"""Points."""
ROOM = 263 / 25.4 * 96
"""CSS pixels of a page's height between its margins of 17 mm."""
MOVED = """(room) => {
  const paper = document.querySelector('section.sign-off'), page = paper.parentElement;
  for (const other of [...page.children, document.querySelector('header')]) if (other !== paper) other.remove();
  const tall = paper.getBoundingClientRect().height;
  const space = (height) => {
    const made = document.createElement('div');
    made.style.height = `${height}px`;
    return made;
  };
  paper.before(space(room - tall / 2));
  paper.after(space(room - tall * 0.75));
  return tall;
}"""


def pages(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height in points of each page, from the page objects, which Chromium does not compress."""
    boxes = re.findall(rb"/Type\s*/Page\b(?!s).*?/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf, re.DOTALL)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def printed(one: Opened) -> bytes:
    one.page.emulate_media(media="print")
    return one.page.pdf(prefer_css_page_size=True)


@pytest.mark.parametrize("lang", LANGS)
def test_an_ordinary_report_is_a_few_pages_of_a4(opened: Open, lang: Lang) -> None:
    """Two to five sheets, and a reader who prints in the dark gets black on white."""
    one = opened(render(rejected(), lang), scheme="dark")
    found = pages(printed(one))

    assert 2 <= len(found) <= 5
    assert {A4} == set(found)
    assert "rgb(255, 255, 255)" == one.measure("() => getComputedStyle(document.documentElement).backgroundColor")


@pytest.mark.parametrize("lang", LANGS)
def test_an_accepted_run_of_twenty_packages_is_two_pages_and_an_annex(opened: Open, lang: Lang) -> None:
    """All that is read and signed stands on the first two sheets."""
    names = tuple(f"package-{number}" for number in range(20))
    made = report(
        NAME, ROOT, entry("PIP03", text("It installs"), subject=HERE), groups={name: (name,) for name in names}
    )
    one = opened(render(made, lang))
    one.page.emulate_media(media="print")
    whole = len(pages(printed(one)))
    one.measure("() => document.querySelector('.annex').remove()")

    assert len(pages(printed(one))) <= 2 < whole <= 3


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_signed_stands_on_the_paper(opened: Open, lang: Lang) -> None:
    """Verdict, causes, matrix, proof, sign-off and the checks of the annex; not what can only be used on a screen."""
    one = opened(render(rejected(), lang))
    one.page.emulate_media(media="print")
    paper = one.page.inner_text("body")
    gone = one.page.locator(".languages:visible, .facts:visible, .script:visible, summary:visible").count()

    assert 0 == gone
    assert [] == [word for word in ("cffi", "paramiko==3.4.0", "DEP01", "192.0.2.77:443") if word not in paper]
    assert 1 == len(re.findall(r"\b[0-9a-f]{64}\b", paper))
    assert Wording(lang)("plan-note") not in paper


@pytest.mark.parametrize(("allowed", "sheets"), [("avoid", 3), ("auto", 2)])
def test_the_sign_off_is_not_torn(opened: Open, allowed: str, sheets: int) -> None:
    """A sign-off that would be torn moves to the next sheet as a whole."""
    one = opened(render(accepted(), "en"))
    one.page.emulate_media(media="print")
    one.page.set_viewport_size({"width": 673, "height": 900})
    tall = one.measure(MOVED, ROOM)
    if allowed == "auto":
        one.measure("() => document.querySelectorAll('*').forEach(e => { e.style.breakInside = 'auto' })")

    assert 100 < tall < ROOM / 2
    assert sheets == len(pages(printed(one)))
