"""Find out whether a joint run of pip gave a group of requirements the result that the group would have by itself.

pip settles on one version of each project for all requirements of a call. So a joint run may hide the result of a
single group: for example a newer, damaged release, if another group pins an older one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.probes.closure.extras import meant
from airproof.probes.closure.indexview import IndexView
from airproof.probes.closure.resolution import Source
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipRun
from airproof.probes.pip.installed import Installed
from airproof.site.choosing import Choosing
from airproof.site.group import Group


def closure_of(requirements: Iterable[str], installed: Iterable[Installed], target: TargetMatcher) -> set[str]:
    """Return the installed projects to which requirements lead on a target, by its markers and the requested extras."""
    return set(wants_of(requirements, installed, target))


def wants_of(
    requirements: Iterable[str], installed: Iterable[Installed], target: TargetMatcher
) -> dict[str, list[SpecifierSet]]:
    """Map each installed project that the requirements lead to onto every specifier under which it is wanted."""
    requires: Mapping[str, Sequence[str]] = {dist.name: dist.requires for dist in installed}
    parsed = (Requirement(text) for text in requirements)
    waiting = [needed for needed in parsed if target.applies(needed.marker)]
    wants: dict[str, list[SpecifierSet]] = {}
    known: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        asked = waiting.pop()
        project, extras = canonicalize_name(asked.name), frozenset(asked.extras)
        if project not in requires:
            continue
        wants.setdefault(project, []).append(asked.specifier)
        if (project, extras) not in known:
            known.add((project, extras))
            waiting += meant(requires[project], target, extras)
    return wants


def view_of(group: Group, source: Source, target: TargetMatcher, choosing: Choosing) -> IndexView:
    """Return the index as pip sees it for this group; `choosing`: the options that the site's call gives pip."""
    choice = group.tells(choosing)
    return IndexView(source, target, group.constraints, choosing=choice, hashes=group.hashes)


def takes_the_same(group: Group, run: PipRun, index: IndexView) -> bool:
    """Say whether pip, asked for this group alone, would take exactly the files of the joint run, and reach no other
    file.

    True only if each of them is the best file under every single specifier of the group's own closure. The specifiers
    that pip knows at any moment of its search are a subset of these, and the best file under one of them that meets all
    is also the best under any combination of them. Also False if a file of this group's closure may have been
    overwritten by another group's distribution, or if a page cannot be read. Installed distributions that count as
    served are asked of no page.
    """
    wants = wants_of(group.requirements, (*_counted(run, index.target), *run.installed), index.target)
    if any((first in wants) != (second in wants) for first, second in run.overlaid):
        return False
    versions = {dist.name: dist.version for dist in run.installed}
    taken = [project for project in wants if project in versions]
    index.fetch_pages(taken)
    return all(
        _is_best(index, project, specifier, versions[project])
        for project in taken
        for specifier in dict.fromkeys(wants[project])
    )


def restricted(run: PipRun, groups: Sequence[Group], target: TargetMatcher) -> PipRun:
    """Restrict a joint run to some of its groups."""
    requirements = tuple(dict.fromkeys(text for group in groups for text in group.requirements))
    needed = closure_of(requirements, run.installed, target)
    asked = {canonicalize_name(Requirement(text).name) for text in requirements}
    return replace(
        run,
        groups=tuple(group.name for group in groups),
        requirements=requirements,
        installed=tuple(
            replace(dist, requested=dist.requested and dist.name in asked)
            for dist in run.installed
            if dist.name in needed
        ),
        imports=tuple(tried for tried in run.imports if tried.project in asked),
    )


def _counted(run: PipRun, target: TargetMatcher) -> Iterator[Installed]:
    """Return the distributions that count because they are installed, with their requirements as far as they are
    known.
    """
    for name, version in run.counted.items():
        had = target.had.get(name)
        yield Installed(name, version, had.requires if had is not None else (), ())


def _is_best(index: IndexView, project: str, specifier: SpecifierSet, version: str) -> bool:
    best = next(iter(index.fitting(project, specifier)), None)
    try:
        return best is not None and best.parsed.version == Version(version)
    except InvalidVersion:
        return False
