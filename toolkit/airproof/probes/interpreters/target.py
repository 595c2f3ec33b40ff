"""A target: the marker environment and the ordered tags of an interpreter, present here or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import pairwise

import msgspec
from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.version import Version

from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.oldlimits import modern
from airproof.site.site import InstalledDistribution, Target

EXTREMES = ("0", "9999")
"""The oldest and the newest release of a system, as far as a comparison goes."""
NOTHING: Mapping[str, InstalledDistribution] = {}


class PipBehaviour(msgspec.Struct, frozen=True):
    """Differences between the versions of pip in reading an index and choosing a file.

    Each bound was measured by the differential test, or read in pip's own source. The defaults describe a recent pip of
    no certain version.
    """

    takes_early: bool = False
    """Take a pre-release if nothing else meets a bound, as PEP 440 says and pip does from 26 on; older versions do so
    only if no bound is given.
    """
    takes_yanked: bool = False
    """Take a yanked release if no other would do, even if no requirement pins it: until 22 (PEP 592)."""
    takes_old: bool = True
    """Take a wheel whose requirements are written as before PEP 508: until 24.1, from which on pip passes over it. The
    same versions read a Requires-Python such as `>=3.6.*`, which newer ones treat as no restriction.
    """
    passes_over_builds: bool = False
    """Go on to another version where a source distribution does not build, until 22.0 (measured, 20.3.4 and 22.0.4)."""
    yanks_bare: bool = False
    """`data-yanked` without a value yanks a file, until 22 (html5lib); later versions ignore it."""
    build_first: bool = False
    """Prefer the greater build tag to the better tag, of two wheels of one version: until 21.1."""
    reads_json: bool = True
    """Read pages in JSON (PEP 691), from 22.2 on; older versions ask for HTML and ignore everything else."""
    takes_any_text: bool = False
    """Read a page in HTML whatever its charset, until 22 (html5lib). Later versions decode it as its header says, or as
    UTF-8, and fail with a traceback if they cannot (measured, 22.2.2 to 26.3).
    """
    reads_beside: bool = True
    """Read the METADATA beside a wheel (PEP 658), from 22.3 on; if it is announced, the wheel's own is not read."""
    new_announcement: bool = True
    """Read the announcement of PEP 714, `core-metadata`, from 23.2 on, besides the older name."""
    compares_beside: bool = False
    """Refuse a wheel whose own METADATA differs from the METADATA beside it, from 26.2 on."""
    first_hash: bool = True
    """Take the first of several hashes in JSON, of whatever kind, from 22.3 on; before, the strongest of the known
    kinds.
    """
    fragments: str = "exact"
    """How a hash is read in a URL's fragment: `hex` until 22.3 (digits and small letters after `sha256=`, wherever that
    stands), `rest` until 23.1 (all that follows), then `exact`: a part of its own.
    """
    heeds_empty: bool = False
    """Treat a hash without a value as one that no file has, from 26.3 on; older versions ignore it."""
    takes_capitals: bool = True
    """Treat a hash in capital letters as the same hash, from 24.2 on."""
    names: str = "strict"
    """How a wheel's file name is read: `loose` until 22.3 (a pattern that takes dashes in any part), `plain` until 25.3
    (a pattern without them), then `strict`, as packaging reads it.
    """
    extras_see: str = "all"
    """The requirements of `a` in view of which the release of `a[x]` is chosen: `none` (20.3.4), `pins` that another
    extra of `a` sets (22.2.2: `_iter_explicit_candidates_from_base`), or `all`, from 23.3 on.
    """
    literal_extras: bool = False
    """Compare the name of a requested extra with the written one, letter by letter, until 23.2: `a[x_y]` then finds no
    `x-y`, and a wheel's `FOO` is never found. Later versions compare normalised names (PEP 685; measured, 20.3 to
    26.3).
    """
    forgets_pin: bool = False
    """Forget that `a[x]` and `a` are of one version if `a` requires itself: until 21.1. Of several requirements of one
    release on one project, that resolver kept the last (resolvelib 0.5.4, `_get_criteria_to_update`; measured, 20.3.4).
    """
    jumps_far: bool = False
    """Go back past the releases that would do, from 23.1 to 25.0.1 (resolvelib 1.0.1): a release whose requirement's
    requirement lacks one of its own, or whose extra's project does not admit the Python, ends the resolution, though an
    older release has no such requirement (measured, 23.0.1 to 26.3).
    """
    resumes: int = 5
    """How often it asks for the rest of a file that breaks off, unless --resume-retries says another number: never
    before 25.2, though the option is there from 25.1 on (read in 25.0.1 to 26.3).
    """
    retries_502: bool = True
    """Repeat a request that is answered with status 502, from 24.0 on; older versions take that for the answer (read in
    23.3 and 24.0; measured, 22.2.2 to 26.3).
    """
    compared_name: str = "inside"
    """The name with which the name of a wheel's project is compared before pip takes it: none (`file`, pkg_resources,
    up to Python 3.10), the name of its `.dist-info` folder (`folder`, importlib.metadata, until 24.1), or the one in
    its METADATA (`inside`, the same from 24.2 on). A wheel that passes this under another Name is installed as another
    project.
    """

    @classmethod
    def of(cls, pip: str | None, python: str = "3.11") -> PipBehaviour:
        """Return the behaviour of a pip. `pip`: its version; None: not known. `python`: of the interpreter that runs
        it.
        """
        if pip is None:
            return ANY_PIP
        version = Version(pip)
        library = Version(python) >= Version("3.11") and version >= Version("22.2")
        return cls(
            takes_early=version >= Version("26.0"),
            takes_yanked=version < Version("22.0"),
            takes_old=version < Version("24.1.dev0"),
            passes_over_builds=version < Version("22.0"),
            yanks_bare=version < Version("22.0"),
            build_first=version < Version("21.1"),
            reads_json=version >= Version("22.2"),
            takes_any_text=version < Version("22.0"),
            reads_beside=version >= Version("22.3"),
            new_announcement=version >= Version("23.2"),
            compares_beside=version >= Version("26.2"),
            first_hash=version >= Version("22.3"),
            fragments="hex" if version < Version("22.3") else "rest" if version < Version("23.1") else "exact",
            heeds_empty=version >= Version("26.3"),
            takes_capitals=version >= Version("24.2"),
            names="loose" if version < Version("22.3") else "plain" if version < Version("25.3") else "strict",
            extras_see="none" if version < Version("21.1") else "pins" if version < Version("23.3") else "all",
            literal_extras=version < Version("23.3"),
            forgets_pin=version < Version("21.1"),
            jumps_far=Version("23.1.dev0") <= version < Version("25.1.dev0"),
            resumes=5 if version >= Version("25.2.dev0") else 0,
            retries_502=version >= Version("24.0.dev0"),
            compared_name="file" if not library else "inside" if version >= Version("24.2") else "folder",
        )

    def stops_at(self, retried: Collection[int]) -> str:
        """Return why this pip fails where airproof repeated a request for those statuses; empty if it does not."""
        if self.retries_502 or 502 not in retried:
            return ""
        return "status 502 at the first request, which this pip does not repeat"


ANY_PIP = PipBehaviour()


def builds_plain(host: Host) -> bool:
    """Say whether its pip builds a `setup.py` without pyproject.toml by the setuptools (and, from 23.1 on, wheel) that
    the interpreter has; from 25.3 on nothing is built so (measured, 20.3.4 to 26.3).
    """
    version = Version(host.pip or "99")
    wanted = {"setuptools"} | ({"wheel"} if version >= Version("23.1.dev0") else set())
    return version < Version("25.3.dev0") and wanted <= set(host.installed)


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
        """Patch levels from which on one of the evaluated markers or specifiers has another answer."""

    @classmethod
    def of(cls, host: Host, had: Mapping[str, InstalledDistribution] = NOTHING) -> TargetMatcher:
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

        The first is the oldest level; then follows each level at which a marker or a Requires-Python that is evaluated
        meanwhile changes its answer.
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
        applies.
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
        """Say whether Requires-Python admits the target. Like pip, treat an unreadable one as no restriction."""
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
