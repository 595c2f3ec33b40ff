"""Hosts compared, and flow by flow whether it would activate: two lists of the HTML report."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.record.report import Report
from airproof.renderers.html.markup import Markup, el, rich
from airproof.renderers.parts.perhost_words import flow_sentences, host_sentences
from airproof.renderers.text.wording import Wording

LONGEST = 1500
MARKS = {True: ("✓", "cell passed"), False: ("✗", "cell failed")}


def hosts(report: Report, say: Wording) -> Iterator[Markup]:
    """Nothing where there is nothing to compare."""
    told = host_sentences(report, say.lang)
    if told:
        yield el("ul", *(el("li", rich(one, LONGEST)) for one in told), class_="proof")


def flows(report: Report, say: Wording) -> Iterator[Markup]:
    """Nothing where no flow was asked for."""
    items = [
        el("li", el("span", mark, class_=style, aria_hidden="true"), " ", rich(text, LONGEST))
        for would, text in flow_sentences(report, say.lang)
        for mark, style in [MARKS[would]]
    ]
    if items:
        yield el("ul", *items, class_="proof")
