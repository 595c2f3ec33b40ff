"""Find the packages that were asked for in the other indexes of the same devpi: somebody may have uploaded them there.

Only indexes that are stages with nothing but stages below are asked: a mirror would fetch from its upstream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from airproof.net.http import AGENT, JSON_ACCEPT, SIMPLE_ACCEPT, Http
from airproof.probes.index.listing import read_projects

MOST_ASKED = 20
"""Other indexes that are asked for their lists of names."""


class OtherIndex(msgspec.Struct, frozen=True):
    """An index of the same server that is not below the tested one."""

    name: str
    """`user/index`."""
    holds: tuple[str, ...]
    """Those of the projects in question that it lists, normalised."""


def probe_others(http: Http, fronts: Iterable[str], stage: str, wanted: Sequence[str]) -> tuple[OtherIndex, ...]:
    """Ask the other indexes for their names, and return those that hold any of the `wanted` projects.

    A server that keeps its list of indexes back has none to name.
    """
    for front in fronts:
        answer = http.get(f"{front}/?no_projects=", accept=JSON_ACCEPT, agent=AGENT)
        bases = _bases_of_stages(_result(answer.body)) if answer.ok else {}
        if bases:
            break
    else:
        return ()
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
    return tuple(found)


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


def _result(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    found = decoded.get("result") if isinstance(decoded, dict) else None
    return found if isinstance(found, dict) else {}
