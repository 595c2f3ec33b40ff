"""Import modules in an environment that several groups share, such that no import depends on another group's packages.

An import that loaded only files of the group's own closure would behave the same without the others. Any other import,
and any that failed, is repeated in an environment that holds the group's own closure alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from glob import escape
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from airproof.probes.files.archive import MODULE_SUFFIXES
from airproof.probes.pip.environment import GuardedEnvironment
from airproof.probes.pip.importing import TriedImport

Wanted = tuple[str, str]
"""A project and its module."""
Elsewhere = Callable[[], AbstractContextManager[GuardedEnvironment]]
"""Factory of a further empty environment."""


class Owners:
    """Index from each file of an environment to the distribution that brought it."""

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
        """Return pairs of projects that brought a file of code under the same name and with different bytes."""
        pairs: dict[tuple[str, str], None] = {}
        for file, owners in self._by_file.items():
            if len(owners) > 1 and file.endswith(MODULE_SUFFIXES):
                names = sorted(owners)
                pairs |= {
                    (first, second): None
                    for at, first in enumerate(names)
                    for second in names[at + 1 :]
                    if owners[first] != owners[second]
                }
        return tuple(sorted(pairs))

    def projects_of(self, loaded: Collection[str]) -> set[str]:
        """Return the projects that own these files; files of the interpreter itself have no owner."""
        projects: set[str] = set()
        for path in loaded:
            file = os.path.normcase(path)
            if file.startswith(self._root):
                projects |= set(self._by_file.get(file[len(self._root) :], ()))
        return projects


def _placed(site_packages: Path, file: str) -> str:
    """Return the path relative to site-packages; an egg-info lists its files relative to its own folder."""
    within = file.replace("\\", "/").removeprefix("../")
    return within if within != file and (site_packages / within).exists() else file


def tried_apart(
    environment: GuardedEnvironment,
    closures: Iterable[tuple[frozenset[str], frozenset[str]]],
    wanted: Collection[Wanted],
    imported: Collection[TriedImport],
    loaded: Mapping[str, Collection[str]],
    owners: Owners,
    elsewhere: Elsewhere,
) -> tuple[TriedImport, ...]:
    """Return the imports of a shared environment as they would be without the other groups' packages.

    If the same module is imported for several groups, the failed import is reported. `closures`: for each group the
    requested projects, and all projects of its closure. `loaded`: module to the files that its import loaded, if it
    reported them.
    """
    first = {(tried.project, tried.module): tried for tried in imported}
    results: dict[Wanted, list[TriedImport]] = {}
    again: dict[frozenset[str], list[Wanted]] = {}
    for asked, closure in closures:
        for pair in wanted:
            if pair[0] not in asked:
                continue
            tried = first[pair]
            files = loaded.get(pair[1])
            fits = tried.ok and files is not None and owners.projects_of(files) <= closure
            if fits or set(owners.files) <= closure:
                results.setdefault(pair, []).append(tried)
            elif pair not in again.setdefault(closure, []):
                again[closure].append(pair)
    for closure, pairs in again.items():
        with elsewhere() as other:
            _share(environment, other, closure, owners)
            for tried in other.imports(pairs):
                results.setdefault((tried.project, tried.module), []).append(tried)
    return tuple(min(results[pair], key=lambda tried: tried.ok) for pair in wanted if pair in results)


def _share(
    environment: GuardedEnvironment, other: GuardedEnvironment, closure: Collection[str], owners: Owners
) -> None:
    """Put the files of some projects into another environment, with what they compiled to; files beside site-packages
    are not needed there.
    """
    for source, file in _files(environment, closure, owners):
        target = other.env.site_packages / file
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:  # The folders are on different file systems, or this one has no links.
                shutil.copyfile(source, target)


def _files(environment: GuardedEnvironment, closure: Collection[str], owners: Owners) -> Iterator[tuple[Path, str]]:
    for project in closure:
        for file in owners.files.get(project, ()):
            source = environment.env.site_packages / file
            if ".." not in Path(file).parts and source.is_file():
                yield source, file
                for compiled in source.parent.glob(f"__pycache__/{escape(source.stem)}.*.pyc"):
                    yield compiled, str(compiled.relative_to(environment.env.site_packages))


def read_loaded(folder: Path) -> dict[str, list[str]]:
    """Map each module to the files that its import loaded (`importer.py`)."""
    return {
        path.stem: path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        for path in folder.glob("*.txt")
    }
