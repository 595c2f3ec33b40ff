"""Two records of one site: what broke, what was mended, what came and went. Pure.

A finding is the same one where check, subject, cause and key are the same, whatever its sentence says.
What the baseline does not name is new, also where the baseline could not look: it excuses only what it knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import msgspec

from airproof.check import Level
from airproof.record.changes import IndexChange, LoadChange, index_change, load_change
from airproof.record.outcome import EXIT_CODES, INTERRUPTED, Outcome, Verdict
from airproof.record.report import Entry, RecordedFinding, Report
from airproof.words import Text

Key = tuple[str, str, str, str]
_TEMPORARY = re.compile(r"\bairproof-[a-z0-9_]{8}\b")
"""Folders of one run, in the path of a file."""
_UNSEEN = (Outcome.BROKEN, Outcome.BLOCKED)


class Change(msgspec.Struct, frozen=True):
    """A finding that only one of the two records has."""

    id: str
    subject: str
    level: Level
    counts: bool
    """It weighs in the verdict."""
    title: Text
    cause: str
    """Empty where the check failed and told no finding."""
    key: str
    """Key of the finding, as in the record."""
    says: Text
    other: Outcome | None
    """The check's outcome in the other record; None where it has no such check or subject."""

    @property
    def identity(self) -> Key:
        """The identity of its finding, as `key_of` has it."""
        return self.id, self.subject, self.cause, self.key


class Lost(msgspec.Struct, frozen=True):
    """A check that was judged before and could not be now."""

    id: str
    subject: str
    counts: bool
    title: Text
    before: Outcome
    now: Outcome | None
    """None: the record says nothing of it."""
    reason: Text | None


class QuestionChange(msgspec.Struct, frozen=True):
    """Requirements and targets that were asked for in one run and not in the other."""

    requirements: tuple[str, ...]
    targets: tuple[str, ...]


class Comparison(msgspec.Struct, frozen=True):
    """The new record against its baseline."""

    schema: str
    started: str
    """When the baseline was made, UTC."""
    verdict: Verdict
    """The baseline's."""
    now: Verdict
    """The new record's."""
    exit_code: int
    """Under --only-new: 1 where something that counts broke; 3 or 130 where that could not be seen; else 0."""
    broke: tuple[Change, ...]
    mended: tuple[Change, ...]
    lost: tuple[Lost, ...]
    more: QuestionChange
    less: QuestionChange
    index: IndexChange
    load: LoadChange | None = None
    """None: one of the two runs sent no load."""

    @property
    def regressions(self) -> tuple[Change, ...]:
        """Return the changes that broke a required check."""
        return tuple(change for change in self.broke if change.counts)


def site_of(report: Report) -> tuple[str, str]:
    """Two records speak of the same site where this is the same: its kind, and the URL or, rehearsed, the folder."""
    if report.site.kind != "live":
        return report.site.kind, report.site.wheelhouse or ""
    return report.site.kind, report.site.url.rstrip("/")


def compare(old: Report, new: Report) -> Comparison:
    """Raises ValueError where they are records of different sites."""
    if site_of(old) != site_of(new):
        raise ValueError("records of different sites")
    before = {(check.id, check.subject): check for check in old.checks}
    now = {(check.id, check.subject): check for check in new.checks}
    known = set(_keys(old.checks))
    there = set(_keys(new.checks)) | set(_keys(new.checks, Outcome.WAIVED))
    broke = tuple(
        _change(entry, finding, before.get((entry.id, entry.subject)), strict=new.run.strict)
        for entry in new.checks
        if entry.outcome is Outcome.FAILED
        for finding in entry.findings or (None,)
        if key_of(entry, finding) not in known
    )
    mended = tuple(
        _change(entry, finding, now.get((entry.id, entry.subject)), strict=old.run.strict)
        for entry in old.checks
        if entry.outcome is Outcome.FAILED and _judged(now.get((entry.id, entry.subject)))
        for finding in entry.findings or (None,)
        if key_of(entry, finding) not in there
    )
    lost = tuple(_lost(old, new, {change.id for change in broke}))
    return Comparison(
        schema="airproof.comparison/1",
        started=old.run.started,
        verdict=old.verdict,
        now=new.verdict,
        exit_code=_exit_code(old, new, broke, lost),
        broke=broke,
        mended=mended,
        lost=lost,
        more=_asked(new, old),
        less=_asked(old, new),
        index=index_change(old, new),
        load=load_change(old.summary.load, new.summary.load),
    )


