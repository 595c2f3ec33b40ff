"""Data for the templates of the HTML report: hosts, flows, the baseline's changes, and who needs what is missing."""

from __future__ import annotations

from collections.abc import Callable

from airproof.record.compare import Comparison
from airproof.record.join import Member
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, Report
from airproof.record.summary import AdvisorySummary, LoadSummary
from airproof.renderers.context import Context
from airproof.renderers.parts.causes import counter
from airproof.renderers.parts.perhost_words import flow_sentences, host_sentences
from airproof.renderers.parts.since import Part, changes_of, headline
from airproof.renderers.parts.sites import host_verdict, past
from airproof.renderers.parts.tree import Tree, tree_of
from airproof.renderers.text.dates import when
from airproof.renderers.text.loaded import load_row, load_seconds, load_sentences
from airproof.renderers.text.wording import Wording

MOST_DAYS = 40
"""Verdicts in the strip of a host; the latest of them."""


class Beside:
    """Sections of one report in one language."""

    def __init__(self, report: Report, context: Context, say: Wording) -> None:
        self.report = report
        self.context = context
        self.say = say

    def headline(self, against: Comparison) -> str:
        return headline(against, self.say.lang)

    def changes(self, against: Comparison) -> list[Part]:
        return changes_of(against, self.say.lang)

    def verdict(self, host: Member) -> tuple[str, str]:
        """The verdict of a host, and what follows it in its line."""
        word = self.say.verdict(host.report.verdict)
        return word, host_verdict(host, self.say.lang).removeprefix(word)

    def times(self, host: Member) -> tuple[str, str]:
        """Say when a host was judged, and what its earlier records said."""
        return when(host.report.run.started, self.say.lang), past(host, self.say.lang)

    def days(self, host: Member) -> list[Verdict]:
        """The verdicts of a host's records, the latest last."""
        return [*(entry.verdict for entry in host.history), host.report.verdict][-MOST_DAYS:]

    def differences(self) -> list[str]:
        """The hosts of one record compared; empty where there is nothing to compare."""
        return host_sentences(self.report, self.say.lang)

    def advisories(self) -> list[tuple[AdvisorySummary, str]]:
        """Each known vulnerability, and how it was judged."""
        return advisory_table(self.report, self.say)

    def load_rows(self, load: LoadSummary) -> list[tuple[str, ...]]:
        """The cells of each number of hosts that activated at once."""
        return [load_row(step, self.say) for step in load.steps]

    def load_sentences(self, load: LoadSummary) -> list[str]:
        return list(load_sentences(load, self.say))

    def load_described(self, load: LoadSummary) -> str:
        """The curve in words, for those who do not see it."""
        say = self.say
        points = [
            say("load-curve-none", hosts=step.hosts)
            if step.activation is None
            else say("load-curve-point", hosts=step.hosts, seconds=load_seconds(step))
            for step in load.steps
        ]
        limit = say("load-curve-limit", limit=f"{load.activation_time:g}") if load.activation_time else ""
        return say("load-curve-told", points=say.listed(points), limit=limit or say("load-curve-no-limit"))

    def flows(self) -> list[tuple[bool, str]]:
        """Each flow with whether it would activate; empty where no flow was asked for."""
        return flow_sentences(self.report, self.say.lang)


def advisory_table(report: Report, say: Wording) -> list[tuple[AdvisorySummary, str]]:
    """Each known vulnerability, and how it was judged: it counts, is advised, or is waived with its reason."""
    judged = {
        name: entry
        for entry in report.checks
        for finding in entry.findings
        for name in finding.goes_by
        if entry.outcome in (Outcome.FAILED, Outcome.WAIVED)
    }
    counts = counter(report)
    return [(advisory, _judged(judged.get(advisory.name), counts, say)) for advisory in report.summary.advisories]


def _judged(entry: Entry | None, counts: Callable[[Entry], bool], say: Wording) -> str:
    if entry is None:
        return ""
    if entry.outcome is Outcome.FAILED:
        word = say("advisory-counts" if counts(entry) else "advisory-advised")
    else:
        word = say.outcome(entry.outcome)
    return say("with-reason", title=word, reason=say.text(entry.reason)) if entry.reason else word


def missing_tree(report: Report, context: Context) -> Tree:
    """The tree of what is missing; of a joined report it is made of each host's own facts."""
    if len(context.members) > 1:
        return tree_of((member.name, member.report) for member in context.members)
    return tree_of([("", report)])
