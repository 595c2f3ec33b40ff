"""Which groups pip is asked for together: one process where all is well, and few more where some groups fail.

pip's failure of all groups together says little, so they are asked apart. Those that airproof's own reading of the
index finds complete are asked together first: fifty requirements of which five fail take seven processes, not 51. A
reading decides nothing else: every group that counts was tried by pip itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from airproof.probes.pip import OfflinePip
from airproof.probes.pipfacts import PipFacts, PipRun
from airproof.site import Group

SIDE_BY_SIDE = 2
"""How many pips run at a time."""

Promising = Callable[[Group], bool]
"""Whether a group looks as if it would install by itself."""


def probe_pip(
    pip: OfflinePip,
    groups: Sequence[Group],
    *,
    imports: bool,
    dry_run: bool = False,
    promising: Promising = lambda _: False,
) -> PipFacts:
    """One pip process for all groups; where that fails, one for the promising ones, and one for each of the others."""
    version = pip.host.pip or ""

    def ask(some: Sequence[Group]) -> PipRun:
        return pip.install(some, imports=imports, dry_run=dry_run)

    whole = ask(groups)
    if whole.ok or len(groups) == 1:
        return PipFacts(pip.host.label, version, (whole,), dropped=pip.dropped)
    good = [one for one in groups if promising(one)]
    apart = [one for one in groups if one not in good]
    together: list[PipRun] = []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        joint = pool.submit(ask, good) if apart and len(good) > 1 else None  # all of them were asked already
        each = list(pool.map(lambda group: ask([group]), apart))
        if joint is not None and joint.result().ok:
            together = [joint.result()]
        else:  # they stand in each other's way, or the reading was wrong
            each += pool.map(lambda group: ask([group]), good)
    return PipFacts(pip.host.label, version, (*together, *each), whole, pip.dropped)
