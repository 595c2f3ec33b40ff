"""The record as one HTML file: no script, nothing loaded from anywhere, both languages, ready to print and sign."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from airproof.record.compare import Comparison
from airproof.record.file import encode
from airproof.record.join import worst
from airproof.record.outcome import Verdict
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.html.beside import Beside, missing_tree
from airproof.renderers.html.evidence import Evidence, facts_of
from airproof.renderers.html.flows import flows, hosts
from airproof.renderers.html.judgement import Judgement
from airproof.renderers.html.markup import Markup, bdi, el, joined, raw, void
from airproof.renderers.parts.since import headline, last_line, regression_line
from airproof.renderers.parts.sites import site_name, sites_line
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS, Lang

STYLE = Path(__file__).with_name("html.css")
NAMES = {"en": "English", "zh-TW": "繁體中文"}
Section = Callable[[Wording], Iterator[Markup]]


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    """`lang`: the language shown first; the reader can switch."""
    title = f"{Wording(lang)('report-title')} – {last_line(report, context, lang)}"
    return _page(title, lang, report.verdict, _header(report, context), *_sections(report, context))


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """Each site an article of its own, with its own verdict and sign-off; above them the worst of the verdicts."""
    reports = [report for report, _ in parts]
    code = worst(report.exit_code for report in reports)
    verdict = next(report.verdict for report in reports if report.exit_code == code)
    articles = [
        el(
            "article",
            _header(report, context, id=f"site-{number}"),
            *_sections(report, context, prefix=f"site-{number}-"),
            aria_labelledby=f"site-{number}",
            class_=f"site {report.verdict.value}",
        )
        for number, (report, context) in enumerate(parts, 1)
    ]
    header = _top(el("h1", *(el("span", sites_line(reports, one), lang=one, class_=f"in-{one}") for one in LANGS)))
    title = f"{Wording(lang)('report-title')} – {sites_line(reports, lang)}"
    return _page(title, lang, verdict, header, *articles)


def _page(title: str, lang: Lang, verdict: Verdict, *content: Markup) -> str:
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
        el("title", title),
        el("style", raw(css)),
    )
    switches = [
        void("input", type="radio", name="language", id=f"show-{one}", class_="switch", checked=one == lang)
        for one in LANGS
    ]
    # Everything stands in one landmark: also the switches, of which the style sheet needs all else as siblings.
    body = el("body", el("main", *switches, *content), class_=verdict.value)
    return f"<!doctype html>\n{el('html', head, body, lang=lang)}\n"


def _header(report: Report, context: Context, id: str = "") -> Markup:
    """`id`: of the heading of one site among several; else it is the page's own."""
    spans = [el("span", _verdict(report, lang), lang=lang, class_=f"in-{lang}") for lang in LANGS]
    told = [] if context.against is None else [el("p", _both(_change(report, context, context.against)), class_="lead")]
    named = report.site.wheelhouse or report.site.url
    place = el(
        "p",
        _both(lambda say: site_name(report, say.lang)) if not named else el("code", bdi(named, 400)),
        " ",
        el(
            "time",
            _both(lambda say: when(report.run.started, say.lang)),
            datetime=report.run.started,
        ),
        class_="small",
    )
    return (
        el("header", el("h2", *spans, id=id, class_="verdict"), *told, place)
        if id
        else _top(el("h1", *spans), *told, place)
    )


def _top(*content: Markup) -> Markup:
    """The page's own header, with the switch of languages."""
    labels = [el("label", NAMES[lang], for_=f"show-{lang}", lang=lang) for lang in LANGS]
    title = el("p", _both(lambda say: say("report-title")), class_="over")
    return el("header", el("div", title, el("p", *labels, class_="languages"), class_="top"), *content)


def _change(report: Report, context: Context, against: Comparison) -> Callable[[Wording], str]:
    """How it stands to the baseline, in a line."""
    if context.only_new:
        return lambda say: regression_line(report, against, say.lang)
    return lambda say: headline(against, say.lang)


def _verdict(report: Report, lang: Lang) -> Markup:
    """The verdict line, its first word set apart."""
    word = Wording(lang).verdict(report.verdict)
    return joined([el("strong", word), verdict_line(report, lang).removeprefix(word)])


def _sections(report: Report, context: Context, prefix: str = "") -> list[Markup]:
    """In the order of need."""
    tree = missing_tree(report, context)
    alone, english = not context.hosts, Wording("en")
    asked: list[tuple[str, str, Section, bool]] = [
        ("next", "what-next", lambda say: Judgement(report, say).next(), True),
        ("since", "since", lambda say: Beside(report, context, say).since(), context.against is not None),
        ("hosts", "hosts", lambda say: Beside(report, context, say).hosts(), bool(context.hosts)),
        ("matrix", "matrix", lambda say: Judgement(report, say, context).matrix(), True),
        ("flows", "flows", lambda say: flows(report, say), alone and any(flows(report, english))),
        ("hosts", "hosts", lambda say: hosts(report, say), alone and any(hosts(report, english))),
        ("checks", "checks", lambda say: Judgement(report, say).checks(), True),
        ("tree", "tree", lambda say: Beside(report, context, say).tree(tree), bool(tree.roots)),
        ("timeline", "timeline", lambda say: Evidence(report, say).timeline(), bool(report.steps)),
        ("offline", "offline", lambda say: Evidence(report, say).offline(), True),
    ]
    parts = [_section(name, heading, content, prefix) for name, heading, content, there in asked if there]
    if report.facts:
        note = el("p", _both(lambda say: say("facts-note")), class_="small")
        parts.append(_frame("facts", "facts", [note, *facts_of(report)], prefix))
    parts.append(_section("environment", "environment", lambda say: Evidence(report, say).environment(), prefix))
    digests = {member.name: member.digest for member in context.members} or {
        "": hashlib.sha256(encode(report)).hexdigest()
    }
    parts.append(_section("sign-off", "sign-off", lambda say: Evidence(report, say).sign_off(digests), prefix))
    return parts


def _section(name: str, heading: str, content: Section, prefix: str) -> Markup:
    """A section in both languages, of which the style sheet shows one."""
    both = [el("div", *content(Wording(lang)), lang=lang, class_=f"in-{lang}") for lang in LANGS]
    return _frame(name, heading, both, prefix)


def _frame(name: str, heading: str, content: list[Markup], prefix: str) -> Markup:
    """`prefix`: of the id, where a page has several sites."""
    title = el("h2", _both(lambda say: say(heading)), id=f"{prefix}{name}")
    return el("section", title, *content, aria_labelledby=f"{prefix}{name}", class_=name)


def _both(words: Callable[[Wording], str]) -> Markup:
    return joined(el("span", words(Wording(lang)), lang=lang, class_=f"in-{lang}") for lang in LANGS)


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8").replace("\r\n", "\n")
