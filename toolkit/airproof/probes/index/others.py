"""Find the packages that were asked for in the other indexes of the same devpi: somebody may have uploaded them there.

Only indexes that are stages with nothing but stages below are asked: a mirror would fetch from its upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from airproof.net.http import AGENT, JSON_ACCEPT, SIMPLE_ACCEPT, Http
from airproof.probes.index.listing import read_projects
from airproof.probes.index.product import mapping, result_of

MOST_ASKED = 20
"""Other indexes that are asked for their lists of names."""


class OtherIndex(msgspec.Struct, frozen=True):
    """An index of the same server that is not below the tested one."""

    name: str
    """`user/index`."""
    holds: tuple[str, ...]
    """Those of the projects in question that it lists, normalised."""


class Indexes(msgspec.Struct, frozen=True):
    """The server's indexes, as far as something is missing from the tested one."""

    is_stage: bool = False
    """The tested index is a stage: what it does not list it does not have. A mirror may list nothing at all."""
    others: tuple[OtherIndex, ...] = ()
    """Those that hold any of it."""


def probe_others(http: Http, fronts: Iterable[str], stage: str, wanted: Sequence[str]) -> Indexes:
    """Ask the other indexes for their names, in search of the `wanted` projects.

    A server that keeps its list of indexes back has none to name.
    """
    for front in fronts:
        answer = http.get(f"{front}/?no_projects=", accept=JSON_ACCEPT, agent=AGENT)
        bases = _bases_of_stages(mapping(result_of(answer)))
        if bases:
            break
    else:
        return Indexes()
    below = _below(stage, bases)
    asked = [
        name
        for name in sorted(bases)
        if name not in below and stage not in _below(name, bases) and _below(name, bases) <= set(bases)
    ][:MOST_ASKED]
    answers = http.get_each([f"{front}/{name}/+simple/" for name in asked], accept=SIMPLE_ACCEPT)
    found = []
    for name, answer in zip(asked, answers, strict=True):
        listed = read_projects(answer) if answer.ok else None
        holds = tuple(project for project in wanted if listed is not None and project in listed.names)
        found += [OtherIndex(name, holds)] if holds else []
    return Indexes(stage in bases, tuple(found))


def _bases_of_stages(users: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Each stage of the server, `user/index`, and its direct bases."""
    return {
        f"{user}/{name}": tuple(map(str, about.get("bases") or ()))
        for user, owner in users.items()
        if isinstance(owner, dict)
        for name, about in (owner.get("indexes") or {}).items()
        if isinstance(about, dict) and about.get("type") == "stage"
    }


def _below(name: str, bases: Mapping[str, Sequence[str]]) -> set[str]:
    """The index itself and all of its bases, direct and indirect."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += bases.get(current, ())
    return found
