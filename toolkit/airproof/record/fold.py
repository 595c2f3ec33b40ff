"""Events -> Report: pure. Whatever is missing from the events is an outcome too, and never a good one.

The recorder writes one JSON line per event: `start` (what was asked, and the catalogue), `outcome` (one for each phase
of a check that said something) and `finish`. A run that was killed has no `finish`, and its record says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from airproof.check import Level
from airproof.printable import naturally
from airproof.record.outcome import EXIT_CODES, INTERRUPTED, WORST_FIRST, Outcome, verdict_of
from airproof.record.report import (
    EngineName,
    Entry,
    Offline,
    RecordedFinding,
    RehearsalStep,
    Report,
    Run,
    RunCommand,
    Scope,
    SiteSummary,
    Tool,
    counts_of,
)
from airproof.record.summary import Summary
from airproof.words import Text, load_texts


class Catalogued(msgspec.Struct, frozen=True):
    """Properties of a check that the fold needs."""

    id: str
    family: str
    level: Level
    title: Text
    why: Text
    requires: tuple[str, ...]
    waivable: bool
    not_here: Text | None = None
    """Why the check is not for this kind of site: a positive fact, whatever the run did."""


class RunStart(msgspec.Struct, frozen=True, tag="start", tag_field="event"):
    tool: Tool
    command: RunCommand
    engine: EngineName
    at: str
    site: SiteSummary
    catalog: tuple[Catalogued, ...]
    waivers: tuple[tuple[str, str, str], ...]
    """Check id, subject ("" for any), reason."""
    strict: bool
    ended: tuple[tuple[str, str, str, str], ...] = ()
    """Waivers that hold no more: the same, and their last day."""
    again: str = ""
    """As in the report."""


class Result(msgspec.Struct, frozen=True, tag="outcome", tag_field="event"):
    id: str
    subject: str
    outcome: Outcome
    seconds: float
    evidence: Text | None = None
    reason: Text | None = None
    findings: tuple[RecordedFinding, ...] = ()


class Finish(msgspec.Struct, frozen=True, tag="finish", tag_field="event"):
    at: str
    seconds: float
    facts: dict[str, str] = {}
    """The sha256 of each fact's file, by the fact's name; empty where several processes gathered them."""


class Progress(msgspec.Struct, frozen=True, tag="progress", tag_field="event"):
    """Progress of a run, for a display that follows it; the record does not keep it."""

    name: str
    values: dict[str, str] = {}


Event = RunStart | Result | Finish | Progress

R = TypeVar("R")
WORDS = load_texts(Path(__file__).with_name("fold.toml"))


class RunContext(msgspec.Struct, frozen=True):
    """Context of a run, known beside its events."""

    scope: Scope
    offline: Offline
    steps: tuple[RehearsalStep, ...]
    facts: dict[str, Any]
    bound: float | None = None
    """Seconds within which the run had to end."""
    departures: tuple[Text, ...] = ()
    """As in the report."""
    groups: dict[str, tuple[str, ...]] | None = None
    """Requirements that were asked for, by group, if they became known during the run; None: those of its start."""
    summary: Summary = Summary()
    """As in the report."""


def fold(
    events: Sequence[Event],
    around: RunContext,
    *,
    interrupted: bool = False,
    overdue: bool = False,
    altered: bool = False,
) -> Report:
    """The report of a run's events. Raises ValueError where there is no `start`: then nothing is known at all.

    `altered`: the log was changed by somebody else, so the run counts as one without an end.
    """
    start = next((event for event in events if isinstance(event, RunStart)), None)
    if start is None:
        raise ValueError("a run without a start event")
    finish = next((event for event in events if isinstance(event, Finish)), None) if not altered else None
    results = [event for event in events if isinstance(event, Result)]
    entries = _settle(start, _worst(results), finished=finish is not None)
    seen = {result.id for result in results}
    missing = tuple(check.id for check in start.catalog if check.id not in seen and check.not_here is None)
    verdict = verdict_of(entries, finished=finish is not None, judged=around.scope.judged, strict=start.strict)
    return Report(
        schema="airproof.report/1",
        tool=start.tool,
        run=Run(
            command=start.command,
            started=start.at,
            seconds=finish.seconds if finish else 0.0,
            engine=start.engine,
            finished=finish is not None,
            deselected=missing if finish else (),
            interrupted=interrupted,
            strict=start.strict,
            bound=around.bound,
            overdue=overdue,
            altered=altered,
            again=start.again,
        ),
        site=start.site if around.groups is None else msgspec.structs.replace(start.site, groups=around.groups),
        verdict=verdict,
        exit_code=INTERRUPTED if interrupted else EXIT_CODES[verdict],
        scope=around.scope,
        counts=counts_of(entries),
        checks=entries,
        facts=around.facts,
        offline=around.offline,
        steps=around.steps,
        departures=around.departures,
        summary=around.summary,
    )


def blocker(requires: Iterable[str], subject: str, bad: Mapping[tuple[str, str], Outcome]) -> tuple[str, str] | None:
    """The first of the required checks that does not hold for this subject.

    `bad`: id and subject of those that failed, broke or are blocked. A check of the whole site (no subject) holds for
    every interpreter, and waits for all of them.
    """
    for id in requires:
        for other, at in bad:
            if other == id and (not subject or not at or at == subject):
                return other, at
    return None


def holds_back(outcome: Outcome, findings: Sequence[RecordedFinding]) -> bool:
    """Say whether the checks that require this one wait for it.

    A check that is broken and has findings has judged an interpreter in the place of another host: what else that
    interpreter runs is judged all the same, or a further flow would spare it.
    """
    return outcome in (Outcome.FAILED, Outcome.BLOCKED) or (outcome is Outcome.BROKEN and not findings)


def waiver_for(waivers: Iterable[tuple[str, str, R]], id: str, subject: str, goes_by: Iterable[str] = ()) -> R | None:
    """The reason for which this failure is waived, if it is. `goes_by`: names of the finding itself, in any case.

    The first waiver that speaks of it decides; one without a reason says that it counts.
    """
    names = {"", subject, *(name.casefold() for name in goes_by)}
    found = (reason for check, at, reason in waivers if check == id and (at in names or at.casefold() in names))
    return next(found, None) or None


def by_waiver(entry: Entry, start: RunStart) -> Iterator[Entry]:
    """Yield an entry in as many parts as its findings have waivers: the waived ones first, what counts last.

    A waiver of the check or its subject holds for all of its findings, one of a name for the findings that go by it.
    What a waiver held for that has ended counts, and says so.
    """
    ended = [
        (check, at, WORDS["ended"].fill({"until": until, "reason": reason})) for check, at, reason, until in start.ended
    ]
    parts: dict[tuple[bool, Text | None], list[RecordedFinding]] = {}
    for finding in entry.findings:
        reason = waiver_for(start.waivers, entry.id, entry.subject, finding.goes_by)
        late = waiver_for(ended, entry.id, entry.subject, finding.goes_by)
        parts.setdefault((reason is None, late if reason is None else Text(reason, reason)), []).append(finding)
    for (counts, said), findings in sorted(parts.items(), key=lambda part: part[0][0]):
        part = msgspec.structs.replace(entry, findings=tuple(findings))
        if counts:
            yield msgspec.structs.replace(part, reason=entry.reason or said)
        else:
            yield msgspec.structs.replace(part, outcome=Outcome.WAIVED, reason=said)


def _worst(results: Iterable[Result]) -> dict[tuple[str, str], Result]:
    """One result for each id and subject: the worst that was said, in the order of first mention."""
    worst: dict[tuple[str, str], Result] = {}
    for result in results:
        key = (result.id, result.subject)
        if key not in worst or WORST_FIRST.index(result.outcome) < WORST_FIRST.index(worst[key].outcome):
            worst[key] = result
    return worst


def _settle(start: RunStart, worst: Mapping[tuple[str, str], Result], *, finished: bool) -> tuple[Entry, ...]:
    """All entries, in the catalogue's order; blocked follows from the outcomes alone, however the checks were run."""
    waivable = {check.id for check in start.catalog if check.waivable}
    entries: list[Entry] = []
    bad: dict[tuple[str, str], Outcome] = {}
    for about in _required_first(start.catalog):
        mine = [one for (id, _), one in worst.items() if id == about.id]
        if about.not_here is not None:
            mine = [Result(about.id, "", Outcome.NOT_APPLICABLE, 0.0, reason=about.not_here)]
        if not mine:
            missing = WORDS["left-out" if finished else "not-reached"]
            mine = [Result(about.id, "", Outcome.BROKEN, 0.0, reason=missing)]
        for requirement in mine:
            by = blocker(about.requires, requirement.subject, bad) if about.not_here is None else None
            entry = _entry(about, requirement)
            if by is not None:  # also where it said "not applicable": run in another order it could not have asked
                waits = WORDS["waits"].fill({"check": by[0]})
                entry = msgspec.structs.replace(
                    entry, outcome=Outcome.BLOCKED, reason=waits, blocked_by=by[0], findings=(), evidence=None
                )
            split = by is None and requirement.findings and about.id in waivable
            for part in by_waiver(entry, start) if split else (entry,):
                if holds_back(part.outcome, part.findings):
                    bad[part.id, part.subject] = part.outcome
                entries.append(part)
    position = {one.id: number for number, one in enumerate(start.catalog)}
    return tuple(sorted(entries, key=lambda one: (position[one.id], naturally(one.subject))))


def _required_first(catalog: Sequence[Catalogued]) -> list[Catalogued]:
    """The catalogue such that each check comes after those it requires (the recorder has ruled out cycles)."""
    by_id = {entry.id: entry for entry in catalog}
    order: dict[str, Catalogued] = {}

    def place(one: Catalogued) -> None:
        for id in one.requires:
            if id in by_id and id not in order:
                place(by_id[id])
        order.setdefault(one.id, one)

    for check in catalog:
        place(check)
    return list(order.values())


def _entry(about: Catalogued, result: Result) -> Entry:
    return Entry(
        id=about.id,
        family=about.family,
        level=about.level,
        subject=result.subject,
        outcome=result.outcome,
        seconds=result.seconds,
        title=about.title,
        why=about.why,
        evidence=result.evidence,
        reason=result.reason,
        findings=result.findings,
    )
