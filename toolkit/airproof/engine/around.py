"""What a record says beside its checks, told from the facts of the run: for what it speaks, and how far it was
offline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from airproof.engine.bound import time_bound
from airproof.facts.keys import CANARY, EACH_PROJECT, ONLINE, PIP, PLACE, TARGET_WALKS, TRANSCRIPT, TRUST, WALKS
from airproof.probes.installs.openwalk import Walks
from airproof.record.fold import Around, Start
from airproof.record.report import Offline, Scope, Step
from airproof.site.site import Site
from airproof.words import Text, load_texts

STEPS = Path(__file__).with_name("steps.toml")
T = TypeVar("T")


def around(site: Site, start: Start | None, facts: Mapping[str, Any]) -> Around:
    """Facts that are missing or failed are simply not there: the checks that need them say so."""
    walks = [*WALKS.read(facts).values(), *TARGET_WALKS.read(facts).values()]
    groups = _groups(start.site.groups, walks) if start else {}
    asked = {one for group in groups.values() for one in group}
    scope = Scope(
        targets=tuple(dict.fromkeys([one.label for one in site.interpreters] + [one.label for one in site.targets])),
        requirements=len(asked) + max((one.projects for one in EACH_PROJECT.read(facts).values()), default=0),
        trust_assumed=any(one.assumed and one.given for one in TRUST.read(facts).values()),
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
    here = [one for one in PIP.read(facts).values() if not one.carried]  # elsewhere nobody watched
    runs = [run for one in here for run in (*one.runs, *([one.whole] if one.whole else []))]
    canaries = CANARY.read(facts).values()
    place = PLACE.read(facts)
    held = bool(canaries) and all(one.refused and one.decoy_answers and one.visitors == 0 for one in canaries)
    held = held and not any(run.flaws for run in runs)
    strength: Literal["none", "hermetic", "guard", "namespace"]
    if not runs:
        strength = "none"
    elif place is not None and place.namespace:
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
    script, online = TRANSCRIPT.read(facts), ONLINE.read(facts)
    commands = [*(script.commands if script else ()), *(online.commands if online else ())]
    return tuple(
        Step(command.step, titles[command.name], command.command, command.exit_code, command.seconds, command.output)
        for command in commands
    )


def _departures(facts: Mapping[str, Any]) -> tuple[Text, ...]:
    texts = load_texts(STEPS)
    departures = []
    if (script := TRANSCRIPT.read(facts)) is not None:
        departures += [texts[key] for key in script.departures]
        if script.server_options:
            departures.append(texts["departure-server-options"].fill({"options": " ".join(script.server_options)}))
    dropped = dict.fromkeys(" ".join(pip.dropped) for pip in PIP.read(facts).values() if pip.dropped)
    return (*departures, *(texts["departure-options"].fill({"options": options}) for options in dropped))
