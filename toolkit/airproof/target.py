"""A target: the marker environment and the ordered tags of an interpreter, present here or not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec
from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.version import Version

from airproof.probes.host import Host
from airproof.site import Had, TargetData

NOTHING: Mapping[str, Had] = {}


class PipWays(msgspec.Struct, frozen=True):
    """In what the versions of pip differ when they choose a file. As it stands: what is asked of a named target, whose
    pip nobody knows.
    """

    takes_early: bool = False
    """A pre-release where nothing else meets a bound, as PEP 440 says and pip does from 26 on; older ones do so only
    where no bound at all is given.
    """
    takes_yanked: bool = False
    """A yanked release where only such ones would do, also if nobody pins it: until 22 (PEP 592)."""
    takes_old: bool = True
    """A wheel whose requirements are written as before PEP 508: until 24.1, from which on pip passes over it."""

    @classmethod
    def of(cls, pip: str | None) -> PipWays:
        """`pip`: its version; None: nobody knows."""
        if pip is None:
            return ANY_PIP
        version = Version(pip)
        return cls(version >= Version("26.0"), version < Version("22.0"), version < Version("24.1.dev0"))


ANY_PIP = PipWays()


def builds_plain(host: Host) -> bool:
    """Whether its pip builds a `setup.py` without pyproject.toml by the setuptools (and, from 23.1 on, wheel) that the
    interpreter has; from 25.3 on nothing is built so (measured, 20.3.4 to 26.3).
    """
    version = Version(host.pip or "99")
    wanted = {"setuptools"} | ({"wheel"} if version >= Version("23.1.dev0") else set())
    return version < Version("25.3.dev0") and wanted <= set(host.installed)


class Target:
    """What decides, of two wheels, which one fits (PEP 425), and which dependencies apply (PEP 508)."""

    def __init__(
        self,
        label: str,
        markers: Mapping[str, str],
        tags: tuple[str, ...],
        *,
        ways: PipWays = ANY_PIP,
        had: Mapping[str, Had] = NOTHING,
        builds_plain: bool = False,
    ) -> None:
        """`tags`: such as `cp311-cp311-manylinux_2_17_x86_64`, best first.

        `ways`: of its pip. `had`: what is installed there and counts as served, by normalised names.
        `builds_plain`: an sdist that says nothing of its build is built by what is installed there.
        """
        self.label, self.ways, self.builds_plain = label, ways, builds_plain
        self.markers = dict(markers)
        self.tags = tags
        self.had = had

    @classmethod
    def of(cls, host: Host, had: Mapping[str, Had] = NOTHING) -> Target:
        return cls(
            host.label, host.markers, host.tags, ways=PipWays.of(host.pip), had=had, builds_plain=builds_plain(host)
        )

    @classmethod
    def by(cls, data: TargetData) -> Target:
        return cls(data.label, data.markers, data.tags, had=data.had)

    def as_if_empty(self) -> Target:
        """The same with nothing installed."""
        if not self.had:
            return self
        return Target(self.label, self.markers, self.tags, ways=self.ways, builds_plain=self.builds_plain)

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
