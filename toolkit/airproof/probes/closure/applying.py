"""Find the groups of requirements that apply nowhere: their markers exclude every host and target, so they are not
judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from packaging.requirements import Requirement

from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.group import Group


class Applying(msgspec.Struct, frozen=True):
    nowhere: tuple[str, ...] = ()
    """Names of the groups in which no requirement applies to any host or target of the run."""


def probe_applying(groups: Sequence[Group], targets: Iterable[TargetMatcher]) -> Applying:
    """Evaluate the markers of each group. `targets`: every interpreter and every target that is asked."""
    each = list(targets)
    return Applying(
        tuple(
            group.name
            for group in groups
            if not any(target.applies(Requirement(text).marker) for text in group.requirements for target in each)
        )
    )