def key_of(entry: Entry, finding: RecordedFinding | None) -> Key:
    """Return the identity of a finding, by which it is found in two records."""
    if finding is None:
        return entry.id, entry.subject, "", ""
    return entry.id, entry.subject, finding.cause, _TEMPORARY.sub("airproof-", finding.key)


def _keys(entries: Iterable[Entry], outcome: Outcome = Outcome.FAILED) -> Iterator[Key]:
    for entry in entries:
        if entry.outcome is outcome:
            yield from (key_of(entry, finding) for finding in entry.findings or (None,))


def _change(entry: Entry, finding: RecordedFinding | None, other: Entry | None, *, strict: bool) -> Change:
    return Change(
        id=entry.id,
        subject=entry.subject,
        level=entry.level,
        counts=strict or entry.level is Level.REQUIRED,
        title=entry.title,
        cause=finding.cause if finding else "",
        key=key_of(entry, finding)[-1],
        says=finding.says if finding else entry.title,
        other=other.outcome if other else None,
    )


def _judged(entry: Entry | None) -> bool:
    """A waived failure is still there, and what could not be looked at is not mended."""
    return entry is not None and entry.outcome not in (*_UNSEEN, Outcome.WAIVED)


def _lost(old: Report, new: Report, broke: Collection[str]) -> Iterator[Lost]:
    """A target that is not asked for any more is no loss; a check that is gone from the run is one. What only waits for
    something that broke is told with that.
    """
    now = {(check.id, check.subject): check for check in new.checks}
    subjects = {check.subject for check in new.checks} | {"", *new.scope.targets}
    for entry in old.checks:
        if entry.outcome in (*_UNSEEN, Outcome.NOT_APPLICABLE) or entry.subject not in subjects:
            continue
        found = now.get((entry.id, entry.subject))
        if found is None or (found.outcome in _UNSEEN and not _waits(found, new, broke)):
            yield Lost(
                id=entry.id,
                subject=entry.subject,
                counts=new.run.strict or entry.level is Level.REQUIRED,
                title=entry.title,
                before=entry.outcome,
                now=found.outcome if found else None,
                reason=found.reason if found else None,
            )


def _waits(entry: Entry, report: Report, broke: Collection[str]) -> bool:
    """It is blocked, directly or through others, by one of those checks."""
    blockers = {check.id: check.blocked_by for check in report.checks if check.outcome is Outcome.BLOCKED}
    seen: set[str] = set()
    by = entry.blocked_by
    while by is not None and by not in seen:
        if by in broke:
            return True
        seen.add(by)
        by = blockers.get(by)
    return False


def _exit_code(old: Report, new: Report, broke: Iterable[Change], lost: Iterable[Lost]) -> int:
    if any(change.counts for change in broke):
        return EXIT_CODES[Verdict.REJECTED]
    if new.run.interrupted:
        return INTERRUPTED
    nothing = bool(old.scope.requirements) and not new.scope.requirements
    if any(change.counts for change in lost) or not new.run.finished or nothing:
        return EXIT_CODES[Verdict.INCONCLUSIVE]
    return EXIT_CODES[Verdict.ACCEPTED]


def _asked(one: Report, other: Report) -> QuestionChange:
    """Return what `one` asked for and `other` did not."""
    mine = dict.fromkeys(requirement for group in one.site.groups.values() for requirement in group)
    theirs = {requirement for group in other.site.groups.values() for requirement in group}
    targets = tuple(target for target in one.scope.targets if target not in other.scope.targets)
    return QuestionChange(tuple(requirement for requirement in mine if requirement not in theirs), targets)
