"""A report in a reader's hands: the switch of languages, the keyboard, and eyes that see no colour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airproof.record.report import Report
from airproof.renderers.html.page import render
from airproof.words import LANGS, Lang
from tests.browser.opening import Open
from tests.browser.pages import PAGES
from tests.renderers.records import accepted, inconclusive, rejected

FOCUS = Path(__file__).with_name("focus.js").read_text(encoding="utf-8")
WORDS = Path(__file__).with_name("words.js").read_text(encoding="utf-8")
VERDICT = {"en": "REJECTED", "zh-TW": "驗收未通過"}
OTHER: dict[Lang, Lang] = {"en": "zh-TW", "zh-TW": "en"}


@pytest.mark.parametrize("scripts", [True, False], ids=["", "scripts forbidden"])
@pytest.mark.parametrize("lang", LANGS)
def test_the_switch_changes_every_text(opened: Open, lang: Lang, scripts: bool) -> None:
    """A click shows the other language and nothing of the first; no script is needed."""
    one = opened(render(rejected(), lang), scripts=scripts)
    shown = one.page.inner_text("body")
    one.page.click(f"label[for=show-{OTHER[lang]}]")
    then = one.page.inner_text("body")

    assert (True, False) == (VERDICT[lang] in shown, VERDICT[OTHER[lang]] in shown)
    assert (False, True) == (VERDICT[lang] in then, VERDICT[OTHER[lang]] in then)
    assert 0 == one.page.locator(f".in-{lang}:visible").count()


def test_the_switch_obeys_the_keyboard(opened: Open) -> None:
    """One Tab and an arrow key: the other language, and the arrow back."""
    one = opened(render(rejected(), "en"))
    one.page.keyboard.press("Tab")
    seen = []
    for key in ("ArrowRight", "ArrowLeft"):
        one.page.keyboard.press(key)
        seen.append(VERDICT["zh-TW"] in one.page.inner_text("h1"))

    assert [True, False] == seen


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything(opened: Open, name: str) -> None:
    """Tab stops once at everything that can be operated or scrolled, in its order, and shows where it is."""
    one = opened(render(PAGES[name](), "en"), width=360)
    wanted = one.measure(FOCUS, "all")
    stops: list[dict[str, str]] = []
    while len(stops) < len(wanted) + 5:
        one.page.keyboard.press("Tab")
        stop = one.measure(FOCUS, "now")
        if stop is None:
            break
        stops.append(stop)

    assert 5 < len(wanted)
    assert wanted == [stop["at"] for stop in stops]
    assert [] == [stop["at"] for stop in stops if not stop["ring"]]


def test_what_the_keyboard_cannot_reach_is_seen(opened: Open) -> None:
    """A planted fold that Tab passes over, and a focus that is not shown, are both noticed."""
    one = opened(render(rejected(), "en"))
    before = one.measure(FOCUS, "all")
    one.measure("() => { document.querySelector('details summary').tabIndex = -1 }")
    one.measure("() => document.querySelectorAll('summary').forEach(s => s.style.outline = 'none')")
    folded = next(number for number, stop in enumerate(before) if stop.split()[0] == "summary")
    stops = []
    for _ in range(folded + 2):
        one.page.keyboard.press("Tab")
        stops.append(one.measure(FOCUS, "now"))

    assert before == one.measure(FOCUS, "all")
    assert before[: folded + 2] != [stop["at"] for stop in stops]
    assert "summary" in {stop["at"].split()[0] for stop in stops if not stop["ring"]}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("make", [accepted, rejected, inconclusive])
def test_what_has_a_colour_of_its_own_has_a_word(opened: Open, make: Callable[[], Report], lang: Lang) -> None:
    """In black and white every cell, badge, step and verdict still says what it is."""
    found = opened(render(make(), lang)).measure(WORDS)

    assert 4 < len(found["coloured"])
    assert [] == found["mute"]


def test_a_colour_without_a_word_is_seen(opened: Open) -> None:
    """A planted cell that only is red is noticed."""
    one = opened(render(rejected(), "en"))
    one.measure("() => { document.querySelector('.cell.failed').textContent = '✗' }")

    assert ["✗"] == one.measure(WORDS)["mute"]
