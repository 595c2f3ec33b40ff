"""The record as one HTML file: no script, nothing loaded from anywhere, both languages, ready to print and sign."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from markupsafe import Markup

from airproof.record.file import digest_of
from airproof.record.join import worst
from airproof.record.outcome import Verdict
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.html.beside import Beside, missing_tree
from airproof.renderers.html.curve import curve_of
from airproof.renderers.html.evidence import Evidence, facts_of
from airproof.renderers.html.flowtable import flow_matrix
from airproof.renderers.html.graph import Graph, graph_of
from airproof.renderers.html.head import Head
from airproof.renderers.html.judgement import Judgement
from airproof.renderers.html.matrixtable import MatrixTable
from airproof.renderers.html.templating import environment, style
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.matrix import Matrix, matrix_of
from airproof.renderers.parts.since import headline, last_line, regression_line
from airproof.renderers.parts.sites import site_name, sites_line
from airproof.renderers.parts.tree import Tree
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.plan import blocks_of
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

NAMES: Mapping[Lang, str] = {"en": "English", "zh-TW": "繁體中文"}


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    """`lang`: the language shown first; the reader can switch."""
    page = ReportPage(report, context)
    return _document([page], lang, last_line(report, context, lang, page.found), report.verdict)


def prepare() -> None:
    """Compile the templates: it takes a tenth of a second."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """Each site an article of its own, with its own verdict and sign-off; above them the worst of the verdicts."""
    reports = [report for report, _ in parts]
    code = worst(report.exit_code for report in reports)
    verdict = next(report.verdict for report in reports if report.exit_code == code)
    pages = [ReportPage(report, context, f"site-{number}-") for number, (report, context) in enumerate(parts, 1)]
    title = sites_line(reports, lang)
    return _document(pages, lang, title, verdict, lambda say: sites_line(reports, say.lang))


class ReportPage:
    """All that the templates ask of one report."""

    def __init__(self, report: Report, context: Context, prefix: str = "") -> None:
        self.report = report
        self.context = context
        self.prefix = prefix
        """The ids of sections begin with it, where a document has several reports."""
        self.place = report.site.wheelhouse or report.site.url
        alone, english = not context.hosts, self.beside(Wording("en"))
        self.has_flows = alone and bool(english.flows())
        self.has_differences = alone and bool(english.differences())
        self.has_facts = bool(report.facts)
        self.found = causes_of(report)
        self.matrix = MatrixTable(matrix_of(report, self.found, context.members))
        self.flows = MatrixTable(flow_matrix(report, self.found) if self.has_flows else Matrix((), ()))
        self.inventory = report.summary.inventory
        self.load = None if context.hosts else report.summary.load
        self.curve = curve_of(self.load) if self.load is not None else None
        self.blocks = () if context.hosts else blocks_of(report)
        """A report of several hosts shows each host's own."""

    def verdict(self, say: Wording) -> tuple[str, str]:
        """The first word of the verdict line, and the rest of it."""
        word = say.verdict(self.report.verdict)
        return word, verdict_line(self.report, say.lang, self.found).removeprefix(word)

    def change(self, say: Wording) -> str:
        """Compare the report with the baseline, in a line; empty without a baseline."""
        against = self.context.against
        if against is None:
            return ""
        if not self.context.only_new:
            return headline(against, say.lang)
        return regression_line(self.report, against, say.lang, self.found)

    def site_name(self, say: Wording) -> str:
        return site_name(self.report, say.lang)

    def started(self, say: Wording) -> str:
        return when(self.report.run.started, say.lang)

    def judgement(self, say: Wording) -> Judgement:
        return Judgement(self.report, say, self.found, self.matrix, self.flows, self.blocks, self.prefix)

    def head(self, say: Wording) -> Head:
        return Head(self.report, say, self.found, self.matrix)

    def beside(self, say: Wording) -> Beside:
        return Beside(self.report, self.context, say)

    def evidence(self, say: Wording) -> Evidence:
        return Evidence(self.report, say)

    def facts(self) -> Iterator[tuple[str, str]]:
        return facts_of(self.report)

    @cached_property
    def missing(self) -> Tree:
        return missing_tree(self.report, self.context)

    @cached_property
    def graph(self) -> Graph | None:
        return graph_of(self.missing)

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The digest of each host's record."""
        return {member.name: member.digest for member in self.context.members} or {"": digest_of(self.report)}


def _footer(pages: Sequence[ReportPage], worst: Verdict, lang: Lang) -> str:
    """The verdict and the digest of the record at the foot of each printed page, and which page of how many it is."""
    digests = [digest for page in pages for digest in page.digests.values()]
    digest = f" · SHA-256 {digests[0]}" if len(digests) == 1 else ""
    return (
        f'@page {{ @bottom-left {{ content: "{Wording(lang).verdict(worst)}{digest}"; font: 7pt monospace; }} '
        '@bottom-right { content: counter(page) " / " counter(pages); font: 7pt monospace; } }'
    )


def _document(
    pages: Sequence[ReportPage],
    lang: Lang,
    title: str,
    worst: Verdict,
    sites_line: Callable[[Wording], str] | None = None,
) -> str:
    sheet = Markup(str(style()) + _footer(pages, worst, lang))  # noqa: S704 - a word of ours and hexadecimal digits
    allowed = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    template = environment().get_template("page.html")
    rendered = template.render(
        pages=pages,
        lang=lang,
        title=f"{Wording(lang)('report-title')} – {title}",
        worst=worst,
        sites_line=sites_line,
        style=sheet,
        policy=f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'",
        language_names=NAMES,
    )
    return f"{rendered}\n"
