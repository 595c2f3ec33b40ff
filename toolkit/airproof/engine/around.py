"""What a record says beside its checks, told from the facts of the run: for what it speaks, and how far it was
offline.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from airproof.engine.bound import time_bound
from airproof.probes.closure.needed import EachProject
from airproof.probes.installs.openwalk import Walks
from airproof.probes.pip.facts import Canary, PipFacts
from airproof.probes.reaching.trust import Trust
from airproof.probes.transcript import OnlineForm, Transcript
from airproof.record.fold import Around, Start
from airproof.record.report import Offline, Scope, Step
from airproof.site.site import Site
from airproof.system.namespace import Place
from airproof.words import Text, load_texts

STEPS = Path(__file__).with_name("steps.toml")
T = TypeVar("T")


def around(site: Site, start: Start | None, facts: Mapping[str, Any]) -> Around:
    """Facts that are missing or failed are simply not there: the checks that need them say so."""
    walks = _all(facts, "walks-", Walks)
    groups = _groups(start.site.groups, walks) if start else {}
    asked = {one for group in groups.values() for one in group}
    trusts = _all(facts, "trust-", Trust)
    scope = Scope(
        targets=tuple(dict.fromkeys([one.label for one in site.interpreters] + [one.label for one in site.targets])),
        requirements=len(asked) + max((one.projects for one in _all(facts, "each-", EachProject)), default=0),
        trust_assumed=any(one.assumed and one.given for one in trusts),
        here=tuple(one.label for one in site.interpreters if not one.elsewhere),
        flows=max((len(one.flows) for one in walks), default=0),
    )
    kept = start is not None and start.engine == "airproof"  # nobody ends somebody's own pytest
    limit = time_bound(site) if kept else None
    return Around(scope, _offline(facts), _steps(facts), dict(facts), limit, _departures(facts), groups)


def _groups(asked: Mapping[str, tuple[str, ...]], walks: Sequence[Walks]) -> dict[str, tuple[str, ...]]:
    """What was asked for; of the open edition's flows what they asked for as they were played."""
    groups = dict(asked)
    for flow in dict.fromkeys(flow.flow for walk in walks for flow in walk.flows):
        names = [name for walk in walks for one in walk.flows if one.flow == flow for name in one.names]
        groups.pop(flow, None)
        if names:
            groups[flow] = tuple(dict.fromkeys(names))
    return groups


def _offline(facts: Mapping[str, Any]) -> Offline:
    here = [one for one in _all(facts, "pip-", PipFacts) if not one.carried]  # elsewhere nobody watched
    runs = [run for one in here for run in (*one.runs, *([one.whole] if one.whole else []))]
    canaries = _all(facts, "canary-", Canary)
    places = _all(facts, "place", Place)
    held = bool(canaries) and all(one.refused and one.decoy_answers and one.visitors == 0 for one in canaries)
    held = held and not any(run.flaws for run in runs)
    strength: Literal["none", "hermetic", "guard", "namespace"]
    if not runs:
        strength = "none"
    elif any(one.namespace for one in places):
        strength = "namespace"
    else:
        strength = "guard" if held else "hermetic"
    return Offline(
        strength=strength,
        canary_refused=held if canaries else None,
        decoy_visitors=max((one.visitors for one in canaries), default=None),
        refused=tuple(sorted({one.destination for run in runs for one in run.refused})),
    )


def _steps(facts: Mapping[str, Any]) -> tuple[Step, ...]:
    titles = load_texts(STEPS)
    walked = [one for script in _all(facts, "transcript", Transcript) for one in script.commands]
    walked += [one for form in _all(facts, "online", OnlineForm) for one in form.commands]
    return tuple(
        Step(one.step, titles[one.name], one.command, one.exit_code, one.seconds, one.output) for one in walked
    )


def _departures(facts: Mapping[str, Any]) -> tuple[Text, ...]:
    texts = load_texts(STEPS)
    keys = [key for script in _all(facts, "transcript", Transcript) for key in script.departures]
    told = [texts[key] for key in dict.fromkeys(keys)]
    options = dict.fromkeys(" ".join(run.dropped) for run in _all(facts, "pip-", PipFacts) if run.dropped)
    added = dict.fromkeys(
        " ".join(script.server_options) for script in _all(facts, "transcript", Transcript) if script.server_options
    )
    told += [texts["departure-server-options"].fill({"options": words}) for words in added]
    return (*told, *(texts["departure-options"].fill({"options": words}) for words in options))


def _all(facts: Mapping[str, Any], prefix: str, kind: type[T]) -> Sequence[T]:
    """All facts of a kind whose names begin so, without those that failed or are no such facts: their checks are
    broken.
    """
    found = []
    for name, value in facts.items():
        if name.startswith(prefix):
            with contextlib.suppress(msgspec.ValidationError):
                found.append(msgspec.convert(value, kind))
    return found
