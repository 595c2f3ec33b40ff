"""The record as one HTML file: no script, nothing loaded from anywhere, both languages, ready to print and sign."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from airproof.record.report import Report, encode
from airproof.renderers.html_evidence import Evidence, facts_of
from airproof.renderers.html_judgement import Judgement
from airproof.renderers.markup import Markup, bdi, el, joined, raw, void
from airproof.renderers.verdict import verdict_line
from airproof.renderers.wording import Wording
from airproof.words import LANGS, Lang

STYLE = Path(__file__).with_name("html.css")
NAMES = {"en": "English", "zh-TW": "繁體中文"}
Section = Callable[[Wording], Iterator[Markup]]


def render(report: Report, lang: Lang) -> str:
    """`lang`: the language shown first; the reader can switch."""
    css = _style()
    allowed = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    head = el(
        "head",
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=policy),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="referrer", content="no-referrer"),
        void("meta", name="color-scheme", content="light dark"),
        el("title", f"{Wording(lang)('report-title')} – {verdict_line(report, lang)}"),
        el("style", raw(css)),
    )
    switches = [
        void("input", type="radio", name="language", id=f"show-{one}", class_="switch", checked=one == lang)
        for one in LANGS
    ]
    body = el("body", _main(report, [*switches, _header(report)]), class_=report.verdict.value)
    return f"<!doctype html>\n{el('html', head, body, lang=lang)}\n"


def _header(report: Report) -> Markup:
    labels = [el("label", NAMES[one], for_=f"show-{one}", lang=one) for one in LANGS]
    return el(
        "header",
        el(
            "div",
            el("p", _both(lambda say: say("report-title")), class_="over"),
            el("p", *labels, class_="languages"),
            class_="top",
        ),
        el("h1", *(el("span", _verdict(report, one), lang=one, class_=f"in-{one}") for one in LANGS)),
        el(
            "p",
            el("code", bdi(report.site.url, 400)),
            " ",
            el("time", report.run.started, datetime=report.run.started),
            class_="small",
        ),
    )


def _verdict(report: Report, lang: Lang) -> Markup:
    """The verdict line, its first word set apart."""
    word = Wording(lang).verdict(report.verdict)
    return joined([el("strong", word), verdict_line(report, lang).removeprefix(word)])


def _main(report: Report, top: list[Markup]) -> Markup:
    """Everything stands in one landmark: also the switches, of which the style sheet needs all else as siblings."""
    digest = hashlib.sha256(encode(report)).hexdigest()
    parts = [
        _section("next", "what-next", lambda say: Judgement(report, say).next()),
        _section("matrix", "matrix", lambda say: Judgement(report, say).matrix()),
        _section("checks", "checks", lambda say: Judgement(report, say).checks()),
    ]
    if report.steps:
        parts.append(_section("timeline", "timeline", lambda say: Evidence(report, say).timeline()))
    parts.append(_section("offline", "offline", lambda say: Evidence(report, say).offline()))
    if report.facts:
        note = el("p", _both(lambda say: say("facts-note")), class_="small")
        parts.append(_frame("facts", "facts", [note, *facts_of(report)]))
    parts.append(_section("environment", "environment", lambda say: Evidence(report, say).environment()))
    parts.append(_section("sign-off", "sign-off", lambda say: Evidence(report, say).sign_off(digest)))
    return el("main", *top, *parts)


def _section(name: str, heading: str, content: Section) -> Markup:
    """A section in both languages, of which the style sheet shows one."""
    return _frame(name, heading, [el("div", *content(Wording(one)), lang=one, class_=f"in-{one}") for one in LANGS])


def _frame(name: str, heading: str, content: list[Markup]) -> Markup:
    title = el("h2", _both(lambda say: say(heading)), id=name)
    return el("section", title, *content, aria_labelledby=name, class_=name)


def _both(words: Callable[[Wording], str]) -> Markup:
    return joined(el("span", words(Wording(one)), lang=one, class_=f"in-{one}") for one in LANGS)


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8").replace("\r\n", "\n")
