"""SRV14, SRV15: hosts that activate at once are all served, and in the time that the site has for an activation.

A server is never rejected because airproof was slow: where airproof's own time would make the difference, it has not
looked.
"""

from __future__ import annotations

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
    """
    failing = next((step for step in load.steps if step.failed), None)
    if failing is not None:
        if failing.is_limited:
            raise CannotLook("load-own-limit", hosts=failing.hosts, busy=f"{failing.own_busy:.1f}")
        values = {
            "hosts": failing.hosts,
            "failed": failing.failed,
            "planned": failing.failed + failing.activations + failing.unfinished,
            "server": load.plan.server,
            "kinds": ", ".join(f"{trouble.kind}: {trouble.count}" for trouble in failing.troubles),
            "example": failing.troubles[0].example if failing.troubles else "-",
        }
        expect([Finding("load-errors", failing.failed, 0, (), values)])
    last = _last(load)
    return seen(hosts=last.hosts, requests=sum(step.requests for step in load.steps), rate=f"{last.per_minute:.0f}")


@check(
    "SRV15",
    level="required",
    causes=("load-too-slow",),
    requires=("SRV14",),
    given="activation_time",
    last=True,
)
def check_hosts_activate_in_time(asked: Site, load: LoadMeasured | None) -> Seen:
    """Of the hosts that the site has, 95 in 100 have all that they ask for within the time of an activation.

    Raises CannotLook where fewer hosts were loaded than the site has, or airproof itself was too slow to say.
    """
    if load is None:
        raise NotApplicable("no-load")
    slow = load.too_slow
    if slow is not None and slow.hosts <= load.plan.wanted:
        if slow.bounded:
            raise CannotLook("load-bounded", hosts=slow.hosts, requests=slow.requests, repeated=slow.retried)
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
    return seen(hosts=reached.hosts, seconds=_seconds(reached), limit=f"{asked.activation_time:g}")


def _last(load: LoadMeasured) -> LoadStep:
    """Return the step with most hosts. Raises CannotLook if none was measured."""
    if not load.steps:
        raise CannotLook("load-fewer-hosts", hosts=0, wanted=load.plan.wanted)
    return load.steps[-1]


def _seconds(step: LoadStep) -> str:
    """Return the time of 95 in 100 activations; of those that never came to their end, the time of the step."""
    ready = step.activation.p95 if step.activation is not None else None
    return f"{ready:.1f}" if ready is not None else f"> {step.seconds:.1f}"
