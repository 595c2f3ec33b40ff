"""Count requirements as served if they are installed: pip, and so OMFlow, keeps an installed distribution and asks no
index for it.

The index is first judged without installed distributions, in an empty environment. If that fails, airproof reads the
index again together with the interpreter's distributions, and pip has to install the rest, file by file, again into an
empty environment.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.resolution import Pin, Source
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts, PipRun, StillNeeded
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.group import Group
from airproof.site.site import DEFAULT_ROUNDS


class Present:
    """An index together with the distributions that one interpreter has."""

    def __init__(
        self, source: Source, target: TargetMatcher, *, choosing: Choosing = PLAIN, rounds: int = DEFAULT_ROUNDS
    ) -> None:
        """`target`: with its installed distributions; `choosing`: the options about kinds of files that its pip is
        given.
        """
        self._source, self._target, self._choosing, self._rounds = source, target, choosing, rounds

    def rest_of(self, requirements: Sequence[str], constraints: Sequence[str]) -> StillNeeded | None:
        """Return the distributions that the index must still provide; None if the installed ones do not help."""
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
        return StillNeeded(reading.had, _releases(reading.pins), _releases(reading.prepared))


def _releases(pins: Sequence[Pin]) -> tuple[str, ...]:
    return tuple(f"{pin.project}=={pin.version}" for pin in pins)


def count_present(facts: PipFacts, pip: OfflinePip, groups: Sequence[Group], present: Present) -> PipFacts:
    """Try each failed group again together with the installed distributions; a group that then succeeds counts as
    passed.

    Raises CannotLook as `install` does.
    """
    by_name = {group.name: group for group in groups}
    runs = tuple(_counted(run, pip, [by_name[name] for name in run.groups], present) for run in facts.runs)
    return msgspec.structs.replace(facts, runs=runs)


def _counted(run: PipRun, pip: OfflinePip, groups: Sequence[Group], present: Present) -> PipRun:
    if run.ran.exit_code in (0, None):
        return run
    constraints = tuple(dict.fromkeys(constraint for group in groups for constraint in group.constraints))
    rest = present.rest_of(run.requirements, constraints)
    again = pip.install_rest(run, rest) if rest is not None else run
    return again if again.ok else run
