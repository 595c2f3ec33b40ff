"""airproof's own reading of the index: what each requirement needs there, found or missing, for one target.

pip's text cannot tell seventeen causes apart, and pip evaluates markers for the machine it runs on. So the closure is
resolved here with pip's own resolver library, over pages and metadata read from the index. Where it cannot be resolved,
the answer is data: every requirement that no file meets, with the path that leads to it and each file's reason, and
every true conflict with who wants what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver

from airproof.probes.candidates import FileFact, Weighed, fact_of, weigh
from airproof.probes.simple import Link, Page
from airproof.target import Target

MAX_ROUNDS = 20_000
"""Steps of backtracking before a resolution is given up as too deep."""
MAX_FILES = 60
"""Files of one gap that are kept as evidence."""


class Metadata(msgspec.Struct, frozen=True):
    """What a file says it needs. `readable` False: it could not be fetched or read."""

    requires: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    """Of an sdist: what must be on the index before it can be built."""
    readable: bool = True
    problem: str = ""


class Source(Protocol):
    """Where pages and metadata come from: an index, a folder, or a table in a test."""

    def page(self, project: str) -> Page: ...
    def metadata(self, project: str, link: Link) -> Metadata: ...


class Pin(msgspec.Struct, frozen=True):
    """A file that the resolution takes."""

    project: str
    version: str
    link: Link


class Gap(msgspec.Struct, frozen=True):
    """A requirement that no file of the index meets."""

    requirement: str
    project: str
    path: tuple[str, ...]
    """From what was asked for down to whom needs it; the last one names the requirement. Empty: it was asked for
    itself.
    """
    status: int | None
    """Of the project page."""
    trouble: str
    files: tuple[FileFact, ...]
    for_build: str = ""
    """The sdist that needs it to be built, or empty."""


class Want(msgspec.Struct, frozen=True):
    requirement: str
    by: str
    """`name version` of who wants it, or empty: it was asked for itself."""


class Conflict(msgspec.Struct, frozen=True):
    """Requirements on one project that each could be met, but not together."""

    project: str
    wants: tuple[Want, ...]


class Reading(msgspec.Struct, frozen=True):
    """What the index holds for one group of requirements."""

    pins: tuple[Pin, ...]
    gaps: tuple[Gap, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Files whose metadata could not be read, each with its problem."""
    too_deep: bool = False

    @property
    def resolves(self) -> bool:
        return not (self.gaps or self.conflicts or self.too_deep)


class _Wish(msgspec.Struct, frozen=True):
    """A requirement inside the resolver; extras make it another identity, as in pip."""

    requirement: Requirement

    @property
    def text(self) -> str:
        return str(self.requirement)

    @property
    def project(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def key(self) -> str:
        extras = ",".join(sorted(self.requirement.extras))
        return f"{self.project}[{extras}]" if extras else self.project


class _Choice(msgspec.Struct, frozen=True):
    """A candidate inside the resolver. `weighed` None: a phantom, standing in for what the index lacks."""

    key: str
    project: str
    extras: frozenset[str]
    weighed: Weighed | None

    @property
    def version(self) -> Version:
        return (self.weighed and self.weighed.parsed.version) or Version("0")

    @property
    def name(self) -> str:
        return f"{self.key} {self.version}"


class _Provider(AbstractProvider[_Wish, _Choice, str]):
    """resolvelib's questions, answered from the source for one target.

    With `lenient`, a requirement that nothing meets is met by a phantom, so that one resolution, over the newest
    versions, finds all gaps instead of one. `given_up`: keys in true conflict, which a phantom meets as well.
    """

    def __init__(self, index: _Index, *, lenient: bool, given_up: Collection[str]) -> None:
        self.index, self.lenient, self.given_up = index, lenient, given_up

    def identify(self, requirement_or_candidate: _Wish | _Choice) -> str:
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, _Choice],
        candidates: Mapping[str, Iterator[_Choice]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, str]:
        """What caused trouble first, then what is pinned: fewer wrong turns. The name makes it deterministic."""
        troubled = any(identifier == cause.requirement.key for cause in backtrack_causes)
        pinned = any(_is_pin(one.requirement.requirement) for one in information[identifier])
        return (not troubled, not pinned, identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[_Wish]],
        incompatibilities: Mapping[str, Iterator[_Choice]],
    ) -> Iterable[_Choice]:
        wishes = list(requirements[identifier])
        tried = {one.weighed.link.url if one.weighed else "" for one in incompatibilities[identifier]}
        project, extras = wishes[0].project, frozenset(wishes[0].requirement.extras)
        hopeless = self.lenient and any(not self.index.meets(one.requirement) for one in wishes)
        if hopeless or identifier in self.given_up:
            return [] if "" in tried else [_Choice(identifier, project, extras, None)]
        asked = Requirement(project)
        for one in wishes:
            asked.specifier &= one.requirement.specifier
        best: dict[Version | None, Weighed] = {}
        for file in self.index.weigh(asked):
            if not file.why_not and file.link.url not in tried:
                best.setdefault(file.parsed.version, file)
        return [_Choice(identifier, project, extras, file) for file in best.values()]

    def is_satisfied_by(self, requirement: _Wish, candidate: _Choice) -> bool:
        if candidate.weighed is None:
            return True
        return requirement.requirement.specifier.contains(candidate.version, prereleases=True)

    def get_dependencies(self, candidate: _Choice) -> Iterable[_Wish]:
        if candidate.weighed is None:
            return []
        texts = self.index.source.metadata(candidate.project, candidate.weighed.link).requires
        wishes = [_Wish(one) for one in self.index.applying(texts, candidate.extras)]
        if candidate.extras:  # the project without its extras must be the same version
            wishes.append(_Wish(Requirement(f"{candidate.project}=={candidate.version}")))
        return wishes


