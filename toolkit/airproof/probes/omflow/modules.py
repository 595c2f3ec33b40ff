"""Names of modules, and the distributions that provide them if no distribution has the same name. The data are in
modules.toml.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from packaging.requirements import Requirement
from packaging.version import Version

NAMES = Path(__file__).with_name("modules.toml")


class _OMFlow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    modules: frozenset[str]
    opened: frozenset[str]
    within: frozenset[str]
    beneath: frozenset[str]
    preinstalled: frozenset[str]
    loaded: tuple[str, ...]


class ModuleNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Content of modules.toml."""

    omflow: _OMFlow
    since: dict[str, str]
    """Module of the standard library to the first Python that has it."""
    until: dict[str, str]
    """The same to the first Python that does not have it any more."""
    system: dict[str, str]
    """Module of the standard library that no other system has to its `sys.platform`, `!` before the one without it."""
    parts: dict[str, str]
    """Module of the standard library to a remedy, in no language, for a Python that does not have it."""
    imports: dict[str, tuple[str, ...]]
    """Import name to the distributions that provide it, the usual one first."""

    def distributions_of(self, module: str) -> tuple[str, ...]:
        """Return the distributions that provide an import name (case-sensitive), the usual one first."""
        return self.imports.get(module, ())


@cache
def load_names() -> ModuleNames:
    return msgspec.toml.decode(NAMES.read_bytes(), type=ModuleNames)


Owner = Literal["python", "omflow", ""]
"""The provider of a module without any package: Python itself, OMFlow itself, or nobody."""


def library_of_any() -> frozenset[str]:
    """Return the top-level modules that some Python's standard library has, on some system."""
    names = load_names()
    return frozenset(sys.stdlib_module_names).union(names.since, names.until, names.system)


def library_of_target(markers: Mapping[str, str]) -> frozenset[str]:
    """Return the top-level modules of a target's standard library, by its Python and its system: the interpreter itself
    is not here. `markers`: its PEP 508 markers.
    """
    return _library(markers["python_version"], markers["sys_platform"])


@cache
def _library(version: str, system: str) -> frozenset[str]:
    names, python = load_names(), Version(version)
    absent = {
        *(module for module, first in names.since.items() if python < Version(first)),
        *(module for module, first in names.until.items() if python >= Version(first)),
        *(module for module, its in names.system.items() if (its.lstrip("!") == system) is its.startswith("!")),
    }
    return library_of_any() - absent


def owner_of(module: str, stdlib: Collection[str]) -> Owner:
    """Return who provides a top-level module without any package: Python itself, OMFlow itself, or nobody."""
    if module in stdlib:
        return "python"
    return "omflow" if module in load_names().omflow.modules else ""


def owner_of_requirement(text: str, stdlib: Collection[str]) -> Owner:
    """Return the same for the module that a flow's requirement names: another author's package of that name is not
    wanted.

    Raises InvalidRequirement for a text that is not a requirement.
    """
    return owner_of(Requirement(text).name.partition(".")[0], stdlib)
