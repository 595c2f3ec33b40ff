"""Let 1, 2, 4 … hosts activate at once, and measure each number: GET alone, of the index's own server alone, bounded in
requests and time.

An index with a mirror is refused, since a mirror asks its upstream for what it has not kept, and what it has kept it
asks for again when it is stale: nothing shows from outside that it will not. An index of another product is refused for
the same reason.
"""

from __future__ import annotations

import contextvars
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from functools import partial

import msgspec

from airproof.errors import CannotLook
from airproof.net.http import Trusted
from airproof.net.load.connection import HostConnection, LoadedServer
from airproof.net.threads import run_abandonable
from airproof.probes.index.devpi import Server
from airproof.probes.load.measured import LineReader, LoadStep, StepTally
from airproof.probes.load.profile import LoadProfile, with_sizes
from airproof.probes.load.serving import Watch, serving_process
from airproof.probes.load.worker import Call, WorkOrder, context_of
from airproof.site.site import Site
from airproof.system.processes import Children, run
from airproof.system.processors import processors

WORKER = "airproof.probes.load.worker"
LOAD_TIME = 900.0
"""Seconds that all steps together may take."""
BEYOND = 2.0
"""A step is over after so many activation times: whoever is not ready then is late, and need not be served for it."""
LEAST_STEP = 10.0
"""Seconds of a step at least: the repetitions of a pip take 7.5 of them until it gives up."""
TRIES = 2
"""A step that was too slow is measured again: one slow moment of a machine or a network is no slow server."""
LEAST_ACTIVATIONS = 4
"""Activations of a step at least: with few hosts each activates several times."""
LEAD = 1.0
"""Seconds in which workers start before they begin."""
ENDING = 10.0
"""Seconds that a worker may take to end."""
SPARE = 2
"""GETs of a step at most, in those that it needs; each host has all repetitions of one request on top of that, so that
the bound never ends what pip would have given up by itself.
"""
GLANCE = 0.2


class LoadPlan(msgspec.Struct, frozen=True):
    """The load that will be sent, and the server that gets it; announced before the load begins."""

    server: str
    """The origin that is asked."""
    hosts: int
    """The largest number of hosts."""
    wanted: int
    """The number of hosts that have to be served."""
    activation_time: float
    """Seconds that an activation may take; 0: nobody said."""
    steps: tuple[int, ...]
    profiles: tuple[LoadProfile, ...]
    """The hosts take turns: the first, third … has the first of two."""
    requests: int
    """GETs of all steps, if nothing has to be repeated."""
    size: int
    """Bytes of the answers to them."""
    most: int
    """GETs at most: of all steps, repeated steps and repeated requests included."""
    seconds: float
    """All steps together take at most that long."""
    same_machine: bool
    """The server runs on the machine that makes the load: the two share its processors."""


class LoadMeasured(msgspec.Struct, frozen=True):
    """A load, as far as it came."""

    plan: LoadPlan
    steps: tuple[LoadStep, ...]
    """In the order of the hosts; fewer than planned after one that was too slow, or when the time was over."""

    @property
    def held(self) -> int:
        """Return the largest number of hosts of which 95 in 100 were ready in time; 0: none, or nobody said a time."""
        return max((step.hosts for step in self.steps if self.is_in_time(step)), default=0)

    @property
    def too_slow(self) -> LoadStep | None:
        """Return the first step of which not 95 in 100 activations were ready in time, though none of them failed."""
        timed = (step for step in self.steps if self.plan.activation_time and not (step.stopped or step.failed))
        return next((step for step in timed if _ready(step) > self.plan.activation_time), None)

    @property
    def not_held(self) -> LoadStep | None:
        """Return the first step that was not in time, whatever the reason; None: there is none, or nobody said a
        time.
        """
        timed = (step for step in self.steps if self.plan.activation_time and not step.stopped)
        return next((step for step in timed if not self.is_in_time(step)), None)

    def is_in_time(self, step: LoadStep) -> bool:
        """Say whether all activations came to a good end, and 95 in 100 in time; not so if nobody said a time."""
        return step.is_whole and _ready(step) <= self.plan.activation_time

    def is_own_fault(self, step: LoadStep) -> bool:
        """Say whether a step that was too slow might have been in time, had airproof itself been faster."""
        ready = step.activation.p95 if step.activation is not None else None
        slowest = step.seconds if ready is None else ready
        return slowest - step.own_share(same_machine=self.plan.same_machine) <= self.plan.activation_time


