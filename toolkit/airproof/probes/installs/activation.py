"""Play an activation: packages are installed one by one, in the flows' order, into one environment, as OMFlow's
interpreter is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.closure.present import Present
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.pip.environment import GuardedEnvironment
from airproof.probes.pip.facts import PipFacts
from airproof.site.group import Group

SAID = 2000
"""Characters that are kept of the end of pip's output."""
LACKING = re.compile(r" requires ([A-Za-z0-9][A-Za-z0-9._-]*), which is not installed")
"""Pattern of a complaint of `pip check`."""


class ActivationStep(msgspec.Struct, frozen=True):
    """Installation of one declared package."""

    requirement: str
    items: tuple[str, ...]
    ok: bool
    seconds: float
    changed: dict[str, str] = {}
    """Distributions that were added or changed, with their new versions; none if the package was already there."""
    replaced: dict[str, str] = {}
    """Distributions that had another version before, with that version."""
    said: str = ""
    """The end of pip's error output, if it failed."""
    counted: dict[str, str] = {}
    """Installed distributions that were kept because the index alone does not suffice."""


class Activation(msgspec.Struct, frozen=True):
    """Activation of one flow."""

    flow: str
    steps: tuple[ActivationStep, ...]
    problems: tuple[str, ...] = ()
    """New complaints of `pip check` since this flow: pip overwrites distributions that others need, and still exits
    with 0. A distribution that counts as installed is not reported as missing.
    """

    @property
    def ok(self) -> bool:
        return not self.problems and all(step.ok for step in self.steps)


class Activations(msgspec.Struct, frozen=True):
    """Activation of all flows of one interpreter, one after the other."""

    label: str
    flows: tuple[Activation, ...]
    played: bool = True
    """False: on another host, whose pip resolved each flow by itself and installed nothing."""


def probe_activations(pip: OfflinePip, groups: Sequence[Group], present: Present | None = None) -> Activations:
    """Play each group that a flow declares.

    `present`: installed distributions count if the index alone does not suffice. Raises CannotLook if no environment
    can be made.
    """
    played = []
    with pip.environment() as environment:
        known: frozenset[str] = frozenset()
        counted: dict[str, str] = {}
        for group in groups:
            steps = tuple(_step(pip, environment, requirement, group, present) for requirement in group.requirements)
            counted |= {name: version for step in steps for name, version in step.counted.items()}
            problems = tuple(
                problem for problem in environment.check(environment.installed()) if _lacks(problem) not in counted
            )
            played.append(Activation(group.name, steps, tuple(problem for problem in problems if problem not in known)))
            known |= frozenset(problems)
    return Activations(pip.host.label, tuple(played))


def activations_of_carried(pip: PipFacts, groups: Sequence[Group]) -> Activations:
    """Derive each flow's activation from the runs of another host's pip: all of its packages resolve, or pip's
    error.
    """
    runs = {name: run for run in pip.runs for name in run.groups}
    played = []
    for group in groups:
        ran = runs[group.name].ran
        last_words = "" if ran.ok else ran.stderr.strip()[-SAID:]
        steps = (
            ActivationStep(requirement, group.items.get(requirement, ()), ran.ok, 0.0, said=last_words)
            for requirement in group.requirements
        )
        played.append(Activation(group.name, tuple(steps)))
    return Activations(pip.label, tuple(played), played=False)


def _step(
    pip: OfflinePip, environment: GuardedEnvironment, requirement: str, group: Group, present: Present | None
) -> ActivationStep:
    before = environment.versions()
    ran = environment.install((requirement,), group.constraints)
    rest = None if ran.ok or present is None else present.rest_of((requirement,), group.constraints)
    if rest is not None:
        ran = pip.fill(environment, rest)
    after = environment.versions()
    changed = {name: version for name, version in after.items() if before.get(name) != version}
    return ActivationStep(
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
    """Return the project that a line of `pip check` reports as missing; empty for any other complaint."""
    match = LACKING.search(problem)
    return canonicalize_name(match[1]) if match else ""
