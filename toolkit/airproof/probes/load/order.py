"""The order in which a pip comes to its requirements, which decides what it reads before it knows what it takes.

For a verdict the order of `Provider` will do: it finds the same closure. For the requests of a pip it will not: the
files that a pip has read in vain are those to which its order has led it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from packaging.version import Version

from airproof.probes.closure.resolver import PYTHON, Provider, ResolverCandidate, clauses_of, is_cause

RATED_UNTIL = Version("21.1")
"""Before it, pip came first to what is restricted most, then to what the user asked for."""
BY_DEPTH_UNTIL = Version("25.1.dev0")
"""Before it, pip came first to what is nearest to what the user asked for; then to what has an upper bound."""
NEWEST = Version("26.3")


class PipOrder(Provider):
    """`Provider` with the preference of the target's own pip (read in 20.3.4, 22.2.2 and 26.3)."""

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, ResolverCandidate],
        candidates: Mapping[str, Iterator[ResolverCandidate]],
        information: Mapping[str, Iterator[Any]],
        backtrack_causes: Sequence[Any],
    ) -> tuple[Any, ...]:
        wanted = list(information[identifier])
        if RATED_UNTIL <= self._pip < BY_DEPTH_UNTIL:
            return self.by_depth(identifier, wanted, backtrack_causes)
        clauses = clauses_of(wanted)
        pinned = any(clause.operator.startswith("==") and "*" not in clause.version for clause in clauses)
        if self._pip < RATED_UNTIL:
            rating = 1 if any(clause.operator.startswith("==") for clause in clauses) else 2 if clauses else 3
            return identifier == "setuptools", rating, all(parent is not None for _, parent in wanted), identifier
        bounded = any(
            clause.operator in ("<", "<=", "~=") or (clause.operator == "==" and "*" in clause.version)
            for clause in clauses
        )
        troubled = is_cause(identifier, backtrack_causes)
        place = self.places.get(identifier, math.inf)
        return identifier != PYTHON, not troubled, not pinned, not bounded, place, not clauses, identifier

    @cached_property
    def _pip(self) -> Version:
        pips = self.index.target.pips
        return Version(pips[0]) if pips else NEWEST
