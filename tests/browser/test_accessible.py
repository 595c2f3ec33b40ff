"""Judgement of an accessibility engine (axe-core) about a report."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pytest

from airproof.renderers.html.page import render
from airproof.words import Lang
from tests.browser.opening import Open, Opened, Scheme
from tests.browser.pages import PAGES, SEEN
from tests.renderers.records import rejected

HARMS = {
    # Rule: what stands in the page, what is put there instead.
    "html-has-lang": ('<html lang="en">', "<html>"),
    "color-contrast": ("--soft: #5b636d", "--soft: #b8bec6"),
    "image-alt": ("<main>", '<main><img src="data:,">'),
    "page-has-heading-one": ("<h1>", "<h5>"),
}


@cache
def engine() -> str:
    """axe-core itself; its Python packaging is only asked for the file, being untyped."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def judged(one: Opened) -> tuple[dict[str, list[str]], set[str]]:
    """Violated rules with the elements that break them, and the rules that held."""
    one.measure(engine())
    found = one.measure("() => axe.run({resultTypes: ['violations']})")
    violated = {each["id"]: [node["html"][:120] for node in each["nodes"]] for each in found["violations"]}
    return violated, {each["id"] for each in found["passes"]}


@pytest.mark.parametrize(("name", "lang", "scheme"), [kind for kind in SEEN if kind[0] != "long-names"])
def test_no_rule_is_violated(opened: Open, name: str, lang: Lang, scheme: Scheme) -> None:
    """All rules that the engine applies by itself, contrast among them, with everything unfolded."""
    one = opened(render(PAGES[name](), lang), scheme=scheme)
    one.measure("() => document.querySelectorAll('details').forEach(d => d.open = true)")
    violated, passed = judged(one)

    assert {} == violated
    assert {"color-contrast", "html-has-lang", "valid-lang", "list", "region", "label"} <= passed


def test_planted_violations_are_seen(opened: Open) -> None:
    """The engine really looks: each harm to the page is named by its rule."""
    html = render(rejected(), "en").replace("Content-Security-Policy", "X-None")
    for was, becomes in HARMS.values():
        html = html.replace(was, becomes, 1)
    violated, _ = judged(opened(html))

    assert set(HARMS) <= set(violated)
