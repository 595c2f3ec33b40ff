"""Requirements of different groups that no single version meets, as far as a pin shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.site.group import Group


class Clash(NamedTuple):
    """One project that is wanted apart."""

    project: str
    wants: tuple[tuple[str, str], ...]
    """Requirement and the group that wants it."""


def clashes(groups: Iterable[Group]) -> Iterator[Clash]:
    """Projects of which one group pins a version that another group's requirement shuts out, by name."""
    wants: dict[str, list[tuple[Requirement, str]]] = {}
    for group in groups:
        for text in group.requirements:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate():
                wants.setdefault(canonicalize_name(requirement.name), []).append((requirement, group.name))
    for project, each in sorted(wants.items()):
        apart = {
            index
            for mine, (pinning, group) in enumerate(each)
            for other, (wanting, elsewhere) in enumerate(each)
            if group != elsewhere
            and any(not wanting.specifier.contains(pin, prereleases=True) for pin in _pins(pinning))
            for index in (mine, other)
        }
        if apart:
            yield Clash(project, tuple((str(each[index][0]), each[index][1]) for index in sorted(apart)))


def _pins(requirement: Requirement) -> list[str]:
    return [clause.version for clause in requirement.specifier if clause.operator == "==" and "*" not in clause.version]
