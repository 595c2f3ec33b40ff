"""The change between two runs: of the index's content, and of how fast it serves many hosts."""

from __future__ import annotations

import msgspec

from airproof.record.report import Report
from airproof.record.summary import Listing, LoadStepSummary, LoadSummary

MOST = 2_000
"""Names of each kind that are kept; all are counted."""


class NameChanges(msgspec.Struct, frozen=True):
    count: int
    names: tuple[str, ...]
    """At most MOST."""


class IndexChange(msgspec.Struct, frozen=True):
    """Additions to the index and removals from it, as far as both runs looked."""

    before: int | None
    now: int | None
    """Projects that the index listed; None where the record does not know."""
    same: bool | None
    """The two lists of projects are the same; None where that is not known."""
    up_to: str
    """The names are compared up to this one, since longer lists are not kept whole; empty: all of them."""
    added: NameChanges
    removed: NameChanges
    pages: int
    """Projects whose files both runs read; only of these it is known what came and went."""
    files_added: NameChanges
    files_removed: NameChanges
    files_changed: NameChanges
    """The same name with another hash."""
    unnamed: tuple[str, ...]
    """Projects whose files changed, and are too many to be kept by name; at most MOST."""


class ReadyTime(msgspec.Struct, frozen=True):
    """Seconds in which 95 of 100 hosts were ready."""

    seconds: float
    is_longer: bool = False
    """So long was waited, and they were not ready."""


class LoadStepChange(msgspec.Struct, frozen=True):
    """So many hosts at once, in both runs."""

    hosts: int
    before: ReadyTime
    now: ReadyTime


class LoadChange(msgspec.Struct, frozen=True):
    """The load of two runs."""

    activation_time: float
    """Seconds in which both runs wanted the hosts to be ready; 0: they did not want the same."""
    held_before: int
    held_now: int
    """The largest number of hosts that was ready in that time."""
    steps: tuple[LoadStepChange, ...]
    """The numbers of hosts that both runs measured; empty if the hosts asked for other files."""
    same_files: bool

    @property
    def is_worse(self) -> bool:
        """Fewer hosts are ready in time than before."""
        return bool(self.activation_time) and self.held_now < self.held_before


def load_change(old: LoadSummary | None, new: LoadSummary | None) -> LoadChange | None:
    """Return the change of a load that both runs measured; None if one of them did not."""
    if old is None or new is None:
        return None
    same_files = _files_of(old) == _files_of(new)
    alike = same_files and old.activation_time == new.activation_time
    before = {step.hosts: step for step in old.steps}
    pairs = [(before[step.hosts], step) for step in new.steps if step.hosts in before] if same_files else []
    steps = [(was, now, _ready(was), _ready(now)) for was, now in pairs]
    return LoadChange(
        activation_time=new.activation_time if alike else 0.0,
        held_before=old.held,
        held_now=new.held,
        steps=tuple(LoadStepChange(was.hosts, one, other) for was, _, one, other in steps if one and other),
        same_files=same_files,
    )


def _files_of(load: LoadSummary) -> frozenset[tuple[str, str]]:
    """Return what is asked for, without the folders of a devpi, which the bytes of a file name as well."""
    return frozenset(
        (kind, target.rpartition("/")[2] or target)
        for each in load.profiles
        for pip in each.pips
        for kind, target in pip
    )


def _ready(step: LoadStepSummary) -> ReadyTime | None:
    """None if no host was awaited to its end."""
    if step.activation is None or step.stopped:
        return None
    p95 = step.activation.p95
    return ReadyTime(step.seconds, is_longer=True) if p95 is None else ReadyTime(p95)


def index_change(old: Report, new: Report) -> IndexChange:
    was, now = old.summary.listing, new.summary.listing
    up_to = _up_to(was, now)
    known = up_to is not None
    names = {name for name in was.names if not up_to or name <= up_to} if known else set()
    others = {name for name in now.names if not up_to or name <= up_to} if known else set()
    pages = sorted(was.files.keys() & now.files.keys())
    digests = was.digests.keys() & now.digests.keys()
    files = [
        (file, was.files[page].get(file), now.files[page].get(file))
        for page in pages
        for file in _files(was, now, page)
    ]
    return IndexChange(
        before=was.count,
        now=now.count,
        same=_same(was, now),
        up_to=up_to or "",
        added=_named(sorted(others - names)),
        removed=_named(sorted(names - others)),
        pages=len(pages) + len(digests),
        files_added=_named([name for name, before, _ in files if before is None]),
        files_removed=_named([name for name, _, after in files if after is None]),
        files_changed=_named([name for name, before, after in files if _differ(before, after)]),
        unnamed=tuple(sorted(digest for digest in digests if was.digests[digest] != now.digests[digest]))[:MOST],
    )


def _up_to(was: Listing, now: Listing) -> str | None:
    """Up to which name both lists are known; empty: both whole; None: not at all."""
    if was.count is None or now.count is None:
        return None
    ends = [release.names[-1] for release in (was, now) if not release.whole and release.names]
    if any(not release.whole and not release.names for release in (was, now)):
        return None
    return min(ends) if ends else ""


def _same(was: Listing, now: Listing) -> bool | None:
    if was.digest and now.digest:
        return was.digest == now.digest
    return was.names == now.names if was.whole and now.whole else None


def _files(was: Listing, now: Listing, project: str) -> list[str]:
    return sorted(was.files[project].keys() | now.files[project].keys())


def _differ(before: str | None, after: str | None) -> bool:
    """Another kind of hash is no other file."""
    if not before or not after or before.partition(":")[0] != after.partition(":")[0]:
        return False
    return before != after


def _named(names: list[str]) -> NameChanges:
    return NameChanges(len(names), tuple(names[:MOST]))
