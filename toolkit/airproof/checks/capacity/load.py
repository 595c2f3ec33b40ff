"""SRV14, SRV15: hosts that activate at once are all served, and in the time that the site has for an activation.

A server is never rejected because airproof was slow: where airproof's own time would make the difference, it has not
looked.
"""

from __future__ import annotations

from collections.abc import Sequence

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.errors import CannotLook
from airproof.probes.load.load import LoadMeasured
from airproof.probes.load.measured import LoadStep
from airproof.site.site import Site


@check(
    "SRV14",
    level="required",
    causes=("load-errors",),
    requires=("SRV01", "PIP02", "DEP01"),
    given="load",
    last=True,
)
def check_each_host_is_served(load: LoadMeasured) -> Seen:
    """Each activation gets all that it asks for, however many hosts ask at once. Errors that pip passes over count only
    where they last.

    Raises CannotLook where activations did not come to their end and it is not the server that is known to be why, or
    airproof itself was at its limit.
    """
    broken_off = next((step for step in load.steps if not (step.is_whole or step.stopped)), None)
    if broken_off is not None:
        if broken_off.is_limited and not any(trouble.is_status for trouble in broken_off.troubles):
            raise CannotLook("load-own-limit", hosts=broken_off.hosts, busy=f"{broken_off.own_busy:.1f}")
        if not (broken_off.failed or broken_off.is_unanswered):
            raise _not_ended(broken_off)
        values = {
            "hosts": broken_off.hosts,
            "failed": broken_off.lost,
            "planned": broken_off.failed + broken_off.activations + broken_off.unfinished,
            "server": load.plan.server,
            "kinds": ", ".join(f"{trouble.kind}: {trouble.count}" for trouble in broken_off.troubles),
            "example": broken_off.troubles[0].example if broken_off.troubles else "-",
        }
        expect([Finding("load-errors", broken_off.lost, 0, (), values)])
    _ensure_together(load.steps)
    last = _last(load)
    if last.hosts < load.plan.wanted and load.too_slow is None and last.hosts < load.plan.hosts:
        raise CannotLook("load-fewer-hosts", hosts=last.hosts, wanted=min(load.plan.wanted, load.plan.hosts))
    return seen(hosts=last.hosts, requests=sum(step.requests for step in load.steps), rate=f"{last.per_minute:.0f}")


@check(
    "SRV15",
    level="required",
    causes=("load-too-slow",),
    requires=("SRV01", "PIP02", "DEP01"),
    given="activation_time",
    last=True,
)
def check_hosts_activate_in_time(asked: Site, load: LoadMeasured | None) -> Seen:
    """The server gives 95 in 100 of the site's hosts all that they ask for within the time of an activation.

    Raises CannotLook where activations failed, fewer hosts were loaded than the site has, or airproof itself was too
    slow to say.
    """
    if load is None:
        raise NotApplicable("no-load")
    failing = next((step for step in load.steps if step.failed or step.is_unanswered), None)
    if failing is not None and failing.hosts <= load.plan.wanted and not failing.stopped:
        raise CannotLook("load-failed", hosts=failing.hosts, failed=failing.lost)
    slow = load.too_slow
    if slow is not None and slow.hosts <= load.plan.wanted:
        if slow.bounded:
            raise _not_ended(slow)
        if load.is_own_fault(slow):
            raise CannotLook("load-own-limit", hosts=slow.hosts, busy=f"{slow.own_busy:.1f}")
        values = {
            "hosts": slow.hosts,
            "wanted_hosts": load.plan.wanted,
            "held": load.held,
            "limit": f"{asked.activation_time:g}",
            "seconds": _seconds(slow),
            "server": load.plan.server,
            "rate": f"{slow.per_minute:.0f}",
        }
        expect([Finding("load-too-slow", _seconds(slow), asked.activation_time, (), values)])
    last = _last(load)
    if last.hosts < load.plan.wanted:
        raise CannotLook("load-fewer-hosts", hosts=last.hosts, wanted=load.plan.wanted)
    reached = next(step for step in load.steps if step.hosts >= load.plan.wanted)
    _ensure_together((reached,))
    return seen(hosts=reached.hosts, seconds=_seconds(reached), limit=f"{asked.activation_time:g}")


def _not_ended(step: LoadStep) -> CannotLook:
    """Return the reason for which nothing is known of the activations that did not come to their end."""
    if step.bounded:
        return CannotLook("load-bounded", hosts=step.hosts, requests=step.sent, repeated=step.retried)
    return CannotLook("load-unfinished", hosts=step.hosts, unfinished=step.unfinished, seconds=f"{step.seconds:.0f}")


def _ensure_together(steps: Sequence[LoadStep]) -> None:
    """Raise CannotLook for a step whose hosts did not begin at once: fewer of them asked at the same time."""
    apart = next((step for step in steps if step.is_apart and not step.stopped), None)
    if apart is not None:
        raise CannotLook("load-apart", hosts=apart.hosts, seconds=f"{apart.began_late:.1f}")


def _last(load: LoadMeasured) -> LoadStep:
    """Return the step with most hosts. Raises CannotLook if none was measured."""
    if not load.steps:
        raise CannotLook("load-fewer-hosts", hosts=0, wanted=load.plan.wanted)
    return load.steps[-1]


def _seconds(step: LoadStep) -> str:
    """Return the time of 95 in 100 activations; of those that never came to their end, the time of the step."""
    ready = step.activation.p95 if step.activation is not None else None
    return f"{ready:.1f}" if ready is not None else f"> {step.seconds:.1f}"
