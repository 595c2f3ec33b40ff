"""Which groups of requirements are judged at all: one whose markers exclude every host and target is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from packaging.requirements import Requirement

from airproof.probes.interpreters.target import Target
from airproof.site.site import Group


class Applying(msgspec.Struct, frozen=True):
    nowhere: tuple[str, ...] = ()
    """Names of the groups of which no requirement is meant for any host or target of the run."""


def probe_applying(groups: Sequence[Group], targets: Iterable[Target]) -> Applying:
    """`targets`: every interpreter and every target that is asked."""
    each = list(targets)
    return Applying(
        tuple(
            group.name
            for group in groups
            if not any(target.applies(Requirement(text).marker) for text in group.requirements for target in each)
        )
    )
