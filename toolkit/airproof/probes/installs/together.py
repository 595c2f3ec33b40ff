"""Decide which groups are given to pip together: one process if all is well, and a few more if some groups fail.

Every group is promised a judgement of its own: no result depends on the other requested groups, or on their order. So a
joint run counts only for the groups for which it took the very files that they would be given alone (`apart`); the
others are asked again without them, together and then alone. A failure of pip for all groups together says little, so
they are asked separately. The groups that airproof's own reading of the index finds complete are asked together first:
fifty requirements of which five fail take seven processes, not 51. The reading decides nothing else: every group that
counts was tried by pip itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from airproof.net.threads import Workers
from airproof.probes.installs.apart import restricted
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.site.group import Group

Promising = Callable[[Group], bool]
"""Predicts whether a group would install by itself."""
Same = Callable[[Group, PipRun], bool]
"""Decides whether a group by itself would get the result that it has in a joint run."""


def probe_pip(
    pip: OfflinePip,
    groups: Sequence[Group],
    *,
    imports: bool,
    same: Same,
    dry_run: bool = False,
    promising: Promising = lambda _: False,
) -> PipFacts:
    """Run one pip process for all groups; if it fails, one for the promising groups, and one for each of the others.

    A group with settings for a whole pip process, such as `--pre` or hashes, is asked alone.
    """
    target = TargetMatcher.of(pip.host)

    def ask(some: Sequence[Group], beside: int = 1) -> PipRun:
        return pip.install(some, imports=imports, dry_run=dry_run, beside=beside)

    def each(some: Sequence[Group]) -> list[PipRun]:
        with Workers(pip.at_once) as pool:
            return list(pool.map(lambda group: ask([group], min(pip.at_once, len(some))), some))

    def settled(run: PipRun, some: Sequence[Group]) -> list[PipRun]:
        """Keep the groups for which a joint run that succeeded counts, and ask pip again for the others."""
        kept = [group for group in some if same(group, run)]
        others = [group for group in some if group not in kept]
        if not others:
            return [run]
        counted = [restricted(run, kept, target)] if kept else []
        # Each further joint run must settle half of its groups; otherwise single runs would be fewer.
        if len(others) > 1 and 2 * len(kept) >= len(some):
            again = ask(others)
            return [*counted, *(settled(again, others) if again.ok else each(others))]
        return [*counted, *each(others)]

    alone = [group for group in groups if group.sets_pip]
    joint = [group for group in groups if not group.sets_pip]
    if not joint:
        return PipFacts(pip.host.label, pip.host.pip or "", tuple(each(alone)), dropped=pip.dropped)
    whole = ask(joint)
    if whole.ok and len(joint) > 1:
        runs = settled(whole, joint)
    elif whole.ok or len(joint) == 1:
        runs = [whole]
    else:
        good = [group for group in joint if promising(group)]
        apart = [group for group in joint if group not in good]
        runs = []
        with Workers(pip.at_once) as pool:
            # All of them together were already asked.
            first = pool.submit(ask, good) if apart and len(good) > 1 else None
            rest = each(apart)
            if first is not None and first.result().ok:
                runs = settled(first.result(), good)
            else:  # The groups are in conflict, or the reading was wrong.
                rest += each(good)
        runs += rest
    counts = any(run.ran == whole.ran for run in runs)
    return PipFacts(pip.host.label, pip.host.pip or "", (*runs, *each(alone)), None if counts else whole, pip.dropped)
