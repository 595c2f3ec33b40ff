"""What counts as served because it is installed: pip, and so OMFlow, leaves it as it is and asks no index for it.

The index is judged without it first, in an empty environment. Where that fails, airproof reads the index anew beside
what the interpreter has, and pip has to install the rest, file by file, into an empty environment again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.resolution import Pin, Source
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.interpreters.target import Target
from airproof.probes.pip.facts import PipFacts, PipRun, Rest
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.site import DEFAULT_ROUNDS, Group


class Present:
    """An index beside what one interpreter has."""

    def __init__(
        self, source: Source, target: Target, *, choosing: Choosing = PLAIN, rounds: int = DEFAULT_ROUNDS
    ) -> None:
        """`target`: with what it has; `choosing`: what its pip is told about kinds of files."""
        self._source, self._target, self._choosing, self._rounds = source, target, choosing, rounds

    def rest_of(self, requirements: Sequence[str], constraints: Sequence[str]) -> Rest | None:
        """What the index still has to give; None where what is installed is of no help."""
        if not self._target.had:
            return None
        reading = read_closure(
            self._source,
            self._target,
            requirements,
            constraints=constraints,
            choosing=self._choosing,
            rounds=self._rounds,
        )
        if not (reading.resolves and reading.had):
            return None
        return Rest(reading.had, _releases(reading.pins), _releases(reading.prepared))


def _releases(pins: Sequence[Pin]) -> tuple[str, ...]:
    return tuple(f"{pin.project}=={pin.version}" for pin in pins)


def count_present(facts: PipFacts, pip: OfflinePip, groups: Sequence[Group], present: Present) -> PipFacts:
    """The same facts, where each group that failed was tried again beside what is installed; if that does, it counts.

    Raises CannotLook as `install` does.
    """
    by_name = {one.name: one for one in groups}
    runs = tuple(_counted(run, pip, [by_name[name] for name in run.groups], present) for run in facts.runs)
    return msgspec.structs.replace(facts, runs=runs)


def _counted(run: PipRun, pip: OfflinePip, groups: Sequence[Group], present: Present) -> PipRun:
    if run.ran.exit_code in (0, None):
        return run
    constraints = tuple(dict.fromkeys(one for group in groups for one in group.constraints))
    rest = present.rest_of(run.requirements, constraints)
    again = pip.install_rest(run, rest) if rest is not None else run
    return again if again.ok else run
