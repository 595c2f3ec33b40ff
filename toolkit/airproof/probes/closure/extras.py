"""Find requested extras that the chosen file does not provide: pip warns about them and continues."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.probes.closure.resolution import Pin, Source, Unprovided
from airproof.probes.interpreters.target import TargetMatcher

NEAR = 0.6
"""Least similarity, from 0 to 1, for two extras of one project to count as near; a project has few extras."""


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
        for unprovided in _of_file(source, asked, pin)
    )


def _of_file(source: Source, asked: Requirement, pin: Pin) -> Iterator[Unprovided]:
    declared = source.metadata(pin.project, pin.link).extras
    if declared is not None:
        known: dict[str, str] = {canonicalize_name(extra): extra for extra in declared}
        for extra in sorted(asked.extras):
            if canonicalize_name(extra) not in known:
                near = difflib.get_close_matches(canonicalize_name(extra), known, n=1, cutoff=NEAR)
                provided = tuple(sorted(declared))
                filename = pin.link.filename
                yield Unprovided(str(asked), pin.project, extra, filename, known[near[0]] if near else "", provided)