class _Index:
    """A source as one target, with its constraints, sees it."""

    def __init__(self, source: Source, target: Target, constraints: Sequence[str], *, pre: bool) -> None:
        self.source, self.target, self.pre = source, target, pre
        self.limits = {canonicalize_name(one.name): one.specifier for one in map(Requirement, constraints)}

    def weigh(self, requirement: Requirement) -> tuple[Weighed, ...]:
        project = canonicalize_name(requirement.name)
        asked = Requirement(project)
        asked.specifier = requirement.specifier & self.limits.get(project, asked.specifier)
        return weigh(self.source.page(project), asked, self.target, pre=self.pre)

    def meets(self, requirement: Requirement) -> bool:
        return any(not file.why_not for file in self.weigh(requirement))

    def applying(self, texts: Iterable[str], extras: frozenset[str] = frozenset()) -> list[Requirement]:
        """The requirements among the texts that are meant for the target, and that the index is asked for.

        An unreadable one asks for nothing, as in pip; one with a URL of its own asks another place.
        """
        parsed = (readable(text) for text in texts)
        asked = (one for one in parsed if one is not None and one.url is None)
        return [one for one in asked if self.target.applies(one.marker, extras)]

    def gap(self, requirement: Requirement, path: tuple[str, ...], for_build: str = "") -> Gap:
        project = canonicalize_name(requirement.name)
        page = self.source.page(project)
        trouble = page.trouble.value if page.trouble else "" if page.readable else "unreadable"
        files = tuple(fact_of(one) for one in self.weigh(requirement))
        # The nearest misses are what a person wants to see: the wrong versions come last.
        nearest = sorted(files, key=lambda one: one.why_not == "version")[:MAX_FILES]
        return Gap(_plain(requirement), project, path, page.status, trouble, tuple(nearest), for_build)


def read_closure(
    source: Source, target: Target, requirements: Sequence[str], *, constraints: Sequence[str] = (), pre: bool = False
) -> Reading:
    """The closure of requirements that are asked for together. One that the target's markers exclude is met.

    First as pip resolves; where that is impossible, once more leniently, so that everything that lacks is found.
    """
    index = _Index(source, target, constraints, pre=pre)
    roots = [_Wish(one) for one in index.applying(requirements)]
    conflicts: dict[str, Conflict] = {}
    lenient = False
    while True:
        provider = _Provider(index, lenient=lenient, given_up=conflicts)
        resolver: Resolver[_Wish, _Choice, str] = Resolver(provider, BaseReporter())
        try:
            return _reading(index, resolver.resolve(roots, max_rounds=MAX_ROUNDS), conflicts)
        except ResolutionTooDeep:
            return Reading((), too_deep=True)
        except ResolutionImpossible as impossible:
            if lenient:  # what can be met alone, but not together
                conflicts |= _conflicts(impossible)
            lenient = True


def _conflicts(impossible: ResolutionImpossible[_Wish, _Choice]) -> dict[str, Conflict]:
    wants: dict[str, list[Want]] = {}
    for cause in impossible.causes:
        by = cause.parent.name if cause.parent else ""
        wants.setdefault(cause.requirement.key, []).append(Want(_plain(cause.requirement.requirement), by))
    return {key: Conflict(key, tuple(dict.fromkeys(found))) for key, found in wants.items()}


def _reading(index: _Index, result: Any, conflicts: Mapping[str, Conflict]) -> Reading:
    """A resolution as facts: what it takes, and with which path each phantom was asked for."""
    chosen = [one for one in result.mapping.values() if one.weighed is not None]
    pins = {one.project: Pin(one.project, str(one.version), one.weighed.link) for one in chosen}
    gaps: dict[tuple[str, tuple[str, ...]], Gap] = {}
    for key, choice in result.mapping.items():
        if choice.weighed is None and key not in conflicts:
            for asked in result.criteria[key].information:
                if not index.meets(asked.requirement.requirement):
                    gap = index.gap(asked.requirement.requirement, _path(asked.parent, result))
                    gaps[gap.requirement, gap.path] = gap
    for one in chosen:
        about = index.source.metadata(one.project, one.weighed.link)
        for needed in index.applying(about.build_requires):
            if not index.meets(needed):
                gap = index.gap(needed, _path(one, result), one.weighed.link.filename)
                gaps[gap.requirement, gap.path] = gap
    unreadable = [
        f"{pin.link.filename}: {about.problem}"
        for pin in pins.values()
        if not (about := index.source.metadata(pin.project, pin.link)).readable
    ]
    return Reading(tuple(pins.values()), tuple(gaps.values()), tuple(conflicts.values()), tuple(unreadable))


def _path(choice: _Choice | None, result: Any) -> tuple[str, ...]:
    """`name version` from what was asked for down to this choice, by the first who asked for each."""
    path: list[str] = []
    while choice is not None and choice.name not in path:
        path.insert(0, choice.name)
        choice = next(iter(result.criteria[choice.key].information)).parent
    return tuple(path)


def _is_pin(requirement: Requirement) -> bool:
    return any(one.operator in ("==", "===") for one in requirement.specifier)


def _plain(requirement: Requirement) -> str:
    """Without its marker: that it applies is settled."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


@lru_cache(maxsize=100_000)
def readable(text: str) -> Requirement | None:
    """A Requires-Dist as it was meant; None where nobody can read it."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None
