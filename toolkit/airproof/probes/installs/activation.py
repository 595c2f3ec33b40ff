"""Activation, played: package by package, in the flows' order, into one environment, as OMFlow's interpreter is one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.closure.present import Present
from airproof.probes.installs.pip import Environment, OfflinePip
from airproof.probes.pip.facts import PipFacts
from airproof.site.site import Group

SAID = 2000
"""Characters of pip's last words that are kept."""
LACKING = re.compile(r" requires ([A-Za-z0-9][A-Za-z0-9._-]*), which is not installed")
"""A complaint of `pip check`."""


class Step(msgspec.Struct, frozen=True):
    """One declared package."""

    requirement: str
    items: tuple[str, ...]
    ok: bool
    seconds: float
    changed: dict[str, str] = {}
    """Distributions that came or changed, with their new versions; none where it was there already."""
    replaced: dict[str, str] = {}
    """Those that had another version before, with that version."""
    said: str = ""
    """pip's last words, where it failed."""
    counted: dict[str, str] = {}
    """What is installed and was left as it is, since the index alone does not do."""


class Activation(msgspec.Struct, frozen=True):
    """One flow."""

    flow: str
    steps: tuple[Step, ...]
    problems: tuple[str, ...] = ()
    """What `pip check` complains of since this flow: pip installs over what others need, and ends with exit code 0.
    What counts as installed is not missed.
    """

    @property
    def ok(self) -> bool:
        return not self.problems and all(step.ok for step in self.steps)


class Activations(msgspec.Struct, frozen=True):
    """All flows of one interpreter, one after the other."""

    label: str
    flows: tuple[Activation, ...]
    played: bool = True
    """False: on another host, whose pip resolved and installed nothing; each flow by itself."""


def probe_activations(pip: OfflinePip, groups: Sequence[Group], present: Present | None = None) -> Activations:
    """Plays each group that a flow declares. `present`: what is installed counts where the index alone does not do.

    Raises CannotLook where no environment can be made.
    """
    played = []
    with pip.environment() as environment:
        known: frozenset[str] = frozenset()
        counted: dict[str, str] = {}
        for group in groups:
            steps = tuple(_step(environment, one, group, present) for one in group.requirements)
            counted |= {name: version for one in steps for name, version in one.counted.items()}
            problems = tuple(one for one in environment.problems() if _lacks(one) not in counted)
            played.append(Activation(group.name, steps, tuple(one for one in problems if one not in known)))
            known |= frozenset(problems)
    return Activations(pip.host.label, tuple(played))


def activations_of_carried(pip: PipFacts, groups: Sequence[Group]) -> Activations:
    """What the runs of another host's pip say of each flow: all of its packages resolve, or what keeps them from it."""
    runs = {name: run for run in pip.runs for name in run.groups}
    played = []
    for group in groups:
        ran = runs[group.name].ran
        said = "" if ran.ok else ran.stderr.strip()[-SAID:]
        steps = (Step(one, group.items.get(one, ()), ran.ok, 0.0, said=said) for one in group.requirements)
        played.append(Activation(group.name, tuple(steps)))
    return Activations(pip.label, tuple(played), played=False)


def _step(environment: Environment, requirement: str, group: Group, present: Present | None) -> Step:
    before = environment.versions()
    ran = environment.install(requirement, group.constraints)
    rest = None if ran.ok or present is None else present.rest_of((requirement,), group.constraints)
    if rest is not None:
        ran = environment.install_rest(rest)
    after = environment.versions()
    changed = {name: version for name, version in after.items() if before.get(name) != version}
    return Step(
        requirement=requirement,
        items=group.items.get(requirement, ()),
        ok=ran.ok,
        seconds=ran.seconds,
        changed=changed,
        replaced={name: before[name] for name in changed if name in before},
        said="" if ran.ok else ran.stderr.strip()[-SAID:],
        counted=rest.counted if rest is not None and ran.ok else {},
    )


def _lacks(problem: str) -> str:
    """The project that a line of `pip check` misses; empty where it is about something else."""
    found = LACKING.search(problem)
    return canonicalize_name(found[1]) if found else ""
