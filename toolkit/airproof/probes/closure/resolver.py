"""pip's own resolver library, told what an index holds for one target, one page and one metadata file at a time."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from http import HTTPStatus
from operator import and_
from typing import Any

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from resolvelib import AbstractProvider

from airproof.probes.closure.candidates import FileFact, Weighed, fact_of, project_of, weigh
from airproof.probes.closure.oldrequires import first_old, readable
from airproof.probes.closure.resolution import Broken, Gap, Metadata, Pin, Source, Want
from airproof.probes.closure.specifiers import can_be_met
from airproof.probes.interpreters.target import PipWays, Target
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.site import Had

MAX_DEPTH = 150
"""How deep a chain of dependencies is followed ahead of a resolution."""
RENAMED = "name-inside"
"""Why pip passes over a file that is another project or version inside than its name says."""
Passed = tuple[()] | tuple[str, str]
"""Why pip passes over a file, and the detail; nothing for one that it takes, or ends at."""
NO_PLACES: Mapping[str, str] = {}
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
    versions, finds all gaps instead of one. A phantom stands for a version that could be fetched: where no version
    could meet all that is asked of a project, there is none. `given_up`: keys in true conflict, which a phantom meets
    all the same.
    """

    def __init__(
        self, index: IndexView, *, lenient: bool, given_up: Collection[str], asked: Sequence[str] = ()
    ) -> None:
        """`asked`: the keys of what was asked for itself, in the order given."""
        self.index, self.lenient, self.given_up = index, lenient, given_up
        self._places = {key: place for place, key in reversed([*enumerate(asked)])}

    def identify(self, requirement_or_candidate: Wish | Choice) -> str:
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Choice],
        candidates: Mapping[str, Iterator[Choice]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[bool, bool, int, str]:
        """What caused trouble first, then what is pinned, then what was asked for, in the order given, as pip does:
        fewer wrong turns. The name makes it deterministic.
        """
        troubled = any(identifier == cause.requirement.key for cause in backtrack_causes)
        pinned = any(_is_pin(one.requirement.requirement) for one in information[identifier])
        return (not troubled, not pinned, self._places.get(identifier, len(self._places)), identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Wish]],
        incompatibilities: Mapping[str, Iterator[Choice]],
    ) -> Iterable[Choice] | Callable[[], Iterable[Choice]]:
        wishes = list(requirements[identifier])
        tried = {one.weighed.link.url if one.weighed else one.had for one in incompatibilities[identifier]}
        project, extras = wishes[0].project, frozenset(wishes[0].requirement.extras)
        specifier = reduce(and_, (one.requirement.specifier for one in wishes))
        hopeless = self.lenient and any(not self.index.meets(one.requirement) for one in wishes)
        if identifier in self.given_up or (hopeless and self.index.can_be_fetched(project, specifier)):
            return [] if None in tried else [Choice(identifier, project, extras, None)]
        had = self.index.had(project, specifier)

        def choices() -> Iterator[Choice]:
            if had is not None and had not in tried:
                yield Choice(identifier, project, extras, None, had)
            for file in self._taken(self.index.offered(project, specifier), tried):
                yield Choice(identifier, project, extras, file)

        return (
            choices  # one after the other, as pip does: of the files that it does not come to, it never reads anything
        )

    def _taken(self, offered: Iterable[tuple[Weighed, Passed]], tried: Container[object]) -> Iterator[Weighed]:
        """Without those that pip passes over; where all that lacks is to be found, a renamed file is the last resort:
        it is there, and wrong.
        """
        renamed = []
        for file, why in offered:
            if file.link.url in tried or self._spared(file):
                continue
            if not why:
                yield file
            elif self.lenient and why[0] == RENAMED:
                renamed.append(file)
        yield from renamed

    def _spared(self, file: Weighed) -> bool:
        return self.index.spares and not self.lenient and self.index.is_doomed(file)

    def is_satisfied_by(self, requirement: Wish, candidate: Choice) -> bool:
        if candidate.is_phantom:
            return True
        return requirement.requirement.specifier.contains(candidate.version, prereleases=True)

    def get_dependencies(self, candidate: Choice) -> Iterable[Wish]:
        if candidate.had is not None:
            texts, extras = candidate.had.requires, candidate.extras
        elif candidate.weighed is not None:
            about = self.index.source.metadata(candidate.project, candidate.weighed.link)
            texts, extras = about.requires, _declared(candidate.extras, about)
        else:
            return []
        # The project without its extras must be the same version. It comes first, as in pip: where the project asks for
        # itself, a pre-release is admitted by then.
        itself = [Wish(Requirement(f"{candidate.project}=={candidate.version}"))] if candidate.extras else []
        return [*itself, *(Wish(requirement) for requirement in self.index.applying(texts, extras))]


