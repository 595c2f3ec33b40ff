"""Names of modules: whose they are where no distribution is called so. The data stand in names.toml."""

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


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    omflow: _OMFlow
    parts: dict[str, str]
    """Module of the standard library to what helps where a Python does not have it, in no language."""
    imports: dict[str, tuple[str, ...]]
    """Import name to the distributions that provide it, the usual one first."""

    def distributions_of(self, module: str) -> tuple[str, ...]:
        """By the import name as it is spelt."""
        return self.imports.get(module, ())


@cache
def load_names() -> Names:
    return msgspec.toml.decode(NAMES.read_bytes(), type=Names)


def library_of_target() -> frozenset[str]:
    """Top-level modules that the standard library of some Python has: what a target's own has nobody here knows."""
    return sys.stdlib_module_names | frozenset(REMOVED)


def owner_of(module: str, stdlib: Collection[str]) -> Literal["python", "omflow", ""]:
    """Who has a top-level module without any package: Python itself, OMFlow itself, or nobody."""
    if module in stdlib:
        return "python"
    return "omflow" if module in load_names().omflow.modules else ""


def owner_of_requirement(text: str, stdlib: Collection[str]) -> Literal["python", "omflow", ""]:
    """The same of the module that a flow's requirement names: a stranger's package of that name is not wanted.

    Raises InvalidRequirement for what is none.
    """
    return owner_of(Requirement(text).name.partition(".")[0], stdlib)
