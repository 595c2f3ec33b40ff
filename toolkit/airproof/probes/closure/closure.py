"""Resolve the closure of requirements from the index alone, for one target: each requirement is found or missing.

pip's messages cannot distinguish the causes that airproof reports, and pip evaluates markers for the machine on which
it runs. So the closure is resolved here with pip's own resolver library, over pages and metadata that are read from the
index. If it cannot be resolved, the result lists every requirement that no file meets, with the path that leads to it
and each file's reason, and every true conflict with the requirements on both sides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace
from packaging.utils import canonicalize_name
from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep
from resolvelib.resolvers import Resolution

from airproof.net.http import shown
from airproof.probes.closure.extras import unprovided_extras
from airproof.probes.closure.indexview import NO_HASHES, NO_PLACES, IndexView, plain
from airproof.probes.closure.resolution import Broken, Conflict, Direct, Gap, Pin, Reading, Source, Want
from airproof.probes.closure.resolver import PYTHON, Provider, ResolverCandidate, ResolverRequirement
from airproof.probes.files.archive import SILENT
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.group import Group
from airproof.site.site import DEFAULT_ROUNDS


def read_closure(
    source: Source,
    target: TargetMatcher,
    requirements: Sequence[str],
    *,
    constraints: Sequence[str] = (),
    rounds: int = DEFAULT_ROUNDS,
    choosing: Choosing = PLAIN,
    hashes: Mapping[str, Collection[str]] = NO_HASHES,
    places: Mapping[str, str] = NO_PLACES,
    order: type[Provider] = Provider,
) -> Reading:
    """Return the closure of requirements that are requested together. A requirement that the target's markers exclude
    counts as met.

    It is first resolved as pip does; if that is impossible, once more leniently, so that all gaps are found.
    `order`: the provider, whose order decides what is read before the closure is known.
    """
    index = IndexView(source, target, constraints, choosing=choosing, hashes=hashes, places=places)
    return _close(index, requirements, rounds, order)


def read_group(
    source: Source,
    target: TargetMatcher,
    group: Group,
    *,
    choosing: Choosing = PLAIN,
    rounds: int = DEFAULT_ROUNDS,
) -> Reading:
    """Return the closure of one group, with its constraints, its hashes, and the options of its file and of
    `choosing`.
    """
    reading = read_closure(
        source,
        target,
        group.requirements,
        constraints=group.constraints,
        choosing=group.tells(choosing),
        hashes=group.hashes,
        places=group.places,
        rounds=rounds,
    )
    return replace(reading, unprovided=unprovided_extras(source, target, group.requirements, reading.pins))


def read_each(source: Source, target: TargetMatcher, projects: Iterable[str]) -> Iterator[tuple[str, Reading]]:
    """Return the closure of each project by itself, as if nothing else were asked for: those that merely clash all
    resolve.
    """
    index = IndexView(source, target, (), skip_unresolvable=True)
    for project in projects:
        yield project, _close(index, (project,), DEFAULT_ROUNDS)


def _close(index: IndexView, requirements: Sequence[str], rounds: int, order: type[Provider] = Provider) -> Reading:
    roots = [ResolverRequirement(text) for text in index.applying(requirements)]
    index.prepared.clear()  # The view may have read other projects before.
    conflicts: dict[str, Conflict] = {}
    lenient = False
    first: ResolutionImpossible[ResolverRequirement, ResolverCandidate] | None = None
    while True:
        provider = order(index, lenient=lenient, given_up=conflicts, asked=[wish.key for wish in roots])
        try:
            resolved = _resolved(provider, roots, rounds)
            reading = _reading(index, resolved, conflicts)
            taken = (choice.weighed for choice in resolved.mapping.values() if choice.weighed is not None)
            if first is None or not reading.resolves or index.broken or index.takes_renamed(taken):
                return reading
            # Every requirement can be met by itself, yet pip fails: report the conflict that the first attempt met.
            return replace(reading, conflicts=tuple(_conflicts(index, first).values()))
        except ResolutionTooDeep:
            return Reading((), too_deep=True)
        except ResolutionImpossible as impossible:
            first = first or impossible
            if lenient or provider.misses_nothing():  # The requirements can each be met, but not together.
                conflicts |= _conflicts(index, impossible)
            lenient = True


class RememberingResolution(Resolution[ResolverRequirement, ResolverCandidate, str]):
    """Resolves as resolvelib does, and computes an answer again only if what it depends on was replaced.

    resolvelib asks in each round for each project whether its choice still meets all requirements, and for the
    preference of each open project: of 600 projects these are 600,000 answers, of which 3,000 differ. A criterion and a
    candidate are never changed, only replaced by another object.
    """

    def __init__(self, provider: Provider, reporter: BaseReporter[ResolverRequirement, ResolverCandidate, str]) -> None:
        super().__init__(provider, reporter)
        self._satisfied: dict[str, tuple[Any, ResolverCandidate | None, bool]] = {}
        self._preferred: dict[str, tuple[Any, list[Any], Any]] = {}

    def _is_current_pin_satisfying(self, name: str, criterion: Any) -> bool:
        pin, known = self.state.mapping.get(name), self._satisfied.get(name)
        if known is None or known[0] is not criterion or known[1] is not pin:
            known = criterion, pin, super()._is_current_pin_satisfying(name, criterion)
            self._satisfied[name] = known
        return known[2]

    def _get_preference(self, name: str) -> Any:
        criterion, causes, known = self.state.criteria[name], self.state.backtrack_causes, self._preferred.get(name)
        if known is None or known[0] is not criterion or known[1] != causes:
            known = self._preferred[name] = criterion, list(causes), super()._get_preference(name)
        return known[2]


class FarResolution(RememberingResolution):
    """Resolves as pip 23.1 to 25.0.1 does, with the step back of resolvelib 1.0.1.

    That step gives up each choice that requires no project of the contradiction, without trying another release of it,
    and never widens the projects of the contradiction. resolvelib 1.1 goes back choice by choice.
    """

    def _get_preference(self, name: str) -> Any:
        """Return the preference, which depends on the depths of other projects as well, so that none is kept."""
        return Resolution._get_preference(self, name)

    def _backjump(self, causes: list[Any]) -> bool:
        troubled = {cause.requirement.key for cause in causes}
        troubled |= {cause.parent.key for cause in causes if cause.parent is not None}
        while len(self._states) >= 3:
            del self._states[-1]
            involved = False
            while not involved:
                try:
                    given_up = self._states.pop()
                    key, candidate = given_up.mapping.popitem()
                except (IndexError, KeyError):
                    raise ResolutionImpossible(causes) from None
                involved = any(wish.key in troubled for wish in self._p.get_dependencies(candidate))
            unfit = [(other, list(criterion.incompatibilities)) for other, criterion in given_up.criteria.items()]
            self._push_new_state()
            if self._patch_criteria([*unfit, (key, [candidate])]):
                return True
        return False


class ResolvedClosure(NamedTuple):
    """Result of a resolution."""

    mapping: Mapping[str, ResolverCandidate]
    criteria: Mapping[str, Any]


def _resolved(provider: Provider, roots: Iterable[ResolverRequirement], rounds: int) -> ResolvedClosure:
    """Resolve, and keep the projects that are reachable from the roots in the end. Raises as resolvelib does.

    resolvelib's own `Resolver` walks from each choice up to the roots, and never ends at a project that needs itself if
    nothing else needs it any more (1.2.1). Here the walk starts at the roots.
    """
    resolution = FarResolution if provider.jumps_far else RememberingResolution
    roots = provider.with_bases(roots) if provider.jumps_far else roots
    state = resolution(provider, BaseReporter()).resolve(roots, max_rounds=rounds)
    state.mapping.pop(PYTHON, None)
    keys = {id(choice): key for key, choice in state.mapping.items()}
    needed: dict[str | None, list[str]] = {}
    for key, criterion in state.criteria.items():
        for parent in criterion.iter_parent():
            if parent is None or id(parent) in keys:
                needed.setdefault(None if parent is None else keys[id(parent)], []).append(key)
    reached: dict[str, None] = {}
    waiting = list(needed.get(None, ()))
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached[key] = None
            waiting += needed.get(key, ())
    return ResolvedClosure({key: choice for key, choice in state.mapping.items() if key in reached}, state.criteria)


def _conflicts(
    index: IndexView, impossible: ResolutionImpossible[ResolverRequirement, ResolverCandidate]
) -> dict[str, Conflict]:
    by_key: dict[str, list[Any]] = {}
    for cause in impossible.causes:
        key = cause.requirement.project if cause.requirement.python else cause.requirement.key
        by_key.setdefault(key, []).append(cause)
    return {key: _conflict(index, key, causes) for key, causes in by_key.items()}


def _conflict(index: IndexView, key: str, asking: Iterable[Any]) -> Conflict:
    wishes = list(asking)
    wants = (*_wants(index, wishes), *index.held.get(canonicalize_name(key.partition("[")[0]), ()))
    return Conflict(key, tuple(dict.fromkeys(wants)), index.against([wish.requirement.requirement for wish in wishes]))


def _wants(index: IndexView, asking: Iterable[Any]) -> list[Want]:
    texts = ((plain(wish.requirement.requirement), wish.parent) for wish in asking)
    return [Want(text, by.name) if by else Want(text, "", index.places.get(text, "")) for text, by in texts]


def _reading(index: IndexView, result: Any, conflicts: Mapping[str, Conflict]) -> Reading:
    """Turn a resolution into facts: the files that it takes, and the path by which each placeholder was asked for."""
    chosen = [candidate for candidate in result.mapping.values() if candidate.weighed is not None]
    pins = {
        candidate.project: Pin(candidate.project, str(candidate.version), candidate.weighed.link)
        for candidate in chosen
    }
    gaps: dict[tuple[str, tuple[str, ...]], Gap] = {}
    against = dict(conflicts)
    for key, choice in result.mapping.items():
        if choice.is_phantom and key not in conflicts:
            asking = _asking(key, result)
            unmet = [wish for wish in asking if not index.meets(wish.requirement.requirement)]
            others = _wants(
                index, [wish for wish in asking if wish not in unmet and wish.requirement.requirement.specifier]
            )
            for asked in unmet:
                gap = index.gap(asked.requirement.requirement, _path(asked.parent, result), others=others)
                gaps[gap.requirement, gap.path] = gap
            # The requirement can be met, but not together with the requirements of the project's own dependencies.
            if not unmet:
                against[key] = _conflict(index, key, result.criteria[key].information)
    for choice in chosen:
        built = _build_of(index, choice.project, choice.weighed.link)
        if built.gaps:
            for gap in _gaps_of_build(built, choice.weighed.link, _path(choice, result)):
                gaps[gap.requirement, gap.path] = gap
        against |= _conflicts_of_build(built, choice.weighed.link)
    unreadable = [
        Broken(pin.project, pin.link, about.problem, about.cause)
        for pin in pins.values()
        if not (about := index.source.metadata(pin.project, pin.link)).readable
    ]
    had = {
        candidate.project: candidate.had.version for candidate in result.mapping.values() if candidate.had is not None
    }
    direct = [
        Direct(project, f"{candidate.project} {candidate.version}", shown(url))
        for candidate in chosen
        for project, url in index.direct(
            index.source.metadata(candidate.project, candidate.weighed.link).requires, candidate.extras
        )
    ]
    prepared = tuple(pin for pin in index.prepared.values() if pin not in pins.values())
    return Reading(
        tuple(pins.values()),
        tuple(gaps.values()),
        tuple(against.values()),
        tuple(unreadable),
        prepared=prepared,
        unprepared=tuple(
            gap
            for pin in prepared
            for gap in _gaps_of_build(
                _build_of(index, pin.project, pin.link), pin.link, (f"{pin.project} {pin.version}",)
            )
        ),
        broken=tuple(index.broken.values()),
        had=had,
        direct=tuple(dict.fromkeys(direct)),
    )


def _build_of(index: IndexView, project: str, link: Link) -> Reading:
    """Return the reading of what the build of a source distribution needs; empty for a wheel.

    pip builds in an isolated environment, where installed distributions do not count; its `build_env` passes on the
    index and the choice of formats, but no constraint and no hash.
    """
    requires = index.source.metadata(project, link).build_requires
    needed = tuple(text for text in requires if text != SILENT or not index.target.builds_plain)
    if not needed or needed in index.building:
        return Reading(())
    if needed not in index.built:
        apart = IndexView(index.source, index.target.as_if_empty(), (), choosing=index.choosing)
        apart.built, apart.building = index.built, {*index.building, needed}
        index.built[needed] = _close(apart, needed, DEFAULT_ROUNDS)
    return index.built[needed]


def _gaps_of_build(built: Reading, link: Link, path: tuple[str, ...]) -> Iterator[Gap]:
    """Yield the requirements that the build lacks, including its indirect ones."""
    for gap in built.gaps:
        yield replace(gap, path=(*path, *gap.path), for_build=link.filename)


def _conflicts_of_build(built: Reading, link: Link) -> dict[str, Conflict]:
    """Return the build's conflicts; each requirement's place is the source distribution."""
    found = {}
    for conflict in built.conflicts:
        wants = (replace(want, where=f"{link.filename}: build-system") for want in conflict.wants)
        found[f"{link.filename}: {conflict.project}"] = replace(conflict, wants=tuple(wants))
    return found


def _path(choice: ResolverCandidate | None, result: Any) -> tuple[str, ...]:
    """Return the `name version` of each choice from the requested project down to this one, by the first requester of
    each.
    """
    path: list[str] = []
    while choice is not None and choice.name not in path:
        path.insert(0, choice.name)
        choice = next((wish.parent for wish in _asking(choice.key, result)), None)
    return tuple(path)


def _asking(key: str, result: Any) -> list[Any]:
    """Return the requirements that hold in the end: the resolver also keeps those of candidates that it gave up."""
    return [
        wish
        for wish in result.criteria[key].information
        if wish.parent is None or wish.parent in result.mapping.values()
    ]