class IndexView:
    """A source as one target, with its constraints, sees it."""

    def __init__(
        self,
        source: Source,
        target: Target,
        constraints: Sequence[str],
        *,
        spares: bool = False,
        choosing: Choosing = PLAIN,
        hashes: Mapping[str, Collection[str]] = NO_HASHES,
        places: Mapping[str, str] = NO_PLACES,
    ) -> None:
        """`choosing`, `hashes` (by project): as `weigh` has them. `places`: requirement or constraint to the file and
        line that say it.

        `spares`: files that lack something by themselves are not even tried, unless it is to be explained.
        """
        self.source, self.target = source, target
        self.limits: dict[str, SpecifierSet] = {}
        self.held: dict[str, list[Want]] = {}
        """The constraints themselves, by project."""
        self.places = {plain(Requirement(text)): where for text, where in places.items()}
        for limit in map(Requirement, constraints):
            if target.applies(limit.marker):  # several that hold one project hold together, as in pip
                name = canonicalize_name(limit.name)
                self.limits[name] = self.limits.get(name, SpecifierSet()) & limit.specifier
                self.held.setdefault(name, []).append(Want(plain(limit), "", self.places.get(plain(limit), "")))
        self.spares, self.choosing, self.hashes = spares, choosing, hashes
        self.broken: dict[str, Broken] = {}
        """Files that pip came to and ends at, by URL."""
        self.prepared: dict[str, Pin] = {}
        """Source distributions that pip comes to, and whose metadata it builds before it knows more, by URL."""
        self.built: dict[tuple[str, ...], tuple[Gap, ...]] = {}
        """What builds lack, by what they ask for."""
        self.building: set[tuple[str, ...]] = set()
        """Builds for which this view is read: one that needs itself is not followed again."""
        self._doomed: dict[str, bool] = {}
        self._fitting: dict[tuple[str, SpecifierSet, bool], tuple[Weighed, ...]] = {}

    def fetch_pages(self, projects: Iterable[str]) -> None:
        """Reads pages ahead and side by side, where the source can."""
        ahead = getattr(self.source, "fetch_pages", None)
        if ahead is not None:
            ahead(list(projects))

    def served_as(self, requirement: Requirement) -> str:
        """The name as the requirement spells it, where the source has a page under that spelling alone; else empty."""
        asks = getattr(self.source, "is_served_as", None)
        name = requirement.name
        return name if asks is not None and asks(canonicalize_name(name), name) else ""

    def weigh(self, requirement: Requirement) -> tuple[Weighed, ...]:
        """Every file of the project, also those that are not taken: for whoever explains."""
        return self._weigh(canonicalize_name(requirement.name), requirement.specifier)

    def fitting(self, project: str, specifier: SpecifierSet) -> tuple[Weighed, ...]:
        """The files that are taken, best first. They alone are kept: most of a large index is for other targets."""
        key = (project, specifier, bool(specifier.prereleases))  # equal ones may differ in that
        if key not in self._fitting:
            found = tuple(file for file in self._weigh(project, specifier) if not file.why_not)
            self._fitting[key] = found
        return self._fitting[key]

    def _weigh(self, project: str, specifier: SpecifierSet) -> tuple[Weighed, ...]:
        asked = Requirement(project)
        asked.specifier = specifier & self.limits.get(project, SpecifierSet())
        return weigh(
            self.source.page(project),
            asked,
            self.target,
            choosing=self.choosing,
            hashes=self.hashes.get(project, ()),
        )

    def had(self, project: str, specifier: SpecifierSet) -> Had | None:
        """What is installed, where it will do: pip then takes nothing else."""
        found = self.target.had.get(project)
        wanted = specifier & self.limits.get(project, SpecifierSet())
        return found if found is not None and wanted.contains(found.version, prereleases=True) else None

    def offered(self, project: str, specifier: SpecifierSet) -> Iterator[tuple[Weighed, Passed]]:
        """The files that fit, in the order in which pip comes to them, each with why it is passed over. pip never
        tries a second file of a version of which it could read one, also where it may not take that one for its
        Requires-Python (measured, 20.3.4 to 26.3: the sdist beside such a wheel is not looked at).
        """
        versions: set[Version | None] = set()
        for file in self.fitting(project, specifier):
            if file.parsed.version in versions:
                continue
            why = self.passes_over(file)
            if not why or why[0] == "requires-python":
                versions.add(file.parsed.version)
            yield file, why

    def can_be_fetched(self, project: str, specifier: SpecifierSet) -> bool:
        """Say whether some version, that the index may not have, meets the specifier and the constraints."""
        return can_be_met(specifier & self.limits.get(project, SpecifierSet()))

    def meets(self, requirement: Requirement) -> bool:
        return self._has(requirement) or any(not why or why[0] == RENAMED for _, why in self._offered(requirement))

    def _offered(self, requirement: Requirement) -> Iterator[tuple[Weighed, Passed]]:
        return self.offered(canonicalize_name(requirement.name), requirement.specifier)

    def _has(self, requirement: Requirement) -> bool:
        return self.had(canonicalize_name(requirement.name), requirement.specifier) is not None

    def _taken(self, requirement: Requirement) -> tuple[Weighed, ...]:
        return self.fitting(canonicalize_name(requirement.name), requirement.specifier)

    def passes_over(self, file: Weighed) -> Passed:
        """Why pip passes over a file once it has read its metadata, and goes on to the next version: a reason as in
        `FileFact`, and its detail; nothing for one that it takes, or ends at.
        """
        project = project_of(file.link.filename)
        about = self.source.metadata(project, file.link)
        if not about.readable:
            self.broken.setdefault(file.link.url, Broken(project, file.link, about.problem, about.cause))
            return ()
        if not file.is_wheel:
            self.prepared.setdefault(file.link.url, Pin(project, str(file.parsed.version), file.link))
        if about.name and canonicalize_name(about.name) != project:
            return RENAMED, f"{about.name} {about.version}"
        version = version_for(about.version, self.target.ways)
        if about.version and version is None and not self.target.ways.takes_old:  # older ones pass over it
            problem = f"its METADATA has the version {about.version}, which is none"
            self.broken.setdefault(file.link.url, Broken(project, file.link, problem, "wheel-refused"))
            return ()
        if about.version and version != file.parsed.version:
            return RENAMED, f"{about.name or project} {about.version}"
        nameless = next((text for text in about.requires if readable(text) is None), None)
        if nameless is not None and self.target.ways.takes_old:  # newer ones pass over it, below
            problem = f"its METADATA has a Requires-Dist that no pip can read: {nameless}"
            self.broken.setdefault(file.link.url, Broken(project, file.link, problem, "wheel-refused"))
            return ()
        old = "" if self.target.ways.takes_old or not file.is_wheel else first_old(about.requires)
        if old:
            return "metadata", old
        if not self.target.allows(about.requires_python):
            return "requires-python", about.requires_python or ""
        return ()

    def takes_renamed(self, choices: Iterable[Choice]) -> bool:
        """Whether any of them is a file that pip passes over since somebody renamed it."""
        return any(one.weighed is not None and self.passes_over(one.weighed)[:1] == (RENAMED,) for one in choices)

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

    def gap(self, requirement: Requirement, path: tuple[str, ...], others: Sequence[Want] = ()) -> Gap:
        """What there is of a project of which no file meets the requirement. `others`: what else is asked of it."""
        project = canonicalize_name(requirement.name)
        page = self.source.page(project)
        trouble = page.trouble.value if page.trouble else "" if page.readable else "unreadable"
        # The nearest misses are what a person wants to see: the newest first; wrong versions and strangers come last.
        newest = sorted(self.weigh(requirement), key=lambda one: one.parsed.version or Version("0"), reverse=True)
        newest.sort(key=lambda one: (one.why_not == "no-package", one.why_not == "version"))
        wanted = copy.copy(requirement)  # with all that holds it: that is what has to be fetched
        held = (*self.held.get(project, ()), *others)
        wanted.specifier = reduce(and_, (Requirement(one.requirement).specifier for one in held), requirement.specifier)
        come_to = {file.link.url: why for file, why in self.offered(project, requirement.specifier)}

        def fact(one: Weighed) -> FileFact:
            why = () if one.why_not else come_to.get(one.link.url, ("beside", ""))
            return msgspec.structs.replace(fact_of(one), why_not=why[0], detail=why[1]) if why else fact_of(one)

        files = _facts(newest, fact)
        return Gap(
            plain(wanted),
            project,
            path,
            page.status,
            trouble,
            files,
            content_type=page.content_type,
            undecoded="" if page.readable else page.undecoded,
            html_wanted=page.html_wanted,
            kept_serial=page.kept_serial,
            held=held,
            served_as=self.served_as(requirement) if page.status == HTTPStatus.NOT_FOUND else "",
            asked=Want(
                plain(requirement), path[-1] if path else "", "" if path else self.places.get(plain(requirement), "")
            ),
        )

    def against(self, wishes: Sequence[Requirement]) -> tuple[FileFact, ...]:
        """The files of one project that is wanted apart: which wishes and constraints each does not meet."""
        project = canonicalize_name(wishes[0].name)
        asked = (*wishes, *(Requirement(one.requirement) for one in self.held.get(project, ())))

        def unmet(one: Weighed) -> FileFact:
            version = one.parsed.version or Version("0")
            failed = [plain(wish) for wish in asked if not wish.specifier.contains(version, prereleases=True)]
            fact = fact_of(one)
            return msgspec.structs.replace(fact, why_not="version", detail=", ".join(failed)) if failed else fact

        return _facts(self.weigh(Requirement(project)), unmet)


