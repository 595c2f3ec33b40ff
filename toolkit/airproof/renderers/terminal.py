"""The record on a terminal: causes first, then what was looked at, and the verdict in the last lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TextIO

from airproof.printable import lines, one_line, pad, width, wrap
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.alike import alike, unnamed
from airproof.renderers.parts.causes import Cause, causes_of, label_of
from airproof.renderers.parts.overview import (
    counted,
    failing_of,
    families_of,
    follower_of_failures,
    offline_sentence,
    run_parts,
    stuck_of,
    victims_of,
)
from airproof.renderers.parts.perhost_words import flow_sentences, host_sentences
from airproof.renderers.parts.remedy import ToldBefore, advice_of
from airproof.renderers.parts.since import changes_of, headline, last_line
from airproof.renderers.parts.sites import host_times, host_verdict, site_name, sites_line
from airproof.renderers.parts.verdict import next_step, nothing_asked, verdict_line
from airproof.renderers.plan import blocks_of
from airproof.renderers.text.loaded import load_line, load_sentences
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

COLUMNS = 100
NARROWEST = 40
MOST_CAUSES = 8
MOST_VICTIMS = 8
MOST_ALSO = 8
"""Further targets of one cause that are told one by one."""
MOST_COMMANDS = 16
"""Commands of one place; the report has all of them."""
MOST_CHANGES = 8
LEAST_FOLDED = 4
"""Checks that wait for one and the same thing, and are told in one line."""
MOST_SINGLES = 6
"""Checks of one family and outcome that are listed singly."""
PLAIN = "0"
BOLD = "1"
DIM = "2"
COMMAND = "36"
COLOURS = {
    Outcome.PASSED: "32",
    Outcome.FAILED: "31",
    Outcome.BROKEN: "35",
    Outcome.BLOCKED: "33",
    Outcome.WAIVED: "36",
    Outcome.NOT_APPLICABLE: DIM,
}
VERDICT_COLOURS = {Verdict.ACCEPTED: "1;32", Verdict.REJECTED: "1;31", Verdict.INCONCLUSIVE: "1;33"}


def wants_colour(stream: TextIO, environ: Mapping[str, str], *, windows: bool) -> bool:
    """Say whether colours may be sent to a stream: a terminal that takes them, where NO_COLOR is not set."""
    return not environ.get("NO_COLOR") and takes_escapes(stream, environ, windows=windows)


def takes_escapes(stream: TextIO, environ: Mapping[str, str], *, windows: bool) -> bool:
    """Say whether a stream is a terminal that is steered by escapes.

    On Windows it is one only where the console is known to read them: the old one shows them as rubbish.
    """
    if environ.get("TERM") == "dumb" or not stream.isatty():
        return False
    return (
        not windows
        or any(environ.get(name) for name in ("WT_SESSION", "ANSICON", "TERM"))
        or (environ.get("ConEmuANSI") == "ON")
    )


def render(
    report: Report,
    lang: Lang,
    context: Context = ALONE,
    *,
    colour: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    columns: int = COLUMNS,
    whole: bool = True,
) -> str:
    """`verbose`: every check with its evidence. `quiet`: the last lines only. Text from outside never begins a line.

    `columns`: of the terminal; wider ones than COLUMNS are not filled. `whole`: the verdict stands on one line, for
    scripts that look for it; a terminal would break it inside a word.
    """
    screen = _Screen(report, lang, context, colour=colour, verbose=verbose)
    screen.columns, screen.whole = max(NARROWEST, min(COLUMNS, columns)), whole
    parts = (
        screen.causes,
        screen.plan,
        screen.since,
        screen.hosts,
        screen.per_host,
        screen.load,
        screen.checks,
        screen.offline,
    )
    blocks: list[Iterable[str]] = [] if quiet else [part() for part in parts]
    blocks.append(chain(screen.waivers() if quiet else (), screen.last()))
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def several(
    parts: Sequence[tuple[Report, Context]],
    lang: Lang,
    *,
    colour: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    columns: int = COLUMNS,
    whole: bool = True,
) -> str:
    """Each site under its own URL, and in the last line the worst of the verdicts."""
    sites = []
    for report, context in parts:
        shown = render(report, lang, context, colour=colour, verbose=verbose, quiet=quiet, columns=columns, whole=whole)
        sites.append(f"== {site_name(report, lang)}\n{'' if quiet else chr(10)}{shown}")
    return "\n".join([*sites, sites_line([report for report, _ in parts], lang)]) + "\n"


class _Screen:
    """The parts of one screen, each as lines."""

    def __init__(self, report: Report, lang: Lang, context: Context, *, colour: bool, verbose: bool) -> None:
        self.report = report
        self.context = context
        self.lang = lang
        self.say = Wording(lang)
        self.colour = colour
        self.verbose = verbose
        self.columns = COLUMNS
        self.whole = True
        self.found = causes_of(report)
        self.counts = failing_of(report)
        self.waits_for_failure = follower_of_failures(report)

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and style != PLAIN else text

    def per_host(self) -> Iterator[str]:
        """Say of each flow whether it would activate, and compare the hosts, where there are several."""
        flows = [text for _, text in flow_sentences(self.report, self.lang)]
        for name, sentences in (("flows", flows), ("hosts", host_sentences(self.report, self.lang))):
            if sentences and not self.context.hosts:
                yield self.paint(self.say(name), BOLD)
                for sentence in sentences:
                    yield from self.prose(sentence, 2)

    def load(self) -> Iterator[str]:
        """Each number of hosts that activated at once, and what they come to."""
        load = self.report.summary.load
        if load is not None and not self.context.hosts:
            yield self.paint(self.say("load"), BOLD)
            for step in load.steps:
                yield from self.prose(load_line(step, self.say), 2)
            for sentence in load_sentences(load, self.say, brief=not self.verbose):
                yield from self.prose(sentence, 2)

    def causes(self) -> Iterator[str]:
        told = ToldBefore()
        for heading, causes in self.found.lists:
            if causes[0].number > 1:
                yield ""
            yield self.paint(self.say(heading), BOLD)
            shown = causes if self.verbose else causes[:MOST_CAUSES]
            for cause in shown:
                yield from self.cause(cause, told)
            if len(causes) > len(shown):
                yield f"  {self.say.count('more', len(causes) - len(shown))}"

    def cause(self, cause: Cause, told: ToldBefore) -> Iterator[str]:
        checks = one_line(self.say.some(cause.found_by, 3), 120)
        sentence = self.say("cause-line", says=one_line(cause.says.of(self.lang)), checks=checks)
        first, *rest = wrap(sentence, self.columns - 5)
        yield f"{cause.number:>3}. {self.paint(first, BOLD)}"
        for line in rest:
            yield f"     {self.paint(line, BOLD)}"
        for label, says in [*cause.also.items()][: None if self.verbose else MOST_ALSO]:
            yield from self.prose(f"{one_line(label, 60)}: {one_line(says.of(self.lang))}", 5)
        if len(cause.also) > MOST_ALSO and not self.verbose:
            yield f"     {self.say.count('more', len(cause.also) - MOST_ALSO)}"
        if cause.victims:
            victims = victims_of(cause, self.report)
            most = len(victims) if self.verbose else MOST_VICTIMS
            names = self.say.some((one_line(victim, 100) for victim in victims), most)
            yield from self.prose(self.say("victims", names=names), 5)
        if cause.waiver is not None:
            yield from self.prose(self.say("reason-line", text=one_line(cause.waiver.of(self.lang))), 5)
        todos = advice_of(cause.remedies, self.lang)
        if (before := told.number(cause.number, todos)) is not None:
            same = self.say("remedy-as-before", number=before)
            yield from self.prose(self.say("remedy-line", text=same), 5)
            return
        for todo in todos:
            for prose in todo.proses:
                yield from self.prose(self.say("remedy-line", text=prose), 5)

    def plan(self) -> Iterator[str]:
        """The commands of all remedies, by place; each stands whole on its own line, to be copied."""
        blocks = () if self.context.hosts else blocks_of(self.report)
        for block in blocks:
            yield from self.prose(self.paint(self.say(block.place), BOLD), 0)
            shown = block.commands if self.verbose else block.commands[:MOST_COMMANDS]
            yield from (f"    {self.paint(command, COMMAND)}" for command in shown)
            if len(block.commands) > len(shown):
                yield f"    # {self.say.count('more', len(block.commands) - len(shown))}"

    def since(self) -> Iterator[str]:
        against = self.context.against
        if against is None:
            return
        yield self.paint(self.say("since"), BOLD)
        yield from self.prose(headline(against, self.lang), 2)
        for part in changes_of(against, self.lang):
            yield f"  {self.paint(part.heading, COLOURS[Outcome.FAILED] if part.bad else PLAIN)}"
            shown = part.items if self.verbose else part.items[:MOST_CHANGES]
            for item in shown:
                yield from self.prose(item, 4)
            if len(part.items) > len(shown):
                yield f"    {self.say.count('more', len(part.items) - len(shown))}"

    def hosts(self) -> Iterator[str]:
        for number, host in enumerate(self.context.hosts):
            if not number:
                yield self.paint(self.say("hosts"), BOLD)
            verdict = self.paint(host_verdict(host, self.lang), VERDICT_COLOURS[host.report.verdict])
            yield f"  {self.say('is', what=one_line(host.name, 60), verdict=verdict)}"
            yield f"    {host_times(host, self.lang)}"

    def checks(self) -> Iterator[str]:
        if nothing_asked(self.report) and not self.verbose and not self.found.counting:
            return  # what passed there says nothing of any package
        yield self.paint(self.say("checks"), BOLD)
        elsewhere = []
        for family in families_of(self.report):
            if not self.verbose and set(family.counts) == {Outcome.NOT_APPLICABLE}:
                elsewhere.append(one_line(family.name, 8))
                continue
            head = f"  {pad(one_line(family.name, 8), 5)} {pad(self.say.family(family.name), 19)} "
            yield from self.row(head, counted(family.entries, self.say, self.counts))
            if self.verbose:
                for entry in alike(family.entries):
                    yield from self.in_full(entry)
            else:
                yield from self.singly(family.entries)

        yield from self.together()
        if elsewhere:
            outcome = self.paint(self.say.outcome(Outcome.NOT_APPLICABLE), COLOURS[Outcome.NOT_APPLICABLE])
            yield f"  {self.say('is', what=self.say.listed(elsewhere), verdict=outcome)}"

    def row(self, head: str, counts: Iterable[tuple[str, Outcome]]) -> Iterator[str]:
        """The counts of a family behind its name, below each other where the terminal has no room for all."""
        comma = self.say.listed(["", ""])
        line, used = head, width(head)
        for number, (text, outcome) in enumerate(counts):
            if number and used + width(comma) + width(text) > self.columns:
                yield (line + comma).rstrip()
                line, used = " " * width(head), width(head)
            elif number:
                line, used = line + comma, used + width(comma)
            line, used = line + self.paint(text, COLOURS[outcome]), used + width(text)
        yield line

    @cached_property
    def folded(self) -> set[str]:
        """Labels of the checks that could not look, or wait, for one reason that many share, as where a run was
        interrupted.
        """
        return {label_of(entry) for entries in self._by_reason.values() for entry in entries}

    @cached_property
    def _by_reason(self) -> dict[str, list[Entry]]:
        by_reason: dict[str, list[Entry]] = {}
        for entry in stuck_of(self.report) if not self.verbose else ():
            by_reason.setdefault(unnamed(self.reason(entry), entry.subject), []).append(entry)
        return {reason: entries for reason, entries in by_reason.items() if reason and len(entries) >= LEAST_FOLDED}

    def together(self) -> Iterator[str]:
        """One line for all checks that share a reason."""
        for entries in self._by_reason.values():
            reason = one_line(self.reason(entries[0]), 200)
            yield from self.prose(self.say.count("checks-wait", len(entries), reason=reason), 2)

    def singly(self, entries: list[Entry]) -> Iterator[str]:
        """List what no cause above tells: checks that could not look, and those that wait for them."""
        for outcome in (Outcome.BROKEN, Outcome.BLOCKED):
            untold = (entry for entry in entries if entry.outcome is outcome and not self.waits_for_failure(entry))
            listed = alike(entry for entry in untold if label_of(entry) not in self.folded)
            for entry in listed[:MOST_SINGLES]:
                yield from self.prose(self.headline(entry, self.reason(entry)), 8)
            if len(listed) > MOST_SINGLES:
                yield f"        {self.say.count('more', len(listed) - MOST_SINGLES)}"

    def in_full(self, entry: Entry) -> Iterator[str]:
        yield from self.prose(self.headline(entry), 8)
        for text in (entry.evidence, entry.reason, *(finding.says for finding in entry.findings)):
            for line in lines(text.of(self.lang)) if text else ():
                yield from self.prose(line, 12)

    def headline(self, entry: Entry, reason: str = "") -> str:
        outcome = self.paint(self.say.outcome(entry.outcome), COLOURS[entry.outcome])
        title = entry.title.of(self.lang)
        text = self.say("with-reason", title=title, reason=reason) if reason else title
        label, level = one_line(label_of(entry), 60), self.say.level(entry.level)
        return self.say("headline", label=label, outcome=outcome, level=level, title=one_line(text, 160))

    def reason(self, entry: Entry) -> str:
        return entry.reason.of(self.lang) if entry.reason else ""

    def offline(self) -> Iterator[str]:
        yield from self.prose(self.say("offline-line", proof=offline_sentence(self.report, self.lang)), 0)
        for part in run_parts(self.report, self.lang) if self.verbose else ():
            yield from self.prose(part, 0)

    def waivers(self) -> Iterator[str]:
        """Failures accepted by choice, with the reason and its origin, where the causes are not shown."""
        for entry in self.report.checks:
            if entry.outcome is Outcome.WAIVED:
                yield from self.prose(f"{one_line(label_of(entry), 60)}: {one_line(self.reason(entry), 200)}", 0)

    def last(self) -> Iterator[str]:
        """The verdict in one line, where a script may look for it."""
        line = verdict_line(self.report, self.lang, self.found)
        for part in [line] if self.whole else wrap(line, self.columns):
            yield self.paint(part, VERDICT_COLOURS[self.report.verdict])
        yield from self.prose(next_step(self.report, self.lang), 0)
        if self.context.only_new and self.context.against is not None:
            style = COLOURS[Outcome.PASSED if self.context.against.exit_code == 0 else Outcome.FAILED]
            yield self.paint(last_line(self.report, self.context, self.lang, self.found), style)

    def prose(self, text: str, indent: int) -> Iterator[str]:
        first, *rest = wrap(text, self.columns - indent - 2)
        yield " " * indent + first
        yield from (" " * (indent + 2) + line for line in rest)
