"""How a report lies on a screen, from a phone to a wide one."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.renderers.html.page import render
from airproof.words import Lang
from tests.browser.opening import Open, Scheme
from tests.browser.pages import PAGES, SEEN
from tests.renderers.records import rejected

LAYOUT = Path(__file__).with_name("layout.js").read_text(encoding="utf-8")
WIDTHS = (360, 820, 1600)


@pytest.mark.parametrize(("name", "lang", "scheme"), SEEN)
def test_everything_has_its_place(opened: Open, name: str, lang: Lang, scheme: Scheme) -> None:
    """Nothing reaches beyond the window, is cut off or lies on something else, at any width, folded or not."""
    one = opened(render(PAGES[name](), lang), scheme=scheme)
    wrong, lines = {}, set()
    for width in WIDTHS:
        one.page.set_viewport_size({"width": width, "height": 900})
        for folds in ("folded", "unfolded"):
            one.measure("(open) => document.querySelectorAll('details').forEach(d => d.open = open)", folds != "folded")
            found = one.measure(LAYOUT)
            wrong[width, folds] = found["wrong"]
            lines.add(found["lines"] > 60)

    assert {} == {at: what for at, what in wrong.items() if what}
    assert ({True}, []) == (lines, one.said)


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ("document.querySelector('h2').style.width = '2000px'", "the page is wider than the window"),
        ("document.querySelector('h2').style.width = '2000px'", "beyond the window: h2"),
        (
            "document.querySelector('.top').style.cssText = 'overflow: hidden; flex-wrap: nowrap; width: 2rem'",
            "cut off",
        ),
        ("document.querySelector('section p').style.transform = 'translateY(-2.8rem)'", "one text lies on another"),
    ],
)
def test_a_planted_fault_of_layout_is_seen(opened: Open, fault: str, wanted: str) -> None:
    """The judge of the test above is able to find each of the things it looks for."""
    one = opened(render(rejected(), "en"), width=360)
    before = one.measure(LAYOUT)["wrong"]
    one.measure(f"() => {{ {fault} }}")

    assert [] == before
    assert wanted in "\n".join(one.measure(LAYOUT)["wrong"])


def test_dark_is_dark(opened: Open) -> None:
    """The report follows the reader's choice of light and dark."""
    paper = "() => getComputedStyle(document.documentElement).backgroundColor"
    html = render(rejected(), "en")

    assert "rgb(255, 255, 255)" == opened(html).measure(paper)
    assert "rgb(20, 23, 26)" == opened(html, scheme="dark").measure(paper)