def _facts(weighed: Sequence[Weighed], fact: Callable[[Weighed], FileFact] = fact_of) -> tuple[FileFact, ...]:
    """As many as are kept one by one, then one line that counts the rest by its reason."""
    kept, rest = [fact(one) for one in weighed[:MAX_FILES]], weighed[MAX_FILES:]
    if rest:
        reasons = Counter(one.why_not for one in rest)
        counted = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
        kept.append(FileFact(f"(+{len(rest)})", "", counted))
    return tuple(kept)


def _declared(extras: frozenset[str], about: Metadata) -> frozenset[str]:
    """Keep those of the extras that the file declares: the others are none to pip (20.3 to 26.3)."""
    if about.extras is None:
        return extras
    declared = {canonicalize_name(one) for one in about.extras}
    return frozenset(one for one in extras if canonicalize_name(one) in declared)


def version_for(text: str, ways: PipWays) -> Version | None:
    """As its library for metadata reads it: pkg_resources makes `1.0_1` a `1.0-1` first."""
    try:
        return Version(text)
    except InvalidVersion:
        pass
    try:
        return None if ways.compared_name != "file" else Version(re.sub(r"[^A-Za-z0-9.]+", "-", text.replace(" ", ".")))
    except InvalidVersion:
        return None


def _is_pin(requirement: Requirement) -> bool:
    return any(one.operator in ("==", "===") for one in requirement.specifier)


def plain(requirement: Requirement) -> str:
    """Without its marker: that it applies is settled."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
