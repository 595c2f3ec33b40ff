"""Imports in an environment that several groups share, such that no group's import rests on another group's packages.

An import that loaded only files of the group's own closure would have gone the same way without the others. Any other
one, and any that failed, is tried once more in an environment that holds the group's own closure alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from airproof.probes.pip.environment import Place
from airproof.probes.pip.importing import Import

Wanted = tuple[str, str]
"""A project and its module."""
Elsewhere = Callable[[], AbstractContextManager[Place]]
"""Makes a further empty environment."""
_PARTS = (".py", ".so", ".pyd")


class Owners:
    """Which distribution of an environment has which file."""

    def __init__(self, site_packages: Path) -> None:
        self._root = os.path.join(os.path.normcase(site_packages), "")  # noqa: PTH118 -- ends with the separator
        self.files: dict[str, list[str]] = {}
        """Normalised project to its files, relative to site-packages."""
        self._by_file: dict[str, dict[str, str]] = {}
        for dist in distributions(path=[str(site_packages)]):
            name = canonicalize_name(dist.metadata["Name"] or "")
            self.files.setdefault(name, [])
            for file in dist.files or ():
                path = _placed(site_packages, str(file))
                self.files[name].append(path)
                digest = file.hash.value if file.hash else ""
                self._by_file.setdefault(os.path.normcase(os.path.normpath(path)), {})[name] = digest

    def overlaid(self) -> tuple[tuple[str, str], ...]:
        """Pairs of projects that brought a file of code under one name and with different bytes."""
        found: dict[tuple[str, str], None] = {}
        for file, owners in self._by_file.items():
            if len(owners) > 1 and file.endswith(_PARTS):
                names = sorted(owners)
                found |= {
                    (first, second): None
                    for at, first in enumerate(names)
                    for second in names[at + 1 :]
                    if owners[first] != owners[second]
                }
        return tuple(sorted(found))

    def projects_of(self, loaded: Collection[str]) -> set[str]:
        """The projects whose files these are; files of the interpreter itself are nobody's."""
        found: set[str] = set()
        for path in loaded:
            file = os.path.normcase(path)
            if file.startswith(self._root):
                found |= set(self._by_file.get(file[len(self._root) :], ()))
        return found


def _placed(site_packages: Path, file: str) -> str:
    """Relative to site-packages; an egg-info lists its files from its own folder."""
    within = file.replace("\\", "/").removeprefix("../")
    return within if within != file and (site_packages / within).exists() else file


def tried_apart(
    place: Place,
    closures: Iterable[tuple[frozenset[str], frozenset[str]]],
    wanted: Collection[Wanted],
    imported: Collection[Import],
    loaded: Mapping[str, Collection[str]],
    owners: Owners,
    elsewhere: Elsewhere,
) -> tuple[Import, ...]:
    """The imports of a shared environment as they are without what other groups brought; where one and the same module
    is imported for several groups, the one that failed.

    `closures`: of each group the projects that it asks for, and those that it leads to. `loaded`: module to the files
    that its import loaded, as far as it told.
    """
    first = {(tried.project, tried.module): tried for tried in imported}
    results: dict[Wanted, list[Import]] = {}
    again: dict[frozenset[str], list[Wanted]] = {}
    for asked, closure in closures:
        for pair in wanted:
            if pair[0] not in asked:
                continue
            tried = first[pair]
            told = loaded.get(pair[1])
            fits = tried.ok and told is not None and owners.projects_of(told) <= closure
            if fits or set(owners.files) <= closure:
                results.setdefault(pair, []).append(tried)
            elif pair not in again.setdefault(closure, []):
                again[closure].append(pair)
    for closure, pairs in again.items():
        with elsewhere() as other:
            _share(place, other, closure, owners)
            for tried in other.imports(pairs):
                results.setdefault((tried.project, tried.module), []).append(tried)
    return tuple(min(results[pair], key=lambda tried: tried.ok) for pair in wanted if pair in results)


def _share(place: Place, other: Place, closure: Collection[str], owners: Owners) -> None:
    """Puts the files of some projects into another environment; what lies beside site-packages is not needed there."""
    for source, file in _files(place, closure, owners):
        target = other.env.site_packages / file
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:  # another file system, or one without links
                shutil.copyfile(source, target)


def _files(place: Place, closure: Collection[str], owners: Owners) -> Iterator[tuple[Path, str]]:
    for project in closure:
        for file in owners.files.get(project, ()):
            source = place.env.site_packages / file
            if ".." not in Path(file).parts and source.is_file():
                yield source, file


def read_loaded(folder: Path) -> dict[str, list[str]]:
    """Module to the files that its import loaded (`importer.py`)."""
    return {
        path.stem: path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        for path in folder.glob("*.txt")
    }
