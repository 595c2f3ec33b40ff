"""The verdict in one line, what it speaks for, and what to do next: the last lines of every report."""

from __future__ import annotations

from collections.abc import Sequence

from airproof.check import Level
from airproof.printable import ELLIPSIS, clip, naturally, one_line
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Entry, Report
from airproof.renderers.parts.causes import Causes, causes_of, counter
from airproof.renderers.parts.perhost import ASKS_HOST
from airproof.renderers.text.dates import when
from airproof.renderers.text.wording import SEPARATOR, Wording
from airproof.words import Lang

SOURCES = {"typed": "url-typed", "omflow": "url-of-omflow", "pip": "url-of-pip"}
MOST_NAMED = 6
"""Hosts or targets that stand in the line by name."""
MOST = 200
"""Characters of any one part from outside."""


def verdict_line(report: Report, lang: Lang, found: Causes | None = None) -> str:
    """Such as `ACCEPTED for cp311-linux (this machine), 12 requirements, 1 waiver · trust assumed`; always one line.

    `found`: the causes of the report, for a caller that has computed them.
    """
    say = Wording(lang)
    verdict = say.verdict(report.verdict)
    scope = scope_of(report, lang)
    if report.verdict is Verdict.ACCEPTED:
        first = say("scope-line", verdict=verdict, scope=scope)
        tail = []
    else:
        why = (
            say.count("causes", len((found or causes_of(report)).counting))
            if report.verdict is Verdict.REJECTED
            else why_inconclusive(report, lang)
        )
        first = say("verdict-why", verdict=verdict, why=why)
        tail = [say("scope-tail", scope=scope)] if scope else []
    if report.scope.trust_assumed:
        tail.append(say("trust-assumed"))
    if report.scope.advisories:
        tail.append(say("advisories-of", date=one_line(report.scope.advisories, 40)))
    if report.site.edition:
        tail.append(say("rule-open" if report.site.edition == "open" else "rule-commercial"))
        if report.site.collectors_items:
            tail.append(say.count("collectors-items", report.site.collectors_items))
        if report.site.collectors_unknown:
            tail.append(say.count("collectors-unknown", report.site.collectors_unknown))
        source = SOURCES.get(report.site.url_from)
        if source is not None:
            tail.append(say("url-judged", url=one_line(report.site.url, MOST), source=say(source)))
    if report.run.engine != "airproof":
        tail.append(say("engine-foreign"))
    if report.run.deselected:
        tail.append(say.count("left-out", len(report.run.deselected)))
    if report.run.interrupted and report.verdict is not Verdict.INCONCLUSIVE:
        tail.append(say("interrupted"))
    return SEPARATOR.join([first, *tail])


def scope_of(report: Report, lang: Lang) -> str:
    """For what the verdict speaks: targets, how many requirements, how many waivers."""
    say = Wording(lang)
    here = report.scope.here
    parts = []
    local = [one_line(target, MOST) for target in report.scope.targets if target in here]
    if local:
        parts.append(say("here", targets=say.listed(local)))
    asked = {entry.subject for entry in report.checks if entry.id == ASKS_HOST}
    others = [target for target in report.scope.targets if target not in here]
    parts += _counted("hosts", [other for other in others if other in asked], say)
    parts += _counted("targets", [other for other in others if other not in asked], say)
    if report.scope.requirements:
        parts.append(say.count("requirements", report.scope.requirements))
    waived = sum(check.outcome is Outcome.WAIVED for check in report.checks)
    if waived:
        parts.append(say.count("waivers", waived))
    return clip(say.listed(parts), 3 * MOST)


def _counted(noun: str, labels: Sequence[str], say: Wording) -> list[str]:
    """Each by its name; of many their number, with the first ones and the last."""
    names = [one_line(label, MOST) for label in sorted(labels, key=naturally)]
    if len(names) <= MOST_NAMED:
        return [one_line(label, MOST) for label in labels]
    return [say.count(noun, len(names), names=f"{say.listed(names[:3])} {ELLIPSIS} {names[-1]}")]


