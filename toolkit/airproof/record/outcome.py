"""The six outcomes, the verdict and the exit code: computed here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from airproof.check import Level


class Outcome(str, Enum):
    """Outcome of one check on one subject."""

    PASSED = "passed"
    FAILED = "failed"
    """The site's fault."""
    BROKEN = "broken"
    """airproof could not look, or erred: never a pass, never the site's failure."""
    BLOCKED = "blocked"
    """Waits on another check, which is named."""
    WAIVED = "waived"
    """Failed, and accepted by choice with a reason."""
    NOT_APPLICABLE = "not applicable"
    """By a positive fact."""


class Verdict(str, Enum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES = {Verdict.ACCEPTED: 0, Verdict.REJECTED: 1, Verdict.INCONCLUSIVE: 3}
WORST_VERDICT_FIRST = (Verdict.REJECTED, Verdict.INCONCLUSIVE, Verdict.ACCEPTED)
INTERRUPTED = 130

WORST_FIRST = (
    Outcome.FAILED,
    Outcome.BROKEN,
    Outcome.BLOCKED,
    Outcome.WAIVED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)
"""Two answers for one check and subject (a teardown error after a pass) fold to the worse."""


class JudgedEntry(Protocol):
    """Properties of an entry that the verdict needs."""

    @property
    def level(self) -> Level: ...
    @property
    def outcome(self) -> Outcome: ...


def verdict_of(entries: Iterable[JudgedEntry], *, finished: bool, judged: int, strict: bool) -> Verdict:
    """Rejected if a check that counts failed; else inconclusive if one could not look, nothing was judged, or the run
    has no end.

    `judged`: how many requirements the run speaks for. `strict`: advised checks count as required ones.
    """
    counting = [entry.outcome for entry in entries if strict or entry.level is Level.REQUIRED]
    if Outcome.FAILED in counting:
        return Verdict.REJECTED
    open_ends = Outcome.BROKEN in counting or Outcome.BLOCKED in counting
    if open_ends or not finished or not judged or Outcome.PASSED not in counting:
        return Verdict.INCONCLUSIVE
    return Verdict.ACCEPTED
