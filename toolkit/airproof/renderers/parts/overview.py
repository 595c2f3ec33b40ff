"""Foldings that several renderers share: checks by family, and the proof of being offline in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from airproof.printable import folded, one_line
from airproof.record.outcome import WORST_FIRST, Outcome, Verdict
from airproof.record.report import Entry, Report
from airproof.renderers.parts.causes import Cause, counter
from airproof.renderers.text.wording import SEPARATOR, Wording
from airproof.words import Lang

MOST_KEPT = 6
"""Projects and files that a mirror keeps, in one sentence."""
MOST_HOSTS = 6
"""Hosts or targets that are named one by one."""
MOST_REFUSED = 5
"""Destinations that are named in the sentence."""


@dataclass(frozen=True)
class Family:
    """The checks of one family."""

    name: str
    entries: list[Entry]

    @property
    def counts(self) -> dict[Outcome, int]:
        """Only the outcomes that occur, in the order in which a reader looks for them."""
        return in_order(self.entries)


def families_of(report: Report) -> list[Family]:
    """In the order of the record."""
    entries: dict[str, list[Entry]] = {}
    for entry in report.checks:
        entries.setdefault(entry.family, []).append(entry)
    return [Family(name, those) for name, those in entries.items()]


def in_order(entries: Sequence[Entry]) -> dict[Outcome, int]:
    counts = Counter(entry.outcome for entry in entries)
    order = (Outcome.PASSED, *(outcome for outcome in WORST_FIRST if outcome is not Outcome.PASSED))
    return {outcome: counts[outcome] for outcome in order if counts[outcome]}


def failing_of(report: Report) -> Callable[[Entry], bool]:
    """A function that says whether the failure of a check is one to the reader: beside *accepted* an advised one is
    advice.
    """
    return counter(report) if report.verdict is Verdict.ACCEPTED else lambda _: True


def counted(entries: Sequence[Entry], say: Wording, counts: Callable[[Entry], bool]) -> Iterator[tuple[str, Outcome]]:
    """Yield texts such as "4 passed" with their outcomes. `counts`: as from `failing_of`; other failures are advice."""
    for outcome, count in in_order(entries).items():
        advice = sum(outcome is Outcome.FAILED is entry.outcome and not counts(entry) for entry in entries)
        if count > advice:
            yield f"{count - advice} {say.outcome(outcome)}", outcome
        if advice:
            yield say.count("advice", advice), Outcome.WAIVED


def counts_sentence(entries: Sequence[Entry], report: Report, lang: Lang) -> str:
    """Such as "4 passed, 1 failed, 1 with advice"."""
    say = Wording(lang)
    return say.listed(text for text, _ in counted(entries, say, failing_of(report)))


def follower_of_failures(report: Report) -> Callable[[Entry], bool]:
    """A function that says whether an entry is blocked, directly or through others, by a check that failed."""
    failed = {check.id for check in report.checks if check.outcome is Outcome.FAILED}
    blockers = {check.id: check.blocked_by for check in report.checks if check.outcome is Outcome.BLOCKED}

    def follows(entry: Entry) -> bool:
        by, seen = entry.blocked_by, set[str]()
        while by is not None and by not in failed and by not in seen:
            seen.add(by)
            by = blockers.get(by)
        return by in failed

    return follows


def stuck_of(report: Report) -> list[Entry]:
    """Return the checks that could not look, or wait for such a check; those that wait for a failure have a cause."""
    follows = follower_of_failures(report)
    stuck = (Outcome.BROKEN, Outcome.BLOCKED)
    return [entry for entry in report.checks if entry.outcome in stuck and not follows(entry)]


def where_of(cause: Cause, report: Report, say: Wording) -> list[str]:
    """On which hosts or for which targets a cause was found; each one printable line."""
    told = {
        subject: say("here", targets=name) if subject in report.scope.here else name
        for subject in dict.fromkeys(entry.subject for entry in cause.entries)
        for name in [one_line(subject, 100) or say("the-site")]
    }
    elsewhere = [target for target in told if target and target not in report.scope.here]
    if len(elsewhere) <= MOST_HOSTS:
        return list(told.values())
    return [
        *(name for one, name in told.items() if one not in elsewhere),
        *folded(told[outcome] for outcome in elsewhere),
    ]


def victims_of(cause: Cause, report: Report) -> list[str]:
    """Return the victims of a cause; hosts and targets are folded, requirements have their own names."""
    targets = set(report.scope.targets)
    return folded(cause.victims) if targets.issuperset(cause.victims) else cause.victims


def offline_parts(report: Report, lang: Lang) -> list[str]:
    """The strength that held, the canary, the decoy, what was refused, and whose rights the packages had; each one
    printable line.
    """
    say = Wording(lang)
    offline = report.offline
    strength = say(f"offline-{offline.strength}")
    if offline.strength == "none" and not offline.refused:
        return [strength]
    canary = {True: "canary-refused", False: "canary-escaped", None: "canary-untried"}[offline.canary_refused]
    decoy = offline.decoy_visitors
    where = say.some((one_line(refusal, 100) for refusal in offline.refused), MOST_REFUSED)
    parts = [strength, say(canary), say("decoy-unknown") if decoy is None else say.count("visitors", decoy)]
    if offline.refused:
        parts.append(say.count("refused", len(offline.refused), where=where))
    elif offline.strength in ("guard", "namespace"):
        parts.append(say("nowhere-else"))
    return [*parts, say("whose-account")]


def run_parts(report: Report, lang: Lang) -> list[str]:
    """Departures from the manual, files left behind at a mirror, what could not be fetched for a rehearsal, and the
    time that the run had; each one printable line.
    """
    say = Wording(lang)
    parts = [one_line(text.of(lang)) for text in report.departures]
    for kept in report.summary.mirrors:
        names = say.some((one_line(name, 100) for name in (*kept.projects, *kept.files)), MOST_KEPT)
        mirrors = one_line(say.listed(kept.mirrors), 100)
        counts = {"projects": len(kept.projects), "files": len(kept.files)}
        parts.append(say("mirror-keeps", mirrors=mirrors, names=names, **counts))
    parts += [
        say(
            "lacking",
            target=one_line(gap.target, 100),
            says=one_line(gap.says.of(lang)),
            asked=one_line(say.listed(gap.asked)),
        )
        for gap in report.lacking
    ]
    if report.run.bound is not None:
        parts.append(say("bound-line", minutes=f"{report.run.bound / 60:.1f}"))
    return parts


def offline_sentence(report: Report, lang: Lang) -> str:
    return SEPARATOR.join(offline_parts(report, lang))
