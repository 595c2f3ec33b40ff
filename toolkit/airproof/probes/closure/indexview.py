"""An index as one target's pip sees it: which files it offers, which of them pip passes over, and what is amiss."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from http import HTTPStatus
from operator import and_

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.probes.closure.candidates import (
    FileFact,
    Weighed,
    fact_of,
    normalised,
    project_of,
    version_for,
    weigh,
    weigh_any,
)
from airproof.probes.closure.extras import meant
from airproof.probes.closure.oldrequires import ends_old_pip, first_old, readable
from airproof.probes.closure.resolution import NOT_KEPT, Broken, Gap, KeptPage, Pin, Reading, Source, Want
from airproof.probes.closure.specifiers import can_be_met
from airproof.probes.index.simple import Page
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.hosts import InstalledDistribution

MAX_DEPTH = 150
"""Longest chain of dependencies that is followed ahead of a resolution."""
RENAMED = "name-inside"
"""The reason for which pip passes over a file that is another project or version inside than its file name says."""
Passed = tuple[()] | tuple[str, str]
"""The reason why pip passes over a file, and the detail; empty for a file that pip takes, or at which it fails."""
NO_PLACES: Mapping[str, str] = {}
NO_HASHES: Mapping[str, Collection[str]] = {}
MAX_FILES = 1_000
"""Files of one gap that are kept individually as evidence; the others are counted."""


class IndexView:
    """A source as one target sees it, with its constraints."""

    def __init__(
        self,
        source: Source,
        target: TargetMatcher,
        constraints: Sequence[str],
        *,
        skip_unresolvable: bool = False,
        choosing: Choosing = PLAIN,
        hashes: Mapping[str, Collection[str]] = NO_HASHES,
        places: Mapping[str, str] = NO_PLACES,
    ) -> None:
        """`choosing`, `hashes` (by project): as in `weigh`. `places`: requirement or constraint to the file and line
        that state it.

        `skip_unresolvable`: skip files that lack a dependency by themselves, except while a failure is explained.
        """
        self.source, self.target = source, target
        self.limits: dict[str, SpecifierSet] = {}
        self.held: dict[str, list[Want]] = {}
        """The constraints themselves, by project."""
        self.places = {plain(Requirement(text)): where for text, where in places.items()}
        for limit in map(Requirement, constraints):
            if target.applies(limit.marker):  # Several constraints on one project apply together, as in pip.
                name = canonicalize_name(limit.name)
                self.limits[name] = self.limits.get(name, SpecifierSet()) & limit.specifier
                self.held.setdefault(name, []).append(Want(plain(limit), "", self.places.get(plain(limit), "")))
        self.skip_unresolvable, self.choosing, self.hashes = skip_unresolvable, choosing, hashes
        self.broken: dict[str, Broken] = {}
        """Files that pip reached and at which it fails, by URL."""
        self.prepared: dict[str, Pin] = {}
        """Source distributions that pip comes to, and whose metadata it builds before it knows more, by URL."""
        self.built: dict[tuple[str, ...], Reading] = {}
        """Gaps of builds, by their build requirements."""
        self.building: set[tuple[str, ...]] = set()
        """Builds for which this view is read: a build that needs itself is not followed again."""
        self._doomed: dict[str, bool] = {}
        self._suited: dict[str, tuple[Weighed, ...]] = {}
        """By project the files that some requirement may take: most files of a large index are for other targets."""
        self._fitting: dict[tuple[str, SpecifierSet, bool], tuple[Weighed, ...]] = {}
        self._sound: set[str] = set()
        """URLs of the wheels that `passes_over` has found to be taken."""
        self._meanings: dict[tuple[tuple[str, ...], frozenset[str]], tuple[Requirement, ...]] = {}

    def fetch_pages(self, projects: Iterable[str]) -> None:
        """Fetch pages ahead of their use and side by side, if the source supports it."""
        ahead = getattr(self.source, "fetch_pages", None)
        if ahead is not None:
            ahead(list(projects))

    def served_as(self, requirement: Requirement) -> str:
        """Return the requirement's spelling of the name, if the source has a page under it alone; else empty."""
        asks = getattr(self.source, "is_served_as", None)
        name = requirement.name
        return name if asks is not None and asks(canonicalize_name(name), name) else ""

    def _kept(self, page: Page) -> KeptPage:
        """Return the mirror that serves the page from its store."""
        asks = getattr(self.source, "kept_by", None)
        return asks(page) if asks is not None else NOT_KEPT

    def weigh(self, requirement: Requirement) -> tuple[Weighed, ...]:
        """Return every file of the project, including those that are not taken, for an explanation."""
        project = normalised(requirement.name)
        return self._weighed(self._weigh_any(project), project, requirement.specifier)

    def fitting(self, project: str, specifier: SpecifierSet) -> tuple[Weighed, ...]:
        """Return the files that are taken, best first."""
        key = (project, specifier, bool(specifier.prereleases))  # Equal specifiers may differ in `prereleases`.
        if key not in self._fitting:
            if project not in self._suited:
                self._suited[project] = tuple(file for file in self._weigh_any(project) if not file.why_not)
            weighed = self._weighed(self._suited[project], project, specifier)
            self._fitting[key] = tuple(file for file in weighed if not file.why_not)
        return self._fitting[key]

    def _weigh_any(self, project: str) -> tuple[Weighed, ...]:
        return weigh_any(self.source.page(project), project, self.target, choosing=self.choosing)

    def _weighed(self, files: Iterable[Weighed], project: str, specifier: SpecifierSet) -> tuple[Weighed, ...]:
        limited, hashes = self._limited(project, specifier), self.hashes.get(project, ())
        return weigh(files, limited, self.target, choosing=self.choosing, hashes=hashes)

    def had(self, project: str, specifier: SpecifierSet) -> InstalledDistribution | None:
        """Return the installed distribution if it meets the specifier: pip then takes no other."""
        installed = self.target.had.get(project)
        if installed is None:
            return None
        wanted = self._limited(project, specifier)
        return installed if wanted.contains(installed.version, prereleases=True) else None

    def offered(self, project: str, specifier: SpecifierSet) -> Iterator[tuple[Weighed, Passed]]:
        """Yield the files that fit, in the order in which pip reaches them, each with the reason why it is passed over.

        Once pip could read a file of a version, it never tries a second file of that version, even if the first is
        excluded by its Requires-Python (measured, 20.3.4 to 26.3: the sdist beside such a wheel is not read) or, from
        24.1 on, by a requirement that PEP 508 refuses (`_iter_built`; measured, 24.2 and 26.3).
        """
        versions: set[Version | None] = set()
        for file in self.fitting(project, specifier):
            if file.parsed.version in versions:
                continue
            why = self.passes_over(file)
            if not why or why[0] in ("requires-python", "metadata"):
                versions.add(file.parsed.version)
            yield file, why

    def can_be_fetched(self, project: str, specifier: SpecifierSet) -> bool:
        """Say whether some version could meet the specifier and the constraints, whether any index has it or not.

        Compares the specifiers alone, and requests nothing.
        """
        return can_be_met(self._limited(project, specifier))

    def _limited(self, project: str, specifier: SpecifierSet) -> SpecifierSet:
        """Return the specifier together with the constraints on the project."""
        return specifier & self.limits[project] if project in self.limits else specifier

    def meets(self, requirement: Requirement) -> bool:
        """Say whether an installed distribution or a file meets the requirement; a file renamed inside counts."""
        return self._has(requirement) or any(not why or why[0] == RENAMED for _, why in self._offered(requirement))

    def _offered(self, requirement: Requirement) -> Iterator[tuple[Weighed, Passed]]:
        return self.offered(normalised(requirement.name), requirement.specifier)

    def _has(self, requirement: Requirement) -> bool:
        return self.had(normalised(requirement.name), requirement.specifier) is not None

    def _taken(self, requirement: Requirement) -> tuple[Weighed, ...]:
        return self.fitting(normalised(requirement.name), requirement.specifier)

    def passes_over(self, file: Weighed) -> Passed:
        """Return why pip passes over a file once it has read the metadata and continues with the next version.

        The result is a reason as in `FileFact`, and its detail; it is empty for a file that pip takes, or at which it
        fails. A file at which pip fails is added to `broken`, and a source distribution, whose metadata pip has to
        build, to `prepared`.
        """
        if file.link.url in self._sound:
            return ()
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
        if about.version and version is None and not self.target.ways.takes_old:  # Older pips pass over the file.
            problem = f"its METADATA has the version {about.version}, which is none"
            self.broken.setdefault(file.link.url, Broken(project, file.link, problem, "wheel-refused"))
            return ()
        if about.version and version != file.parsed.version:
            return RENAMED, f"{about.name or project} {about.version}"
        fatal = next(filter(ends_old_pip, about.requires), None) if self.target.ways.takes_old else None
        if fatal is not None:  # Newer pips pass over the file, below, or can read it.
            who = "no pip" if readable(fatal) is None else "no pip before 24.1"
            problem = f"its METADATA has a Requires-Dist that {who} can read: {fatal}"
            self.broken.setdefault(file.link.url, Broken(project, file.link, problem, "wheel-refused"))
            return ()
        old = "" if self.target.ways.takes_old or not file.is_wheel else first_old(about.requires)
        if old:
            return "metadata", old
        if not self.target.allows(about.requires_python):
            return "requires-python", about.requires_python or ""
        if file.is_wheel:
            self._sound.add(file.link.url)
        return ()

    def takes_renamed(self, files: Iterable[Weighed]) -> bool:
        """Say whether any of them is a file that pip passes over because it was renamed."""
        return any(self.passes_over(file)[:1] == (RENAMED,) for file in files)

    def is_unresolvable(self, file: Weighed, depth: int = 0) -> bool:
        """Say whether a dependency of the file is missing from the index, at whatever depth: then no resolution can
        take the file.

        Never true for a file that some resolution takes: a circular or very deep chain counts as complete.
        """
        url = file.link.url
        if url not in self._doomed:
            self._doomed[url] = False
            if depth < MAX_DEPTH:
                needed = self.applying(self.source.metadata(project_of(file.link.filename), file.link).requires)
                self._doomed[url] = any(not self._has_way(requirement, depth + 1) for requirement in needed)
        return self._doomed[url]

    def _has_way(self, requirement: Requirement, depth: int) -> bool:
        return self._has(requirement) or any(not self.is_unresolvable(file, depth) for file in self._taken(requirement))

    def applying(self, texts: Iterable[str], extras: frozenset[str] = frozenset()) -> list[Requirement]:
        """Return the requirements among the texts that apply to the target and that the index is asked for.

        A requirement without a name asks for nothing; one with a URL of its own asks another place.
        """
        return [requirement for requirement in self._meant(texts, extras) if requirement.url is None]

    def direct(self, texts: Iterable[str], extras: frozenset[str]) -> list[tuple[str, str]]:
        """Return project and URL of the requirements that name a URL."""
        return [
            (normalised(requirement.name), requirement.url)
            for requirement in self._meant(texts, extras)
            if requirement.url is not None
        ]

    def _meant(self, texts: Iterable[str], extras: frozenset[str]) -> tuple[Requirement, ...]:
        key = (tuple(texts), extras)
        if key not in self._meanings:
            self._meanings[key] = tuple(meant(key[0], self.target, extras))
        return self._meanings[key]

    def gap(self, requirement: Requirement, path: tuple[str, ...], others: Sequence[Want] = ()) -> Gap:
        """Describe a project of which no file meets the requirement. `others`: the other requirements on it."""
        project = normalised(requirement.name)
        page = self.source.page(project)
        trouble = page.stopped or (page.trouble.value if page.trouble else "" if page.readable else "unreadable")
        # A person wants to see the nearest misses: newest first; wrong versions and other projects' files come last.
        newest = sorted(self.weigh(requirement), key=lambda file: file.parsed.version or Version("0"), reverse=True)
        newest.sort(key=lambda file: (file.why_not == "no-package", file.why_not == "version"))
        wanted = copy.copy(requirement)  # The requirement with all that restricts it: this is what has to be fetched.
        held = (*self.held.get(project, ()), *others)
        wanted.specifier = reduce(
            and_, (Requirement(want.requirement).specifier for want in held), requirement.specifier
        )
        mirror, serial, seconds = self._kept(page)
        come_to = {file.link.url: why for file, why in self.offered(project, requirement.specifier)}

        def fact(file: Weighed) -> FileFact:
            why = () if file.why_not else come_to.get(file.link.url, ("beside", ""))
            return msgspec.structs.replace(fact_of(file), why_not=why[0], detail=why[1]) if why else fact_of(file)

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
            kept_serial=serial,
            kept_by=mirror,
            kept_seconds=seconds,
            held=held,
            served_as=self.served_as(requirement) if page.status == HTTPStatus.NOT_FOUND else "",
            asked=Want(
                plain(requirement), path[-1] if path else "", "" if path else self.places.get(plain(requirement), "")
            ),
        )

    def against(self, wishes: Sequence[Requirement]) -> tuple[FileFact, ...]:
        """Return the files of a project in conflict, each with the requirements and constraints it does not meet."""
        project = canonicalize_name(wishes[0].name)
        asked = (*wishes, *(Requirement(want.requirement) for want in self.held.get(project, ())))

        def unmet(file: Weighed) -> FileFact:
            version = file.parsed.version or Version("0")
            failed = [plain(wish) for wish in asked if not wish.specifier.contains(version, prereleases=True)]
            fact = fact_of(file)
            return msgspec.structs.replace(fact, why_not="version", detail=", ".join(failed)) if failed else fact

        return _facts(self.weigh(Requirement(project)), unmet)


def _facts(weighed: Sequence[Weighed], fact: Callable[[Weighed], FileFact] = fact_of) -> tuple[FileFact, ...]:
    """Return as many facts as are kept individually, then one line that counts the others by reason."""
    kept, rest = [fact(file) for file in weighed[:MAX_FILES]], weighed[MAX_FILES:]
    if rest:
        reasons = Counter(file.why_not for file in rest)
        counted = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
        kept.append(FileFact(f"(+{len(rest)})", "", counted))
    return tuple(kept)


def plain(requirement: Requirement) -> str:
    """Return the requirement as text without its marker, which is known to apply."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
