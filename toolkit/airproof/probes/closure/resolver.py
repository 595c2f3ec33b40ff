"""Provider for pip's own resolver library: it answers from an index, for one target, one page and one metadata file at
a time.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import Specifier
from packaging.version import Version
from resolvelib import AbstractProvider

from airproof.probes.closure.candidates import Weighed, normalised
from airproof.probes.closure.extras import provided
from airproof.probes.closure.indexview import RENAMED, IndexView, Passed
from airproof.site.hosts import InstalledDistribution

PYTHON = "<Python>"
"""Key of every Requires-Python."""


class ResolverRequirement(msgspec.Struct, frozen=True):
    """A requirement inside the resolver; extras make it another identity, as in pip."""

    requirement: Requirement
    of_extra: bool = False
    """The pin that an extra sets on its own project."""
    python: str = ""
    """A Requires-Python, which pip treats as a requirement; `requirement` then names the release that states it."""

    @property
    def text(self) -> str:
        return str(self.requirement)

    @property
    def project(self) -> str:
        return normalised(self.requirement.name)

    @property
    def key(self) -> str:
        if self.python:
            return PYTHON
        if not self.requirement.extras:
            return self.project
        extras = ",".join(sorted(self.requirement.extras))
        return f"{self.project}[{extras}]"


class ResolverCandidate(msgspec.Struct, frozen=True):
    """A candidate inside the resolver: a file, an installed distribution, or a placeholder for a missing file."""

    key: str
    project: str
    extras: frozenset[str]
    weighed: Weighed | None
    had: InstalledDistribution | None = None

    @property
    def is_phantom(self) -> bool:
        return self.weighed is None and self.had is None

    @property
    def version(self) -> Version:
        if self.had is not None:
            return Version(self.had.version)
        return (self.weighed and self.weighed.parsed.version) or Version("0")

    @property
    def name(self) -> str:
        return f"{self.key} {self.version}"


def clauses_of(wanted: Sequence[Any]) -> list[Specifier]:
    """Return all clauses on a project, without the pin that an extra sets on its own."""
    return [clause for wish, _ in wanted if not wish.of_extra for clause in wish.requirement.specifier]


def is_cause(identifier: str, causes: Sequence[Any]) -> bool:
    """Say whether a project takes part in what made pip go back."""
    return any(identifier in (cause.requirement.key, cause.parent and cause.parent.key) for cause in causes)


class Provider(AbstractProvider[ResolverRequirement, ResolverCandidate, str]):
    """resolvelib's provider, answered from the source for one target.

    With `lenient`, a requirement that nothing meets is met by a placeholder, so that one resolution, over the newest
    versions, finds all gaps instead of one. A placeholder stands for a version that could be fetched: if no version
    could meet all requirements on a project, there is no placeholder. `given_up`: keys in true conflict, which a
    placeholder meets nevertheless.
    """

    def __init__(
        self, index: IndexView, *, lenient: bool, given_up: Collection[str], asked: Sequence[str] = ()
    ) -> None:
        """`asked`: the keys of the directly requested projects, in the order given."""
        self.index, self.lenient, self.given_up = index, lenient, given_up
        self.places = {key: place for place, key in reversed([*enumerate(asked)])}
        self.jumps_far = index.target.ways.jumps_far and not lenient
        self._depths: dict[str, float] = {}
        self._wished: dict[int, Requirement] = {}
        """The requirements that were come to, by identity: the same objects come again and again."""
        self._passed_renamed = False

    def misses_nothing(self) -> bool:
        """Say whether a lenient resolution would end as this one did, once this one is known to be impossible.

        It would if a file meets each requirement that was come to: a search through thousands of combinations is then
        not made a second time.
        """
        differs = self.jumps_far or self.index.skip_unresolvable or self._passed_renamed
        return not differs and all(map(self.index.meets, self._wished.values()))

    def identify(self, requirement_or_candidate: ResolverRequirement | ResolverCandidate) -> str:
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, ResolverCandidate],
        candidates: Mapping[str, Iterator[ResolverCandidate]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[Any, ...]:
        """Prefer causes of backtracking, then pinned projects, then requested ones in the order given, as pip does.

        This avoids wrong turns. The name makes the order deterministic.
        """
        if self.jumps_far:
            return self.by_depth(identifier, list(information[identifier]), backtrack_causes)
        troubled = any(identifier == cause.requirement.key for cause in backtrack_causes)
        pinned = any(_is_pin(wish.requirement.requirement) for wish in information[identifier])
        return (not troubled, not pinned, self.places.get(identifier, len(self.places)), identifier)

    def by_depth(self, identifier: str, wanted: Sequence[Any], causes: Sequence[Any]) -> tuple[Any, ...]:
        """Return the preference of pip 23.1 to 25.0.1, where the order decides whether a resolution is found."""
        clauses = clauses_of(wanted)
        place = self.places.get(identifier, math.inf)
        depth = 1.0
        if identifier not in self.places:
            above = (0.0 if parent is None else self._depths.get(parent.key, math.inf) for _, parent in wanted)
            depth = min(above, default=math.inf) + 1.0
        self._depths[identifier] = depth
        troubled = is_cause(identifier, causes)
        pinned = any(clause.operator.startswith("==") for clause in clauses)
        return identifier != PYTHON, not pinned, not troubled, depth, place, not clauses, identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[ResolverRequirement]],
        incompatibilities: Mapping[str, Iterator[ResolverCandidate]],
    ) -> Iterable[ResolverCandidate] | Callable[[], Iterable[ResolverCandidate]]:
        wishes = list(requirements[identifier])
        if identifier == PYTHON:
            admitted = all(self.index.target.allows(wish.python) for wish in wishes)
            return [ResolverCandidate(PYTHON, PYTHON, frozenset(), None)] if admitted else []
        if not self.lenient:
            self._wished.update((id(wish.requirement), wish.requirement) for wish in wishes)
        tried = {choice.weighed.link.url if choice.weighed else choice.had for choice in incompatibilities[identifier]}
        project, extras = wishes[0].project, frozenset(wishes[0].requirement.extras)
        base = requirements.get(project, ()) if extras and self.index.target.ways.extras_see != "none" else ()
        base_wishes = [wish for wish in base if wish.of_extra or self.index.target.ways.extras_see == "all"]
        specifier = reduce(and_, (wish.requirement.specifier for wish in (*wishes, *base_wishes)))
        hopeless = self.lenient and any(not self.index.meets(wish.requirement) for wish in wishes)
        if identifier in self.given_up or (hopeless and self.index.can_be_fetched(project, specifier)):
            return [] if None in tried else [ResolverCandidate(identifier, project, extras, None)]
        had = self.index.had(project, specifier)

        def choices() -> Iterator[ResolverCandidate]:
            if had is not None and had not in tried:
                yield ResolverCandidate(identifier, project, extras, None, had)
            for file in self._taken(self.index.offered(project, specifier), tried):
                yield ResolverCandidate(identifier, project, extras, file)

        return choices  # A callable, so that files are read lazily, as in pip: a file that is not reached is not read.

    def _taken(self, offered: Iterable[tuple[Weighed, Passed]], tried: Container[object]) -> Iterator[Weighed]:
        """Yield the files that pip does not pass over. In lenient mode, a renamed file comes last: it is present, but
        wrong.
        """
        renamed = []
        for file, why in offered:
            if file.link.url in tried or self._spared(file):
                continue
            if not why or (self.jumps_far and why[0] == "requires-python"):
                yield file
            elif why[0] == RENAMED:
                self._passed_renamed = True
                renamed.append(file)
        if self.lenient:
            yield from renamed

    def _spared(self, file: Weighed) -> bool:
        return (
            self.index.skip_unresolvable and not (self.lenient or self.jumps_far) and self.index.is_unresolvable(file)
        )

    def is_satisfied_by(self, requirement: ResolverRequirement, candidate: ResolverCandidate) -> bool:
        if requirement.python:
            return self.index.target.allows(requirement.python)
        if candidate.is_phantom:
            return True
        specifier = requirement.requirement.specifier
        return not specifier or specifier.contains(candidate.version, prereleases=True)

    def get_dependencies(self, candidate: ResolverCandidate) -> Iterable[ResolverRequirement]:
        python = ""
        if candidate.had is not None:
            texts, extras = candidate.had.requires, candidate.extras
        elif candidate.weighed is not None:
            about = self.index.source.metadata(candidate.project, candidate.weighed.link)
            texts, extras = about.requires, candidate.extras
            if about.extras is not None:
                extras = provided(extras, about.extras, self.index.target.ways)
            python = about.requires_python or ""
        else:
            return []
        # The project without its extras must be the same version. It comes first, as in pip: if the project asks for
        # itself, a pre-release is admitted by then.
        wishes = [ResolverRequirement(requirement) for requirement in self.index.applying(texts, extras)]
        forgets = self.index.target.ways.forgets_pin and any(wish.key == candidate.project for wish in wishes)
        if candidate.extras and not forgets:
            wishes = [ResolverRequirement(_pin_of(candidate), of_extra=True), *wishes]
        if not self.jumps_far:
            return wishes
        wishes = list(self.with_bases(wishes))
        return (
            wishes
            if candidate.extras or not self.index.target.heeds(python)
            else [*wishes, ResolverRequirement(_pin_of(candidate), python=python)]
        )

    def with_bases(self, wishes: Iterable[ResolverRequirement]) -> Iterator[ResolverRequirement]:
        """Yield the requirements as pip passes them to its resolver: from 23.3 on `a[x]>1` asks for `a>1` as well."""
        for wish in wishes:
            if self.index.target.ways.extras_see == "all" and wish.requirement.extras and wish.requirement.specifier:
                base = copy.copy(wish.requirement)
                base.extras = set()
                yield ResolverRequirement(base)
            yield wish


def _pin_of(candidate: ResolverCandidate) -> Requirement:
    return Requirement(f"{candidate.project}=={candidate.version}")


def _is_pin(requirement: Requirement) -> bool:
    return any(clause.operator in ("==", "===") for clause in requirement.specifier)
