"""A target: the marker environment and the ordered tags of an interpreter, present here or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import pairwise

from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.version import Version

from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.oldlimits import modern
from airproof.probes.interpreters.pipbehaviour import ANY_PIP, PipBehaviour, builds_plain
from airproof.site.hosts import InstalledDistribution, Target

EXTREMES = ("0", "9999")
"""The oldest and the newest release of a system, as far as a comparison goes."""
NOTHING: Mapping[str, InstalledDistribution] = {}


class TargetMatcher:
    """Matches wheels (PEP 425) and dependencies (PEP 508) against a target's tags and markers."""

    def __init__(
        self,
        label: str,
        markers: Mapping[str, str],
        tags: tuple[str, ...],
        *,
        ways: PipBehaviour = ANY_PIP,
        had: Mapping[str, InstalledDistribution] = NOTHING,
        patches: tuple[int, int] | None = None,
        builds_plain: bool = False,
        pips: tuple[str, ...] = (),
    ) -> None:
        """`tags`: such as `cp311-cp311-manylinux_2_17_x86_64`, best first.

        `ways`: the behaviour of its pip. `had`: installed distributions that count as served, by normalised names.
        `patches`: the oldest and the newest patch level that its Python may have. `builds_plain`: an sdist without
        build settings is built with the installed distributions. `pips`: the versions that its pip may have; if they
        read an index in different ways, `each` yields the target as each of them.
        """
        self.pips = pips
        self.label, self.ways, self.builds_plain = label, ways, builds_plain
        self.markers = dict(markers)
        self.tags = tags
        self.had = had
        self.patches = patches
        self.cuts: set[int] = set()
        """Patch levels from which on one of the evaluated markers or specifiers has another answer: `applies` and
        `allows` add them, `stretches` yields one target for each. All variants of one target share this set.
        """

    @classmethod
    def of(cls, host: Host, had: Mapping[str, InstalledDistribution] = NOTHING) -> TargetMatcher:
        """Return the target that an interpreter is."""
        return cls(
            host.label,
            host.markers,
            host.tags,
            ways=PipBehaviour.of(host.pip, host.markers.get("python_version", "3.11")),
            had=had,
            builds_plain=builds_plain(host),
            pips=(host.pip,) if host.pip else (),
        )

    @classmethod
    def by(cls, data: Target) -> TargetMatcher:
        """Return a target that the site names; of several possible pips, with the behaviour of the newest."""
        ways = PipBehaviour.of(data.pips[-1], data.markers["python_version"]) if data.pips else ANY_PIP
        return cls(data.label, data.markers, data.tags, ways=ways, had=data.had, patches=data.patches, pips=data.pips)

    def as_if_empty(self) -> TargetMatcher:
        """Return the same target with nothing installed."""
        return self._changed(self.markers, NOTHING) if self.had else self

    def each(self) -> Iterator[TargetMatcher]:
        """Yield the target as each interpreter that it may be: with each of its pips, newest first, if these read an
        index in different ways, and in each stretch of patch levels.
        """
        done: list[PipBehaviour] = []
        for pip in reversed(self.pips):
            ways = PipBehaviour.of(pip, self.markers["python_version"])
            if ways not in done:
                done.append(ways)
                yield from self._changed(self.markers, self.had, ways=ways, pips=(pip,)).stretches()
        if not self.pips:
            yield from self.stretches()

    def stretches(self) -> Iterator[TargetMatcher]:
        """Yield the target with the first patch level of each stretch of levels in which all evaluated markers have one
        answer.

        The first is the oldest level. While the caller uses the target that was yielded, its `applies` and `allows` add
        to `cuts` the levels at which a marker or a Requires-Python changes its answer; each of these follows.
        """
        done: set[int] = set()
        while self.patches is not None and (levels := sorted({self.patches[0], *self.cuts} - done)):
            done.add(levels[0])
            yield self._changed({**self.markers, **self._full(levels[0])}, self.had)
        if self.patches is None:
            yield self

    def _changed(
        self,
        markers: Mapping[str, str],
        had: Mapping[str, InstalledDistribution],
        *,
        ways: PipBehaviour | None = None,
        pips: tuple[str, ...] | None = None,
    ) -> TargetMatcher:
        made = TargetMatcher(
            self.label,
            markers,
            self.tags,
            ways=ways or self.ways,
            had=had,
            patches=self.patches,
            builds_plain=self.builds_plain,
            pips=self.pips if pips is None else pips,
        )
        made.cuts = self.cuts
        return made

    def _full(self, patch: int) -> dict[str, str]:
        full = f"{self.markers['python_version']}.{patch}"
        return {"python_full_version": full, "implementation_version": full}

    @cached_property
    def ranks(self) -> dict[Tag, int]:
        """Tag to its rank, 0 the best."""
        return {tag: rank for rank, name in enumerate(self.tags) for tag in parse_tag(name)}

    @cached_property
    def _unknown(self) -> tuple[str, ...]:
        """Markers that a target with a name alone does not have."""
        return tuple(name for name in ("platform_release", "platform_version") if not self.markers.get(name))

    @cached_property
    def _pythons(self) -> set[str]:
        return {tag.interpreter for tag in self.ranks}

    @cached_property
    def _platforms(self) -> set[str]:
        return {tag.platform for tag in self.ranks}

    def rank(self, tags: frozenset[Tag]) -> int | None:
        """Return the best rank of a wheel's tags, or None if the wheel does not fit."""
        fitting = [self.ranks[tag] for tag in tags if tag in self.ranks]
        return min(fitting, default=None)

    def misfit(self, tags: frozenset[Tag]) -> str:
        """Return why a wheel does not fit: `python`, `platform` or `abi`, the first that rules out all of its tags."""
        if not any(tag.interpreter in self._pythons for tag in tags):
            return "python"
        if not any(tag.platform in self._platforms for tag in tags):
            return "platform"
        return "abi"

    def applies(self, marker: Marker | None, extras: frozenset[str] = frozenset()) -> bool:
        """Say whether a requirement with that marker applies to this target, with those extras requested.

        A target that only has a name may have any release of its system: a requirement that applies to some of them
        applies. If its patch level is open, the levels at which the marker changes its answer are added to `cuts`, for
        `stretches`.
        """
        if marker is None:
            return True
        text = str(marker) if self.patches is not None or self._unknown else ""
        if self.patches is not None:
            self.cuts |= self._cuts_of(text, marker, extras)
        unknown = [name for name in self._unknown if name in text]
        assumed = [dict.fromkeys(unknown, value) for value in EXTREMES] if unknown else [{}]
        return any(
            marker.evaluate({**self.markers, **values, "extra": extra})
            for values in assumed
            for extra in extras or {""}
        )

    def heeds(self, requires_python: str | None) -> bool:
        """Say whether Requires-Python restricts anything: an empty or an unreadable one does not."""
        return bool(requires_python) and bool(_specifiers(requires_python or "", self.ways.takes_old))

    def allows(self, requires_python: str | None) -> bool:
        """Say whether Requires-Python admits the target. Like pip, treat an unreadable one as no restriction.

        If the patch level is open, the levels at which its answer changes are added to `cuts`, for `stretches`.
        """
        if not requires_python:
            return True
        read = _specifiers(requires_python, self.ways.takes_old)
        if self.patches is not None and read is not None:
            self.cuts |= self._cuts_of(requires_python, read)
        return read is None or read.contains(self._python, prereleases=True)

    def _cuts_of(self, text: str, asked: Marker | SpecifierSet, extras: frozenset[str] = frozenset()) -> set[int]:
        """Return the levels at which a marker or a Requires-Python changes its answer."""
        if isinstance(asked, Marker):
            named = "python_full_version" in text or "implementation_version" in text
        else:
            named = self.markers["python_version"] in text
        if self.patches is None or not named:
            return set()
        known = self._known_cuts.get((text, extras))
        if known is None:
            first, last = self.patches
            answers = [self._answer(asked, level, extras) for level in range(first, last + 1)]
            pairs = enumerate(pairwise(answers), first + 1)
            known = self._known_cuts[text, extras] = {level for level, (before, after) in pairs if before != after}
        return known

    def _answer(self, asked: Marker | SpecifierSet, patch: int, extras: frozenset[str]) -> bool:
        full = self._full(patch)
        if isinstance(asked, Marker):
            return any(asked.evaluate({**self.markers, **full, "extra": extra}) for extra in extras or {""})
        return asked.contains(full["python_full_version"], prereleases=True)

    @cached_property
    def _known_cuts(self) -> dict[tuple[str, frozenset[str]], set[int]]:
        return {}

    @cached_property
    def _python(self) -> str:
        """Return its version without a pre-release part: pip compares the three numbers."""
        return ".".join(map(str, Version(self.markers["python_full_version"]).release[:3]))


@lru_cache(maxsize=10_000)
def _specifiers(text: str, old: bool) -> SpecifierSet | None:
    """Parse a Requires-Python. `old`: read `>=3.6.*` and `<3.x` too."""
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        limits = [modern(limit) for limit in text.split(",") if limit.strip()] if old else [None]
        return None if None in limits else SpecifierSet(",".join(filter(None, limits)))
