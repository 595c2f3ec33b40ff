"""Compare extras as pip does: the requirements that they add, and requested extras that a file does not provide."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.probes.closure.oldrequires import readable
from airproof.probes.closure.resolution import Pin, Source, Unprovided
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher

NEAR = 0.6
"""Least similarity, from 0 to 1, for two extras of one project to count as near; a project has few extras."""

_COMPARED = re.compile(r"""(?<=\bextra)(\s*[=!]=\s*)(['"])(.*?)\2|(['"])([^'"]*)\4(?=\s*[=!]=\s*extra\b)""")
"""The name with which a marker compares an extra, on either side."""


def meant(texts: Iterable[str], target: TargetMatcher, extras: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """Yield the requirements of a file that apply to the target, if those of its extras are requested.

    A requirement without a name asks for nothing.
    """
    literal = target.ways.literal_extras and bool(extras)
    coded = frozenset(_coded(_safe(extra)) for extra in extras) if literal else extras
    for text in texts:
        requirement = readable(text)
        if requirement is None:
            continue
        # packaging compares the names of extras normalised, so spellings that differ for this pip are made to differ.
        compared = readable(_COMPARED.sub(_with_coded, text)) if literal and "extra" in text else requirement
        if target.applies((compared or requirement).marker, coded):
            yield requirement


def provided(extras: Iterable[str], declared: Iterable[str], ways: PipBehaviour) -> frozenset[str]:
    """Return those of the requested extras that a file declares: pip ignores the others (20.3 to 26.3)."""
    name = _safe if ways.literal_extras else canonicalize_name
    known = {name(extra) for extra in declared}
    return frozenset(extra for extra in extras if name(extra) in known)


def _safe(extra: str) -> str:
    """Return an extra as setuptools' `safe_extra` spells it, and with it the pips that compare letter by letter."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", extra).lower()


def _coded(extra: str) -> str:
    return f"x{extra.encode().hex()}"


def _with_coded(match: re.Match[str]) -> str:
    return f'{match[1]}"{_coded(match[3])}"' if match[2] else f'"{_coded(match[5])}"'


def unprovided_extras(
    source: Source, target: TargetMatcher, requirements: Iterable[str], pins: Iterable[Pin]
) -> tuple[Unprovided, ...]:
    """Judge the requirements that are asked for themselves; pass over a file that does not tell its extras."""
    taken = {pin.project: pin for pin in pins}
    return tuple(
        unprovided
        for text in requirements
        if (asked := Requirement(text)).extras and target.applies(asked.marker)
        if (pin := taken.get(canonicalize_name(asked.name))) is not None
        for unprovided in _of_file(source, asked, pin, target.ways)
    )


def _of_file(source: Source, asked: Requirement, pin: Pin, ways: PipBehaviour) -> Iterator[Unprovided]:
    declared = source.metadata(pin.project, pin.link).extras
    if declared is not None:
        known: dict[str, str] = {canonicalize_name(extra): extra for extra in declared}
        for extra in sorted(asked.extras - provided(asked.extras, declared, ways)):
            near = difflib.get_close_matches(canonicalize_name(extra), known, n=1, cutoff=NEAR)
            filename, all_of_file = pin.link.filename, tuple(sorted(declared))
            yield Unprovided(str(asked), pin.project, extra, filename, known[near[0]] if near else "", all_of_file)