def steps_to(hosts: int, wanted: int) -> tuple[int, ...]:
    """Return 1, 2, 4 … and the last two numbers themselves."""
    doubled = {2**power for power in range(hosts.bit_length())}
    return tuple(sorted(number for number in doubled | {hosts, wanted} if 0 < number <= hosts))


def ensure_may_load(server: Server) -> None:
    """Raise CannotLook unless everything that will be asked for is known to lie on the server itself."""
    if server.version is None or not server.indexes:
        raise CannotLook("load-not-devpi", index=server.index)
    if server.mirrors:
        raise CannotLook("load-mirror", index=server.index, mirrors=", ".join(server.mirrors))


def try_out(site: Site, profiles: Sequence[LoadProfile], trusted: Trusted, login: str) -> tuple[LoadProfile, ...]:
    """Let one host activate by itself, and return the profiles with the sizes of all answers.

    Raises CannotLook if it does not get all that it asks for: then a load would say nothing. `login`: the header.
    """
    order, sizes = order_of(site, profiles, trusted, login), dict[str, int]()
    resumes = max((patience.resumes for patience in order.patience), default=0)
    connection = HostConnection(order.origin, context=context_of(order))
    try:
        for calls in (calls for profile in order.profiles for calls in profile):
            for call in calls:
                if call.target not in sizes:
                    timed = connection.get(call.target, order.headers[call.headers], resumes=resumes)
                    if timed.trouble:
                        raise CannotLook("load-alone", target=call.target, trouble=timed.detail or timed.trouble)
                    sizes[call.target] = timed.size
    finally:
        connection.close()
    return tuple(with_sizes(profile, sizes) for profile in profiles)


def plan_of(site: Site, profiles: Sequence[LoadProfile], *, same_machine: bool) -> LoadPlan:
    """Return the plan of a load. Raises CannotLook if there is nothing to ask for."""
    asking = sorted((profile for profile in profiles if profile.requests), key=lambda each: -each.size)
    if not asking:
        raise CannotLook("load-nothing")
    wanted = site.load_hosts or site.load
    steps = steps_to(site.load, wanted)
    played = [
        asking[number % len(asking)] for hosts in steps for number in range(hosts) for _ in range(rounds_of(hosts))
    ]
    requests = sum(len(profile.requests) for profile in played)
    return LoadPlan(
        server=site.index.origin,
        hosts=site.load,
        wanted=wanted,
        activation_time=site.activation_time,
        steps=steps,
        profiles=tuple(asking),
        requests=requests,
        size=sum(profile.size for profile in played),
        most=sum(most_of(profile) for profile in played) * (TRIES if site.activation_time else 1),
        seconds=load_time(site),
        same_machine=same_machine,
    )


def load_time(site: Site) -> float:
    """Return the seconds that all steps of a site's load take at most; 0 without a load."""
    if not site.load:
        return 0.0
    steps = len(steps_to(site.load, site.load_hosts or site.load))
    return min(LOAD_TIME, TRIES * steps * (LEAD + _step_time(site.activation_time)))


def _step_time(activation_time: float) -> float:
    return max(LEAST_STEP, BEYOND * activation_time) if activation_time else LOAD_TIME


def most_of(profile: LoadProfile) -> int:
    """Return the GETs of one activation at most."""
    return SPARE * len(profile.requests) + profile.patience.retries + profile.patience.resumes


def rounds_of(hosts: int) -> int:
    """Return how often each of so many hosts activates."""
    return max(1, math.ceil(LEAST_ACTIVATIONS / hosts))


def order_of(site: Site, profiles: Sequence[LoadProfile], trusted: Trusted, login: str) -> WorkOrder:
    """Return what all workers are told, but for the hosts and the bounds. `login`: the header; empty for none."""
    headers: list[dict[str, str]] = []

    def numbered(header: dict[str, str]) -> int:
        header = {**header, **({"Authorization": login} if login else {})}
        if header not in headers:
            headers.append(header)
        return headers.index(header)

    played = tuple(
        tuple(
            tuple(Call(call.kind, call.target, numbered(profile.headers(call.kind))) for call in process)
            for process in profile.processes
        )
        for profile in profiles
    )
    index = site.index
    return WorkOrder(
        origin=LoadedServer(index.scheme, index.host, index.port),
        headers=tuple(headers),
        profiles=played,
        patience=tuple(profile.patience for profile in profiles),
        hosts=(),
        rounds=1,
        start=0.0,
        seconds=0.0,
        most=0,
        ca=site.ca,
        trusted=trusted,
    )


