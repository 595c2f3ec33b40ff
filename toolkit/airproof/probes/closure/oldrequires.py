"""Requirements as wheels wrote them before PEP 440 and 508 were kept to: `pytz>dev`, `idna>=2.5.*`.

pip reads them until 24.0, and the Pythons that OMFlow brings have no newer one; from 24.1 on it passes over the whole
file. Where it is read the name is asked for, so it is never dropped here: what cannot be read of a limit is left off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from airproof.probes.closure.candidates import shared

_STARRED = re.compile(r"((?:[<>~]=?)\s*v?\d[\w.!+]*?)\.\*")
_HEAD = re.compile(r"\s*(?P<head>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^]]*\])?)(?P<limits>[^;]*)")


def as_meant(text: str) -> Requirement | None:
    """A requirement that PEP 508 refuses: its name, extras, and what can be read of its versions and marker.

    `>=2.5.*` is `>=2.5`, and pre-releases are as good as any (pip 20.3 to 24.0 compare such versions as plain text). A
    version that is none, as in `>dev`, limits nothing; a marker that cannot be read holds. None where there is no name.
    """
    found = _HEAD.match(text)
    if found is None:
        return None
    try:
        meant = Requirement(found["head"])
    except InvalidRequirement:
        return None
    if not found["limits"].lstrip().startswith("@"):
        limits = found["limits"].strip().strip("()").split(",")
        only_old = all(_STARRED.search(one) for one in limits)
        read = [_STARRED.sub(r"\1", one) for one in limits]
        specifier = ",".join(one for one in read if _limits(one))
        meant.specifier = SpecifierSet(specifier, prereleases=True if only_old else None)
    marker = text.partition(";")[2].strip()
    try:
        meant.marker = Marker(marker) if marker else None
    except InvalidMarker:
        meant.marker = None
    return meant


@lru_cache(maxsize=100_000)
def readable(text: str) -> Requirement | None:
    """A Requires-Dist as it was meant; None where it has no name: then it asks for nothing."""
    try:
        found = Requirement(text)
    except InvalidRequirement:
        old = as_meant(text)
        if old is None:
            return None
        found = old
    if not found.specifier.prereleases:  # most of what a requirement weighs
        found.specifier = shared(str(found.specifier), found.specifier)
    found.marker = shared(str(found.marker), found.marker)
    return found


def first_old(texts: Iterable[str]) -> str:
    """The first requirement that PEP 508 refuses; empty where each is in order."""
    return next((one for one in texts if not _is_in_order(one)), "")


def _is_in_order(text: str) -> bool:
    try:
        return bool(Requirement(text))
    except InvalidRequirement:
        return False


def _limits(one: str) -> bool:
    try:
        return bool(str(SpecifierSet(one)))
    except InvalidSpecifier:
        return False
