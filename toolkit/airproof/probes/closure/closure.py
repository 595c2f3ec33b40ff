"""airproof's own reading of the index: what each requirement needs there, found or missing, for one target.

pip's text cannot tell seventeen causes apart, and pip evaluates markers for the machine it runs on. So the closure is
resolved here with pip's own resolver library, over pages and metadata read from the index. Where it cannot be resolved,
the answer is data: every requirement that no file meets, with the path that leads to it and each file's reason, and
every true conflict with who wants what.
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
from airproof.probes.closure.resolution import Conflict, Direct, Gap, Pin, Reading, Source, Want
from airproof.probes.closure.resolver import NO_HASHES, NO_PLACES, Choice, IndexView, Provider, Wish, plain
from airproof.probes.files.archive import SILENT
from airproof.probes.interpreters.target import Target
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.site import DEFAULT_ROUNDS, Group


def read_closure(
    source: Source,
    target: Target,
    requirements: Sequence[str],
    *,
    constraints: Sequence[str] = (),
    rounds: int = DEFAULT_ROUNDS,
    choosing: Choosing = PLAIN,
    hashes: Mapping[str, Collection[str]] = NO_HASHES,
    places: Mapping[str, str] = NO_PLACES,
) -> Reading:
    """The closure of requirements that are asked for together. One that the target's markers exclude is met.

    First as pip resolves; where that is impossible, once more leniently, so that everything that lacks is found.
    """
    index = IndexView(source, target, constraints, choosing=choosing, hashes=hashes, places=places)
    return _close(index, requirements, rounds)


def read_group(
    source: Source,
    target: Target,
    group: Group,
    *,
    choosing: Choosing = PLAIN,
    rounds: int = DEFAULT_ROUNDS,
) -> Reading:
    """The closure of one group, with its constraints, its hashes, and what its file and `choosing` tell pip."""
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


def read_each(source: Source, target: Target, projects: Iterable[str]) -> Iterator[tuple[str, Reading]]:
    """The closure of each project by itself, as if nothing else were asked for: those that merely clash all resolve."""
    index = IndexView(source, target, (), spares=True)
    for project in projects:
        yield project, _close(index, (project,), DEFAULT_ROUNDS)


def _close(index: IndexView, requirements: Sequence[str], rounds: int) -> Reading:
    roots = [Wish(one) for one in index.applying(requirements)]
    index.prepared.clear()  # the view may have read other projects before
    conflicts: dict[str, Conflict] = {}
    lenient = False
    first: ResolutionImpossible[Wish, Choice] | None = None
    while True:
        provider = Provider(index, lenient=lenient, given_up=conflicts, asked=[wish.key for wish in roots])
        try:
            resolved = _resolved(provider, roots, rounds)
            reading = _reading(index, resolved, conflicts)
            if first is None or not reading.resolves or index.broken or index.takes_renamed(resolved.mapping.values()):
                return reading
            # Nothing lacks by itself, and pip ends all the same: what was tried first clashed.
            return replace(reading, conflicts=tuple(_conflicts(index, first).values()))
        except ResolutionTooDeep:
            return Reading((), too_deep=True)
        except ResolutionImpossible as impossible:
            first = first or impossible
            if lenient:  # what can be met alone, but not together
                conflicts |= _conflicts(index, impossible)
            lenient = True


class Resolved(NamedTuple):
    """What a resolution comes to."""

    mapping: Mapping[str, Choice]
    criteria: Mapping[str, Any]


def _resolved(provider: Provider, roots: Iterable[Wish], rounds: int) -> Resolved:
    """All that is still asked for in the end. Raises as resolvelib does.

    Its own `Resolver` walks from each choice up to the roots and never ends at a project that needs itself once nobody
    else asks for it any more (1.2.1); here the roots are where the walk begins.
    """
    state = Resolution(provider, BaseReporter()).resolve(roots, max_rounds=rounds)
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
    return Resolved({key: choice for key, choice in state.mapping.items() if key in reached}, state.criteria)


def _conflicts(index: IndexView, impossible: ResolutionImpossible[Wish, Choice]) -> dict[str, Conflict]:
    by_key: dict[str, list[Any]] = {}
    for cause in impossible.causes:
        by_key.setdefault(cause.requirement.key, []).append(cause)
    return {key: _conflict(index, key, causes) for key, causes in by_key.items()}


def _conflict(index: IndexView, key: str, asking: Iterable[Any]) -> Conflict:
    wishes = list(asking)
    wants = (*_wants(index, wishes), *index.held.get(canonicalize_name(key.partition("[")[0]), ()))
    return Conflict(key, tuple(dict.fromkeys(wants)), index.against([one.requirement.requirement for one in wishes]))


def _wants(index: IndexView, asking: Iterable[Any]) -> list[Want]:
    texts = ((plain(one.requirement.requirement), one.parent) for one in asking)
    return [Want(text, by.name) if by else Want(text, "", index.places.get(text, "")) for text, by in texts]


def _reading(index: IndexView, result: Any, conflicts: Mapping[str, Conflict]) -> Reading:
    """A resolution as facts: what it takes, and with which path each phantom was asked for."""
    chosen = [one for one in result.mapping.values() if one.weighed is not None]
    pins = {one.project: Pin(one.project, str(one.version), one.weighed.link) for one in chosen}
    gaps: dict[tuple[str, tuple[str, ...]], Gap] = {}
    against = dict(conflicts)
    for key, choice in result.mapping.items():
        if choice.is_phantom and key not in conflicts:
            asking = _asking(key, result)
            unmet = [one for one in asking if not index.meets(one.requirement.requirement)]
            others = _wants(
                index, [one for one in asking if one not in unmet and one.requirement.requirement.specifier]
            )
            for asked in unmet:
                gap = index.gap(asked.requirement.requirement, _path(asked.parent, result), others=others)
                gaps[gap.requirement, gap.path] = gap
            if not unmet:  # it could be had, but not together with what its own dependencies want of it
                against[key] = _conflict(index, key, result.criteria[key].information)
    for one in chosen:
        for missing in _gaps_of_build(index, one):
            gap = replace(missing, path=(*_path(one, result), *missing.path), for_build=one.weighed.link.filename)
            gaps[gap.requirement, gap.path] = gap
    unreadable = [
        f"{pin.link.filename}: {about.problem}"
        for pin in pins.values()
        if not (about := index.source.metadata(pin.project, pin.link)).readable
    ]
    had = {one.project: one.had.version for one in result.mapping.values() if one.had is not None}
    direct = [
        Direct(project, f"{one.project} {one.version}", shown(url))
        for one in chosen
        for project, url in index.direct(index.source.metadata(one.project, one.weighed.link).requires, one.extras)
    ]
    return Reading(
        tuple(pins.values()),
        tuple(gaps.values()),
        tuple(against.values()),
        tuple(unreadable),
        prepared=tuple(pin for pin in index.prepared.values() if pin not in pins.values()),
        broken=tuple(index.broken.values()),
        had=had,
        direct=tuple(dict.fromkeys(direct)),
    )


def _gaps_of_build(index: IndexView, choice: Choice) -> tuple[Gap, ...]:
    """What the build of a source distribution lacks, and what that needs itself. pip builds apart, where nothing that
    is installed counts; its `build_env` hands on the index and the choice of formats, no constraint and no hash.
    """
    link = choice.weighed.link if choice.weighed is not None else None
    requires = () if link is None else index.source.metadata(choice.project, link).build_requires
    needed = tuple(text for text in requires if text != SILENT or not index.target.builds_plain)
    if not needed or needed in index.building:
        return ()
    if needed not in index.built:
        apart = IndexView(index.source, index.target.as_if_empty(), (), choosing=index.choosing)
        apart.built, apart.building = index.built, {*index.building, needed}
        index.built[needed] = _close(apart, needed, DEFAULT_ROUNDS).gaps
    return index.built[needed]


def _path(choice: Choice | None, result: Any) -> tuple[str, ...]:
    """`name version` from what was asked for down to this choice, by the first who asked for each."""
    path: list[str] = []
    while choice is not None and choice.name not in path:
        path.insert(0, choice.name)
        choice = next((one.parent for one in _asking(choice.key, result)), None)
    return tuple(path)


def _asking(key: str, result: Any) -> list[Any]:
    """Who asks for it in the end: the resolver keeps what candidates wanted that it has since given up."""
    return [
        one for one in result.criteria[key].information if one.parent is None or one.parent in result.mapping.values()
    ]
