"""Context in which a record is drawn: the baseline it is compared with, the hosts it was joined from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from airproof.record.compare import Comparison, Key, key_of
from airproof.record.join import Member
from airproof.record.outcome import Outcome
from airproof.record.report import Entry, RecordedFinding


@dataclass(frozen=True)
class Context:
    against: Comparison | None = None
    only_new: bool = False
    """Only failures that are new since the baseline count."""
    members: tuple[Member, ...] = ()

    @property
    def hosts(self) -> tuple[Member, ...]:
        """Those worth a table: several hosts, or one with earlier days."""
        return self.members if len(self.members) > 1 or any(member.history for member in self.members) else ()

    def news(self, entry: Entry) -> tuple[RecordedFinding, ...]:
        """The findings of an entry that the baseline does not have; without a baseline all of them."""
        return tuple(finding for finding in entry.findings if self.is_new(entry, finding))

    def is_new(self, entry: Entry, finding: RecordedFinding | None = None) -> bool:
        """`finding` None: of an entry without findings, whether it broke, or could not be looked at, since then."""
        if self.against is None:
            return True
        if entry.outcome in (Outcome.BROKEN, Outcome.BLOCKED):
            return (entry.id, entry.subject) in self._lost
        return key_of(entry, finding) in self._broke

    @cached_property
    def _broke(self) -> frozenset[Key]:
        return frozenset(change.identity for change in (self.against.broke if self.against else ()))

    @cached_property
    def _lost(self) -> frozenset[tuple[str, str]]:
        return frozenset((change.id, change.subject) for change in (self.against.lost if self.against else ()))


ALONE = Context()