def why_inconclusive(report: Report, lang: Lang) -> str:
    """The first reason for which nothing can be said."""
    say = Wording(lang)
    stuck = first_stuck(report)
    if report.run.interrupted:
        return say("why-interrupted")
    if report.run.altered:
        return say("why-altered")
    if report.run.overdue:
        return say("why-overdue")
    if not report.run.finished:
        return say("why-unfinished")
    if nothing_asked(report):
        listed = _listed(report)
        return say.count("why-nothing-listed", listed) if listed else say("why-nothing")
    if stuck is None:
        return say("why-none-passed") if report.scope.judged else say("why-none-judged")
    blocked = stuck.outcome is Outcome.BLOCKED
    reason = stuck.reason.of(lang) if stuck.reason else ""
    if not reason:
        reason = (
            say("waits-for", id=one_line(stuck.blocked_by, 40)) if blocked and stuck.blocked_by else say("no-reason")
        )
    reason = one_line(reason, MOST).rstrip(".。")
    return say("why-blocked" if blocked else "why-broken", check=_named(stuck, lang), reason=reason)


def too_old_line(report: Report, hours: float, limit: float, lang: Lang) -> str:
    """Say that a record is older than it may be, and what it said; `hours`: its age."""
    values = {"hours": f"{hours:.0f}", "limit": f"{limit:g}", "verdict": verdict_line(report, lang)}
    return Wording(lang)("too-old", started=when(report.run.started, lang), **values)


def from_the_future_line(report: Report, lang: Lang) -> str:
    """Say that a record is of a time to come, and what it said."""
    return Wording(lang)("from-the-future", started=when(report.run.started, lang), verdict=verdict_line(report, lang))


def next_step(report: Report, lang: Lang) -> str:
    """Return the next step, as the line that follows the verdict."""
    return Wording(lang)("next", step=step_of(report, lang))


def step_of(report: Report, lang: Lang) -> str:
    """Return the next step, in a sentence or two."""
    say = Wording(lang)
    if report.verdict is Verdict.REJECTED:
        step = say("next-rejected")
    elif report.verdict is Verdict.ACCEPTED:
        step = say(_after_acceptance(report))
        if report.scope.trust_assumed:
            step = say("two-sentences", first=step, second=say("next-trust"))
    elif report.run.interrupted or not report.run.finished:
        step = say("next-again")
    elif nothing_asked(report):
        step = say("next-nothing-listed" if _listed(report) else "next-nothing")
    else:
        stuck = first_stuck(report)
        step = say("next-look", id=one_line(stuck.id, 40)) if stuck else say("next-again")
    return step


def _after_acceptance(report: Report) -> str:
    """The key of the words. What a rehearsal fetched for itself is gone when it ends: no folder is to be carried in."""
    if report.run.command != "rehearse":
        return "next-accepted-check"
    if report.site.kind == "restore":
        return "next-accepted-restore"
    return "next-accepted-rehearse" if report.site.wheelhouse else "next-accepted-fetched"


def first_stuck(report: Report) -> Entry | None:
    """The first check that counts and could not look, or, where there is none, the first that is blocked."""
    counts = counter(report)
    stuck = [check for check in report.checks if counts(check) and check.outcome in (Outcome.BROKEN, Outcome.BLOCKED)]
    required = [entry for entry in stuck if entry.level is Level.REQUIRED] or stuck
    broken = [entry for entry in required if entry.outcome is Outcome.BROKEN] or required
    return broken[0] if broken else None


def nothing_asked(report: Report) -> bool:
    """Say whether the run had no requirement to judge, since nobody named any."""
    return not report.scope.judged and not any(report.site.groups.values())


def _listed(report: Report) -> int:
    """Return how many projects a live index offers to somebody who named none; 0 where flows were to name them."""
    live = report.site.kind == "live" and not report.site.edition
    return (report.summary.listing.count or 0) if live else 0


def _named(entry: Entry, lang: Lang) -> str:
    say = Wording(lang)
    name = say("named", id=one_line(entry.id, 40), title=one_line(entry.title.of(lang), MOST))
    return say("with-subject", name=name, subject=one_line(entry.subject, 40)) if entry.subject else name
