"""Read requirements as wheels wrote them before PEP 440 and 508 were enforced, such as `pytz>dev` and `idna>=2.5.*`.

pip reads them until 24.0, and the Pythons that OMFlow brings have no newer pip; from 24.1 on pip passes over the whole
file. A pip that reads such a requirement asks for the project, so it is never dropped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from airproof.probes.closure.candidates import shared
from airproof.probes.interpreters.oldlimits import modern

_HEAD = re.compile(r"\s*(?P<head>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^]]*\])?)(?P<limits>[^;]*)")


_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_LIMIT = r"(?:(?:===?|!=|<=|>=|<|>)\s*[^,;\s)]*|~=\s*v?(?:\d+!)?\d+(?:\.\d+)+[^,;\s)]*)"
_LIMITS = rf"{_LIMIT}(?:\s*,\s*{_LIMIT})*"
_WRITTEN = re.compile(
    rf"\s*{_NAME}\s*(?:\[\s*(?:{_NAME}(?:\s*,\s*{_NAME})*)?\s*\])?\s*(?:\(\s*{_LIMITS}\s*\)|{_LIMITS})?\s*(?:;(?P<marker>.*))?"
)
"""A requirement as packaging 21.3 reads it: limits may be anything, and no comma is left over."""


def ends_old_pip(text: str) -> bool:
    """Say whether a pip before 24.1 fails at a requirement with a traceback, whatever newer ones make of it: at
    `a>=1,`, `a (1.0)` or `a ;` (measured, 20.3.4, 22.2.2 and 23.2.1).
    """
    match = _WRITTEN.fullmatch(text)
    if readable(text) is None:
        return True
    if match is None:
        return "@" not in text or as_read(text) is None
    return match["marker"] is not None and not _is_marker(match["marker"])


def as_meant(text: str) -> Requirement | None:
    """Read a requirement that PEP 508 refuses: its name, its extras, and the readable part of its versions and marker.

    Limits are read as `modern` says, and pre-releases admitted if all are old (pip 20.3 to 24.0). A marker that cannot
    be read counts as true. None if there is no name.
    """
    match = _HEAD.match(text)
    if match is None:
        return None
    try:
        meant = Requirement(match["head"])
    except InvalidRequirement:
        return None
    if not match["limits"].lstrip().startswith("@"):
        limits = [limit for limit in match["limits"].strip().strip("()").split(",") if limit.strip()]
        only_old = limits and not any(_is_limit(limit) for limit in limits)
        specifier = ",".join(filter(None, map(modern, limits)))
        meant.specifier = SpecifierSet(specifier, prereleases=True if only_old else None)
    marker = text.partition(";")[2].strip()
    try:
        meant.marker = Marker(marker) if marker else None
    except InvalidMarker:
        meant.marker = None
    return meant


def as_read(text: str) -> Requirement | None:
    """Parse a requirement as PEP 508 says; None if it is none."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


@lru_cache(maxsize=100_000)
def readable(text: str) -> Requirement | None:
    """Parse a Requires-Dist, if need be leniently; None if it has no name, because it then asks for nothing."""
    requirement = as_read(text) or as_meant(text)
    if requirement is None:
        return None
    if not requirement.specifier.prereleases:  # The specifier takes most of a requirement's memory.
        requirement.specifier = shared(str(requirement.specifier), requirement.specifier)
    requirement.marker = shared(str(requirement.marker), requirement.marker)
    return requirement


def first_old(texts: Iterable[str]) -> str:
    """Return the first requirement that PEP 508 refuses; empty if all are valid."""
    return next((text for text in texts if not _is_valid(text)), "")


@lru_cache(maxsize=100_000)
def _is_valid(text: str) -> bool:
    return as_read(text) is not None


def _is_marker(text: str) -> bool:
    try:
        return bool(Marker(text))
    except InvalidMarker:
        return False


def _is_limit(limit: str) -> bool:
    try:
        return bool(str(SpecifierSet(limit)))
    except InvalidSpecifier:
        return False
