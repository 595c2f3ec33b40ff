"""pip's own resolver library, told what an index holds for one target, one page and one metadata file at a time."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from operator import and_
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from resolvelib import AbstractProvider

from airproof.choosing import PLAIN, Choosing
from airproof.probes.candidates import FileFact, Weighed, fact_of, project_of, shared, weigh
from airproof.probes.inside import SILENT
from airproof.probes.oldrequires import as_meant, first_old
from airproof.probes.resolution import Gap, Source
from airproof.site import Had
from airproof.target import Target

MAX_DEPTH = 150
"""How deep a chain of dependencies is followed ahead of a resolution."""
NO_HASHES: Mapping[str, Collection[str]] = {}
MAX_FILES = 1_000
"""Files of one gap that are kept as evidence one by one; the rest is counted."""


class Wish(msgspec.Struct, frozen=True):
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


class Choice(msgspec.Struct, frozen=True):
    """A candidate inside the resolver: a file, else what is installed, else a phantom that stands in for what lacks."""

    key: str
    project: str
    extras: frozenset[str]
    weighed: Weighed | None
    had: Had | None = None

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


class Provider(AbstractProvider[Wish, Choice, str]):
    """resolvelib's questions, answered from the source for one target.

    With `lenient`, a requirement that nothing meets is met by a phantom, so that one resolution, over the newest
    versions, finds all gaps instead of one. `given_up`: keys in true conflict, which a phantom meets as well.
    """

    def __init__(self, index: IndexView, *, lenient: bool, given_up: Collection[str]) -> None:
        self.index, self.lenient, self.given_up = index, lenient, given_up

    def identify(self, requirement_or_candidate: Wish | Choice) -> str:
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Choice],
        candidates: Mapping[str, Iterator[Choice]],
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
        requirements: Mapping[str, Iterator[Wish]],
        incompatibilities: Mapping[str, Iterator[Choice]],
    ) -> Iterable[Choice] | Callable[[], Iterable[Choice]]:
        wishes = list(requirements[identifier])
        tried = {one.weighed.link.url if one.weighed else one.had for one in incompatibilities[identifier]}
        project, extras = wishes[0].project, frozenset(wishes[0].requirement.extras)
        hopeless = self.lenient and any(not self.index.meets(one.requirement) for one in wishes)
        if hopeless or identifier in self.given_up:
            return [] if None in tried else [Choice(identifier, project, extras, None)]
        specifier = reduce(and_, (one.requirement.specifier for one in wishes))
        best: dict[Version | None, Weighed] = {}
        for file in self.index.fitting(project, specifier):
            best.setdefault(file.parsed.version, file)  # pip never tries a second file of one version
        untried = (file for file in best.values() if file.link.url not in tried)
        if self.index.spares and not self.lenient:
            untried = (file for file in untried if not self.index.is_doomed(file))
        had = self.index.had(project, specifier)
        kept = [Choice(identifier, project, extras, None, had)] if had is not None and had not in tried else []
        choices = [*kept, *(Choice(identifier, project, extras, file) for file in untried)]
        if self.index.target.ways.takes_old:
            return choices
        return lambda: (one for one in choices if one.weighed is None or not self.index.refused(one.weighed))

    def is_satisfied_by(self, requirement: Wish, candidate: Choice) -> bool:
        if candidate.is_phantom:
            return True
        return requirement.requirement.specifier.contains(candidate.version, prereleases=True)

    def get_dependencies(self, candidate: Choice) -> Iterable[Wish]:
        if candidate.had is not None:
            texts = candidate.had.requires
        elif candidate.weighed is not None:
            texts = self.index.source.metadata(candidate.project, candidate.weighed.link).requires
        else:
            return []
        wishes = [Wish(one) for one in self.index.applying(texts, candidate.extras)]
        if candidate.extras:  # the project without its extras must be the same version
            wishes.append(Wish(Requirement(f"{candidate.project}=={candidate.version}")))
        return wishes


class IndexView:
    """A source as one target, with its constraints, sees it."""

    def __init__(
        self,
        source: Source,
        target: Target,
        constraints: Sequence[str],
        *,
        pre: bool,
        wheels_only: bool,
        spares: bool = False,
        choosing: Choosing = PLAIN,
        hashes: Mapping[str, Collection[str]] = NO_HASHES,
    ) -> None:
        """`choosing`, `hashes` (by project): as `weigh` has them.

        `spares`: files that lack something by themselves are not even tried, unless it is to be explained.
        """
        self.source, self.target, self.pre, self.wheels_only = source, target, pre, wheels_only
        self.limits: dict[str, SpecifierSet] = {}
        for limit in map(Requirement, constraints):
            if target.applies(limit.marker):  # several that hold one project hold together, as in pip
                name = canonicalize_name(limit.name)
                self.limits[name] = self.limits.get(name, SpecifierSet()) & limit.specifier
        self.spares, self.choosing, self.hashes = spares, choosing, hashes
        self._doomed: dict[str, bool] = {}
        self._fitting: dict[tuple[str, SpecifierSet], tuple[Weighed, ...]] = {}

    def fetch_pages(self, projects: Iterable[str]) -> None:
        """Reads pages ahead and side by side, where the source can."""
        ahead = getattr(self.source, "fetch_pages", None)
        if ahead is not None:
            ahead(list(projects))

    def weigh(self, requirement: Requirement) -> tuple[Weighed, ...]:
        """Every file of the project, also those that are not taken: for whoever explains."""
        return self._weigh(canonicalize_name(requirement.name), requirement.specifier)

    def fitting(self, project: str, specifier: SpecifierSet) -> tuple[Weighed, ...]:
        """The files that are taken, best first. They alone are kept: most of a large index is for other targets."""
        key = (project, specifier)
        if key not in self._fitting:
            found = tuple(file for file in self._weigh(project, specifier) if not file.why_not)
            self._fitting[project, shared(str(specifier), specifier)] = found
        return self._fitting[key]

    def _weigh(self, project: str, specifier: SpecifierSet) -> tuple[Weighed, ...]:
        asked = Requirement(project)
        asked.specifier = specifier & self.limits.get(project, SpecifierSet())
        return weigh(
            self.source.page(project),
            asked,
            self.target,
            pre=self.pre,
            wheels_only=self.wheels_only,
            choosing=self.choosing,
            hashes=self.hashes.get(project, ()),
        )

    def had(self, project: str, specifier: SpecifierSet) -> Had | None:
        """What is installed, where it will do: pip then takes nothing else."""
        found = self.target.had.get(project)
        wanted = specifier & self.limits.get(project, SpecifierSet())
        return found if found is not None and wanted.contains(found.version, prereleases=True) else None

    def meets(self, requirement: Requirement) -> bool:
        return self._has(requirement) or any(not self.refused(one) for one in self._taken(requirement))

    def can_build_with(self, requirement: Requirement) -> bool:
        """Whether pip comes by what a build needs. It builds apart, where nothing that is installed counts; an older
        one builds an sdist that is silent on its build by the interpreter's own setuptools.
        """
        if self.target.builds_plain and str(requirement) == SILENT:
            return True
        return any(not self.refused(one) for one in self._taken(requirement))

    def _has(self, requirement: Requirement) -> bool:
        return self.had(canonicalize_name(requirement.name), requirement.specifier) is not None

    def _taken(self, requirement: Requirement) -> tuple[Weighed, ...]:
        return self.fitting(canonicalize_name(requirement.name), requirement.specifier)

    def refused(self, file: Weighed) -> str:
        """For which of its requirements the target's pip passes over a wheel, as soon as it has read its metadata."""
        if self.target.ways.takes_old or not file.is_wheel:
            return ""
        return first_old(self.source.metadata(project_of(file.link.filename), file.link).requires)

    def is_doomed(self, file: Weighed, depth: int = 0) -> bool:
        """Whether something that the file needs is nowhere, at whatever depth: then no resolution can have it.

        Never true of a file that some resolution has: what goes in a circle, or very deep, is taken to be fine.
        """
        url = file.link.url
        if url not in self._doomed:
            self._doomed[url] = False
            if depth < MAX_DEPTH:
                needed = self.applying(self.source.metadata(project_of(file.link.filename), file.link).requires)
                self._doomed[url] = any(not self._has_way(one, depth + 1) for one in needed)
        return self._doomed[url]

    def _has_way(self, requirement: Requirement, depth: int) -> bool:
        return self._has(requirement) or any(not self.is_doomed(file, depth) for file in self._taken(requirement))

    def applying(self, texts: Iterable[str], extras: frozenset[str] = frozenset()) -> list[Requirement]:
        """The requirements among the texts that are meant for the target, and that the index is asked for.

        One without a name asks for nothing; one with a URL of its own asks another place.
        """
        return [one for one in self._meant(texts, extras) if one.url is None]

    def direct(self, texts: Iterable[str], extras: frozenset[str]) -> list[tuple[str, str]]:
        """Project and URL of those that name where they lie."""
        return [(canonicalize_name(one.name), one.url) for one in self._meant(texts, extras) if one.url is not None]

    def _meant(self, texts: Iterable[str], extras: frozenset[str]) -> list[Requirement]:
        found = (readable(text) for text in texts)
        return [one for one in found if one is not None and self.target.applies(one.marker, extras)]

    def gap(self, requirement: Requirement, path: tuple[str, ...], for_build: str = "") -> Gap:
        project = canonicalize_name(requirement.name)
        page = self.source.page(project)
        trouble = page.trouble.value if page.trouble else "" if page.readable else "unreadable"
        # The nearest misses are what a person wants to see: the newest first; wrong versions and strangers come last.
        newest = sorted(self.weigh(requirement), key=lambda one: one.parsed.version or Version("0"), reverse=True)
        newest.sort(key=lambda one: (one.why_not == "no-package", one.why_not == "version"))
        wanted = copy.copy(requirement)  # with its constraint: that is what has to be fetched
        wanted.specifier = requirement.specifier & self.limits.get(project, SpecifierSet())
        return Gap(plain(wanted), project, path, page.status, trouble, _facts(newest, self._fact), for_build)

    def _fact(self, one: Weighed) -> FileFact:
        old = "" if one.why_not else self.refused(one)
        return msgspec.structs.replace(fact_of(one), why_not="metadata", detail=old) if old else fact_of(one)

    def against(self, wishes: Sequence[Requirement]) -> tuple[FileFact, ...]:
        """The files of one project that is wanted apart: which of the wishes each does not meet."""

        def unmet(one: Weighed) -> FileFact:
            version = one.parsed.version or Version("0")
            failed = [plain(wish) for wish in wishes if not wish.specifier.contains(version, prereleases=True)]
            fact = fact_of(one)
            return msgspec.structs.replace(fact, why_not="version", detail=", ".join(failed)) if failed else fact

        return _facts(self.weigh(Requirement(canonicalize_name(wishes[0].name))), unmet)


def _facts(weighed: Sequence[Weighed], fact: Callable[[Weighed], FileFact] = fact_of) -> tuple[FileFact, ...]:
    """As many as are kept one by one, then one line that counts the rest by its reason."""
    kept, rest = [fact(one) for one in weighed[:MAX_FILES]], weighed[MAX_FILES:]
    if rest:
        reasons = Counter(one.why_not for one in rest)
        counted = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
        kept.append(FileFact(f"(+{len(rest)})", "", counted))
    return tuple(kept)


def _is_pin(requirement: Requirement) -> bool:
    return any(one.operator in ("==", "===") for one in requirement.specifier)


def plain(requirement: Requirement) -> str:
    """Without its marker: that it applies is settled."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


@lru_cache(maxsize=100_000)
def readable(text: str) -> Requirement | None:
    """A Requires-Dist as it was meant; None where it has no name: then it asks for nothing."""
    try:
        found = Requirement(text)
    except InvalidRequirement:
        old = as_meant(text)
        if old is None:
            return None
        found = old
    found.specifier = shared(str(found.specifier), found.specifier)  # most of what a requirement weighs
    found.marker = shared(str(found.marker), found.marker)
    return found
