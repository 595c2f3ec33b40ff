"""The facts of a run go in; the parts of its record beside the checks come out: scope, proof of being offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from airproof.engine.bound import time_bound
from airproof.engine.notes.summary import summary_of
from airproof.facts.keys import (
    ADVISORIES,
    CANARY,
    EACH_PROJECT,
    ONLINE,
    PIP,
    PLACE,
    TARGET_WALKS,
    TRANSCRIPT,
    TRUST,
    WALKS,
)
from airproof.probes.installs.openends import Walks
from airproof.probes.pip.facts import PipFacts
from airproof.probes.transcript import OnlineForm, Transcript
from airproof.record.fold import RunContext, RunStart
from airproof.record.report import Offline, RehearsalStep, Scope, Strength
from airproof.site.site import Site
from airproof.words import Text, load_texts

STEPS = Path(__file__).parents[1] / "steps.toml"


def around(site: Site, start: RunStart | None, facts: Mapping[str, Any]) -> RunContext:
    """Return the parts of a record beside its checks.

    Facts that are missing or failed are left out: the checks that need them say so.
    """
    walks = [*WALKS.read(facts).values(), *TARGET_WALKS.read(facts).values()]
    groups = _groups(start.site.groups, walks) if start else {}
    asked = {requirement for group in groups.values() for requirement in group}
    scope = Scope(
        targets=tuple(
            dict.fromkeys(
                [interpreter.label for interpreter in site.interpreters] + [target.label for target in site.targets]
            )
        ),
        requirements=len(asked) + max((each.projects for each in EACH_PROJECT.read(facts).values()), default=0),
        trust_assumed=any(trust.assumed and trust.given for trust in TRUST.read(facts).values()),
        here=tuple(interpreter.label for interpreter in site.interpreters if not interpreter.elsewhere),
        flows=max((len(walk.flows) for walk in walks), default=0),
        advisories=database.newest[:10] if (database := ADVISORIES.read(facts)) is not None else "",
    )
    kept = start is not None and start.engine == "airproof"  # a user's own pytest is not ended
    pips, script = tuple(PIP.read(facts).values()), TRANSCRIPT.read(facts)
    return RunContext(
        scope=scope,
        offline=_offline(pips, facts),
        steps=_steps(script, ONLINE.read(facts)),
        facts=dict(facts),
        bound=time_bound(site) if kept else None,
        departures=_departures(pips, script),
        groups=groups,
        summary=summary_of(facts),
    )


def _groups(asked: Mapping[str, tuple[str, ...]], walks: Sequence[Walks]) -> dict[str, tuple[str, ...]]:
    """Return the groups that were asked for; for the open edition's flows, the names that they asked for as they were
    played.
    """
    groups = dict(asked)
    for flow in dict.fromkeys(flow.flow for walk in walks for flow in walk.flows):
        names = [name for walk in walks for played in walk.flows if played.flow == flow for name in played.names]
        groups.pop(flow, None)
        if names:
            groups[flow] = tuple(dict.fromkeys(names))
    return groups


def _offline(pips: Iterable[PipFacts], facts: Mapping[str, Any]) -> Offline:
    """Return the proof that the pips of this machine were offline, from their runs, the canaries and the place."""
    here = [pip for pip in pips if not pip.carried]  # on other hosts nothing watched pip
    runs = [run for pip in here for run in (*pip.runs, *([pip.whole] if pip.whole else []))]
    canaries = CANARY.read(facts).values()
    place = PLACE.read(facts)
    held = bool(canaries) and all(
        canary.refused and canary.decoy_answers and canary.visitors == 0 for canary in canaries
    )
    held = held and not any(run.flaws for run in runs)
    strength: Strength
    if not runs:
        strength = "none"
    elif place is not None and place.namespace:
        strength = "namespace"
    else:
        strength = "guard" if held else "hermetic"
    return Offline(
        strength=strength,
        canary_refused=held if canaries else None,
        decoy_visitors=max((canary.visitors for canary in canaries), default=None),
        refused=tuple(sorted({refusal.destination for run in runs for refusal in run.refused})),
    )


def _steps(script: Transcript | None, online: OnlineForm | None) -> tuple[RehearsalStep, ...]:
    """Return the commands of a rehearsal, then those of the online form."""
    titles = load_texts(STEPS)
    commands = [*(script.commands if script else ()), *(online.commands if online else ())]
    return tuple(
        RehearsalStep(
            command.step, titles[command.name], command.command, command.exit_code, command.seconds, command.output
        )
        for command in commands
    )


def _departures(pips: Iterable[PipFacts], script: Transcript | None) -> tuple[Text, ...]:
    """Return sentences about departures: of a rehearsal from the manual, and of pip's calls from the site's command."""
    texts = load_texts(STEPS)
    departures = []
    if script is not None:
        departures += [texts[key] for key in script.departures]
        if script.server_options:
            departures.append(texts["departure-server-options"].fill({"options": " ".join(script.server_options)}))
    dropped = dict.fromkeys(" ".join(pip.dropped) for pip in pips if pip.dropped)
    return (*departures, *(texts["departure-options"].fill({"options": options}) for options in dropped))