class Load:
    """One load on one server, step by step."""

    def __init__(self, plan: LoadPlan, order: WorkOrder, port: int) -> None:
        self.plan, self._order = plan, order
        self._ends = time.monotonic() + plan.seconds
        own = processors()
        # A server on this machine needs a processor as well.
        self._processes = max(1, own - 1) if plan.same_machine else own
        self._pid = serving_process(port) if plan.same_machine else None

    @property
    def is_over(self) -> bool:
        """Say whether the time of the whole load is over."""
        return time.monotonic() >= self._ends - LEAD

    def step(self, hosts: int) -> LoadStep:
        """Measure one number of hosts, and once more if it was too slow. A step in which an activation failed is the
        result: no second one makes up for it.
        """
        measured, judged = self._once(hosts), LoadMeasured(self.plan, ())
        if not self.plan.activation_time or measured.stopped or measured.failed or judged.is_in_time(measured):
            return measured
        if self.is_over:
            return measured
        again = self._once(hosts)
        if again.stopped:
            return msgspec.structs.replace(measured, stopped=True)
        is_better = again.failed or judged.is_in_time(again) or _ready(again) <= _ready(measured)
        return msgspec.structs.replace(again if is_better else measured, repeated=True)

    def _once(self, hosts: int) -> LoadStep:
        seconds = min(_step_time(self.plan.activation_time), self._ends - time.monotonic())
        orders = list(self._orders(hosts, seconds))
        rounds = rounds_of(hosts)
        tally, children, watch = StepTally(hosts, hosts * rounds), Children(), Watch(self._pid)
        context = contextvars.copy_context()
        context.run(children.enter)
        works = [partial(_run_worker, order, tally, number) for number, order in enumerate(orders)]
        running = [context.run(run_abandonable, work) for work in works]
        stopped = False
        try:
            while wait(running, timeout=GLANCE).not_done:
                watch.look()
        except KeyboardInterrupt:
            stopped = True
            children.stop()
            wait(running, timeout=ENDING)
        for future in running:
            if not stopped:
                future.result()
        if not (stopped or tally.heard_of(len(orders))):
            raise CannotLook("load-worker-died")
        return tally.step(watch.sight(), workers=len(orders), stopped=stopped)

    def _orders(self, hosts: int, seconds: float) -> Iterator[WorkOrder]:
        """Yield the order of each process: the hosts take turns, and so do their profiles."""
        count, rounds = min(self._processes, hosts), rounds_of(hosts)
        profiles = [number % len(self.plan.profiles) for number in range(hosts)]
        start = time.time() + LEAD
        for process in range(count):
            own = tuple(profiles[process::count])
            yield msgspec.structs.replace(
                self._order,
                hosts=own,
                rounds=rounds,
                start=start,
                seconds=seconds,
                most=rounds * sum(most_of(self.plan.profiles[number]) for number in own),
            )


def _run_worker(order: WorkOrder, tally: StepTally, number: int) -> None:
    reader = LineReader()

    def heard(piece: bytes) -> None:
        for line in reader.feed(piece):
            tally.take(number, line)

    ran = run(
        [sys.executable, "-E", "-m", WORKER],
        timeout=LEAD + order.seconds + ENDING,
        stdin=msgspec.json.encode(order),
        heard=heard,
    )
    if not ran.ok and ran.stderr.strip():
        raise CannotLook("probe-failed", probe="load", error=ran.stderr.strip()[-500:])


def measured_steps(load: Load, keep: Callable[[int, Callable[[], LoadStep]], LoadStep]) -> LoadMeasured:
    """Measure step after step, until one is too slow, an activation does not come to a good end, or the time is over.
    `keep`: stores each as it is measured.

    Raises KeyboardInterrupt after the step in which the run was interrupted has been kept.
    """
    steps: list[LoadStep] = []
    for hosts in load.plan.steps:
        if load.is_over:
            break
        steps.append(step := keep(hosts, partial(load.step, hosts)))
        if step.stopped:
            raise KeyboardInterrupt
        if not step.is_whole or LoadMeasured(load.plan, (step,)).too_slow is not None:
            break
    return LoadMeasured(load.plan, tuple(steps))


def _ready(step: LoadStep) -> float:
    """Return when 95 in 100 were ready, for a comparison."""
    ready = step.activation.p95 if step.activation is not None else None
    return math.inf if ready is None else ready
