"""Lets any pytest, under anybody's ini, collect the functions of the check files, and nothing else in a new way.

Plain pytest looks for `test_*`; a folder of `check_*` would be collected as empty and end in exit 0, a green that lies.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from airproof.catalog import Catalog, running_order
from airproof.check import info_of
from airproof.site.hosts import Interpreter, Target
from airproof.site.site import Site

EITHER = ("interpreter", "target")
"""The parameters of a check for each interpreter and for each target."""
ON_MEDIUM = "medium"
"""The subject of such a check that judges the medium."""


class CheckModule(pytest.Module):
    """A check file, imported as the catalogue imported it, so that a check is one and the same object everywhere."""

    imported: ModuleType

    def _getobj(self) -> ModuleType:
        return self.imported

    def funcnamefilter(self, name: str) -> bool:
        return info_of(getattr(self.imported, name, _nothing)) is not None

    def classnamefilter(self, name: str) -> bool:
        return False


class Collector:
    """The hooks of collection, for one site."""

    def __init__(self, catalog: Catalog, site: Site) -> None:
        self.catalog, self.site = catalog, site
        self.files: Mapping[Path, ModuleType] = {path.resolve(): module for path, module in catalog.modules.items()}

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path.resolve() not in self.files or _taken_by_pytest(file_path, parent):
            return None
        return self._module(file_path, parent)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        return self._module(module_path, parent) if module_path.resolve() in self.files else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A check that asks an interpreter, or judges for a target, runs once for each; in vain where there is none.

        A check of both runs once for each of the two kinds, with None for the other, and once with None for both if
        there is a medium, or nobody to judge for.
        """
        if info_of(metafunc.function) is None:
            return
        if set(EITHER) <= set(metafunc.fixturenames):
            pairs: list[tuple[Interpreter | None, Target | None]]
            pairs = [(interpreter, None) for interpreter in self.site.interpreters]
            pairs += [(None, target) for target in self.site.targets]
            ids = [subject.label for pair in pairs for subject in pair if subject is not None]
            if self.site.medium is not None or not pairs:
                pairs, ids = [*pairs, (None, None)], [*ids, "none" if self.site.medium is None else ON_MEDIUM]
            metafunc.parametrize(EITHER, pairs, ids=ids, scope="session")
            return
        for name, asked in (("interpreter", self.site.interpreters), ("target", self.site.targets)):
            if name in metafunc.fixturenames:
                ids = [requirement.label for requirement in asked] or ["none"]
                metafunc.parametrize(name, asked or [None], ids=ids, scope="session")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Checks run after those they require; a user's own tests keep their places, before them."""
        position = {id: number for number, id in enumerate(running_order(self.catalog.checks))}

        def place(item: pytest.Item) -> int:
            info = info_of(getattr(item, "obj", _nothing))
            return -1 if info is None else position[info.id]

        items.sort(key=place)

    def _module(self, path: Path, parent: pytest.Collector) -> CheckModule:
        module = CheckModule.from_parent(parent, path=path)
        module.imported = self.files[path.resolve()]
        return module


def _taken_by_pytest(file_path: Path, parent: pytest.Collector) -> bool:
    """Say whether pytest itself makes a module of this file: named on the command line, or matching python_files."""
    patterns: list[str] = parent.config.getini("python_files")
    matches = any(fnmatch.fnmatch(file_path.name, pattern) for pattern in patterns)
    return matches or parent.session.isinitpath(file_path)


def _nothing(*_: Any) -> None:
    """Stands in for what has no function."""
