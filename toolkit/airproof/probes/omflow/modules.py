"""Names of modules, and the distributions that provide them if no distribution has the same name. The data are in
modules.toml.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from packaging.requirements import Requirement

NAMES = Path(__file__).with_name("modules.toml")
REMOVED = (
    *("aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "distutils", "formatter"),
    *("imghdr", "imp", "lib2to3", "macpath", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "parser", "pipes"),
    *("smtpd", "sndhdr", "spwd", "sunau", "symbol", "telnetlib", "uu", "xdrlib", "_bootlocale", "dummy_threading"),
)
"""Modules of the standard library that a later Python does not have (3.8 to 3.13: PEP 594 and "What's New")."""


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


def library_of_target() -> frozenset[str]:
    """Return the top-level modules that any Python's standard library has, because the target's own library is not
    known here.
    """
    return sys.stdlib_module_names | frozenset(REMOVED)


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
