"""Data for the templates of the HTML report: hosts, flows, the baseline's changes, and who needs what is missing."""

from __future__ import annotations

from airproof.record.compare import Comparison
from airproof.record.join import Member
from airproof.record.outcome import Verdict
from airproof.record.report import Report
from airproof.renderers.context import Context
from airproof.renderers.parts.perhost_words import flow_sentences, host_sentences
from airproof.renderers.parts.since import Part, changes_of, headline
from airproof.renderers.parts.sites import host_verdict, past
from airproof.renderers.parts.tree import Tree, tree_of
from airproof.renderers.text.dates import when
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

    def flows(self) -> list[tuple[bool, str]]:
        """Each flow with whether it would activate; empty where no flow was asked for."""
        return flow_sentences(self.report, self.say.lang)


def missing_tree(report: Report, context: Context) -> Tree:
    """The tree of what is missing; of a joined report it is made of each host's own facts."""
    if len(context.members) > 1:
        return tree_of((member.name, member.report) for member in context.members)
    return tree_of([("", report)])
