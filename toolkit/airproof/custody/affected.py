"""Which versions an advisory affects, as OSV's schema evaluates its lists and its ranges of events."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec
from packaging.utils import canonicalize_version
from packaging.version import Version

RANGES = ("ECOSYSTEM", "SEMVER")
"""Kinds of ranges that speak of versions; the others speak of commits."""


class VersionEvent(msgspec.Struct):
    """One event of a range, as the database has it."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None

    def told(self) -> tuple[str, str] | None:
        """Return the kind and the version; None for an event of another kind."""
        for kind in ("introduced", "fixed", "last_affected", "limit"):
            version: str | None = getattr(self, kind)
            if version is not None:
                return kind, version
        return None


class VersionRange(msgspec.Struct):
    """A range as the database has it."""

    type: str = ""
    events: list[VersionEvent] | None = None


Key = tuple[int, Version | str]
"""A version to compare by: one that PEP 440 cannot read comes before all others, as pip ordered them."""
FIRST: Key = (-1, "")
"""The version `0` of an event: it comes before every version."""


@lru_cache(maxsize=50_000)
def read_version(text: str) -> Key:
    """Return what versions are compared by."""
    try:
        return 1, Version(text)
    except ValueError:  # InvalidVersion, and a number with more digits than Python reads
        return 0, text


def same_version(text: str) -> str:
    """Return the text by which equal versions are the same; a text that is no version stays."""
    return canonicalize_version(text) if read_version(text)[0] else text


class Affects:
    """The versions that one entry of `affected` speaks of, prepared to be asked about many.

    A version is affected if it is listed, or if a range has it. Ranges of commits are left out. A build of an affected
    release with a local label (`1.0+cu118`) is affected too.
    """

    def __init__(self, ranges: Iterable[VersionRange], versions: Iterable[str]) -> None:
        self._texts = frozenset(versions)
        self._keys = {key for key in map(read_version, self._texts) if key[0]}
        self._ranges = [_Events.of(one.events or ()) for one in ranges if one.type in RANGES]

    def has(self, version: str) -> bool:
        """Say whether a version is affected."""
        at = read_version(version)
        public = _public(at)
        if version in self._texts or at in self._keys or public in self._keys:
            return True
        return any(events.has(at, public) for events in self._ranges)


class _Events(NamedTuple):
    """The events of one range, sorted."""

    points: list[tuple[Key, bool, bool]]
    """Version, whether it is the last affected one, whether the range begins there."""
    limits: list[Key]
    limited: bool

    @classmethod
    def of(cls, events: Iterable[VersionEvent]) -> _Events:
        """Read and sort the events of one range. An event that would end it at an unreadable version ends nothing."""
        told = [one for event in events if (one := event.told()) is not None]
        limits = [version for kind, version in told if kind == "limit"]
        keys = [read_version(version) for version in limits if version != "*"]
        points = [
            (FIRST if version == "0" and kind == "introduced" else read_version(version), kind)
            for kind, version in told
            if kind == "introduced" or (kind != "limit" and read_version(version)[0])
        ]
        # Of two events at one version the last affected one comes after, the others stay in the order of the file.
        ordered = sorted(points, key=lambda point: (point[0], point[1] == "last_affected"))
        limited = bool(limits) and "*" not in limits and all(key[0] for key in keys)
        return cls([(key, kind == "last_affected", kind == "introduced") for key, kind in ordered], keys, limited)

    def has(self, at: Key, public: Key) -> bool:
        if self.limited and not any(at < limit for limit in self.limits):
            return False
        affected = False
        for key, last, begins in self.points:
            if last:
                affected = affected and not key < public
            elif not at < key:
                affected = begins
        return affected


def _public(key: Key) -> Key:
    return (1, Version(key[1].public)) if isinstance(key[1], Version) and key[1].local else key
