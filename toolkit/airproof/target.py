"""A target: the marker environment and the ordered tags of an interpreter, present here or not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.version import Version

from airproof.probes.host import Host
from airproof.site import Had, TargetData

PIP_WITH_PEP_440 = Version("26.0")
PIP_WITH_PEP_592 = Version("22.0")
"""Older ones take a yanked release where nothing else would do, pinned or not."""

NOTHING: Mapping[str, Had] = {}


class Target:
    """What decides, of two wheels, which one fits (PEP 425), and which dependencies apply (PEP 508)."""

    def __init__(
        self,
        label: str,
        markers: Mapping[str, str],
        tags: tuple[str, ...],
        *,
        takes_early: bool = False,
        takes_yanked: bool = False,
        had: Mapping[str, Had] = NOTHING,
    ) -> None:
        """`tags`: such as `cp311-cp311-manylinux_2_17_x86_64`, best first.

        `takes_early`: its pip takes a pre-release where nothing else meets a bound, as PEP 440 says and pip does from
        26 on; older ones do so only where no bound at all is given, and nobody knows which pip a named target has.
        `takes_yanked`: its pip takes a yanked release where only such ones would do, also if nobody pins it.
        `had`: what is installed there and counts as served, by normalised names.
        """
        self.label, self.takes_early, self.takes_yanked = label, takes_early, takes_yanked
        self.markers = dict(markers)
        self.tags = tags
        self.had = had

    @classmethod
    def of(cls, host: Host, had: Mapping[str, Had] = NOTHING) -> Target:
        early = host.pip is not None and Version(host.pip) >= PIP_WITH_PEP_440
        yanked = host.pip is not None and Version(host.pip) < PIP_WITH_PEP_592
        return cls(host.label, host.markers, host.tags, takes_early=early, takes_yanked=yanked, had=had)

    @classmethod
    def by(cls, data: TargetData) -> Target:
        return cls(data.label, data.markers, data.tags, had=data.had)

    def as_if_empty(self) -> Target:
        """The same with nothing installed."""
        if not self.had:
            return self
        early, yanked = self.takes_early, self.takes_yanked
        return Target(self.label, self.markers, self.tags, takes_early=early, takes_yanked=yanked)

    @cached_property
    def ranks(self) -> dict[Tag, int]:
        """Tag to its place, 0 the best."""
        return {tag: rank for rank, name in enumerate(self.tags) for tag in parse_tag(name)}

    @cached_property
    def _pythons(self) -> set[str]:
        return {tag.interpreter for tag in self.ranks}

    @cached_property
    def _platforms(self) -> set[str]:
        return {tag.platform for tag in self.ranks}

    def rank(self, tags: frozenset[Tag]) -> int | None:
        """The best place of a wheel's tags, or None where the wheel does not fit."""
        fitting = [self.ranks[tag] for tag in tags if tag in self.ranks]
        return min(fitting, default=None)

    def misfit(self, tags: frozenset[Tag]) -> str:
        """Why a wheel does not fit: `python`, `platform` or `abi`, the first that rules out all of its tags."""
        if not any(tag.interpreter in self._pythons for tag in tags):
            return "python"
        if not any(tag.platform in self._platforms for tag in tags):
            return "platform"
        return "abi"

    def applies(self, marker: Marker | None, extras: frozenset[str] = frozenset()) -> bool:
        """Whether a requirement with that marker is meant for this target, with those extras asked for."""
        if marker is None:
            return True
        return any(marker.evaluate({**self.markers, "extra": extra}) for extra in extras or {""})

    def allows(self, requires_python: str | None) -> bool:
        """Whether Requires-Python admits the target. pip takes an unreadable one as no restriction."""
        if not requires_python:
            return True
        try:
            return SpecifierSet(requires_python).contains(self.markers["python_full_version"], prereleases=True)
        except InvalidSpecifier:
            return True
