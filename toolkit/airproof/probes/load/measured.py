"""The answers of a load's workers go in; the numbers of each step, which are compared with each other, come out."""

from __future__ import annotations

import math
import threading
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from airproof.net.load.connection import OWN
from airproof.probes.load.worker import WorkerLine

MOST_KINDS = 20
"""Kinds of trouble that are told one by one."""
TOGETHER = 0.3
"""Seconds between the first host and the last one at most, if they are to begin at once."""
BUSY = 0.7
"""Share of its time from which on a worker counts as busy: then the server might have done more."""


Ending = Literal["repeated", "at-once", "open"]


class Quantiles(msgspec.Struct, frozen=True):
    """Seconds in which that many of a hundred came to their end: measured ones, none between two (nearest rank).

    None: longer than can be said, since the time of the step was over.
    """

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float
    """The longest time of those that came to their end."""


class LoadTrouble(msgspec.Struct, frozen=True):
    """Requests that were not answered as pip wants it."""

    kind: str
    """Such as `status 503`, `timeout` or `reset`."""
    count: int
    example: str
    ending: Ending = "repeated"
    """They failed after all repetitions of pip, or for good, since pip does not repeat them; or the bound or the time
    of the step came before the last repetition.
    """

    @property
    def is_status(self) -> bool:
        """Say whether the server answered, so that airproof is not the reason."""
        return self.kind.startswith("status ")


class ServerSight(msgspec.Struct, frozen=True):
    """Resources that the serving process used during a step, if airproof runs on the same machine (Linux)."""

    pid: int
    program: str
    """The first word of its command line, without folders."""
    threads: int
    """At most, of several looks."""
    busy: float
    """Processor seconds."""
    memory: int
    """Resident bytes at most, of several looks."""
    read: int | None
    """Bytes that came from the disk, and not from the system's cache; None: not to be seen by this account."""


class LoadStep(msgspec.Struct, frozen=True):
    """One number of hosts that activated at once."""

    hosts: int
    activations: int
    """Those that got all that they asked for."""
    failed: int
    """Those that met an error which pip does not pass over."""
    unfinished: int
    """Those that were on their way when the time of the step was over, or were not begun."""
    seconds: float
    """From the first request to the end of the step."""
    activation: Quantiles | None
    """Times of the activations; one that did not end counts as longer than any other. None: not one ended."""
    pages: Quantiles | None
    metadata: Quantiles | None
    files: Quantiles | None
    requests: int
    size: int
    """Bytes of all answers."""
    retried: int
    """Requests that were sent again."""
    troubles: tuple[LoadTrouble, ...]
    workers: int
    """Processes that played the hosts."""
    own_busy: float
    """Processor seconds of the busiest of them."""
    own_all: float
    """Processor seconds of all of them."""
    own_late: float
    """Seconds by which the clock of the latest of them was late in all."""
    server: ServerSight | None = None
    bounded: bool = False
    """As many requests as were announced had been sent before all activations had ended: the rest was not asked."""
    stopped: bool = False
    """The run was interrupted during this step."""
    repeated: bool = False
    """It was measured a second time, since the first had been too slow; this is the better one."""
    began_late: float = 0.0
    """Seconds by which the hosts of the last process began after the others."""

    @property
    def sent(self) -> int:
        """Return the GETs that were sent, repetitions included."""
        return self.requests + self.retried

    @property
    def is_whole(self) -> bool:
        """Say whether each activation came to a good end."""
        return not (self.failed or self.unfinished or self.bounded or self.stopped)

    @property
    def is_unanswered(self) -> bool:
        """Say whether not one activation came to a good end, and requests are known that the server left unanswered."""
        return not self.activations and any(trouble.kind != OWN for trouble in self.troubles)

    @property
    def is_apart(self) -> bool:
        """Say whether processes began so late that the hosts hardly asked at once, which only airproof answers for."""
        usual = self.activation.p50 if self.activation is not None else None
        return self.workers > 1 and self.began_late > max(TOGETHER, usual or 0.0)

    @property
    def lost(self) -> int:
        """Return the activations that the server failed: where not one came to a good end, all of them."""
        return self.failed if self.activations else self.failed + self.unfinished

    @property
    def per_minute(self) -> float:
        """Return the activations per minute."""
        return 60 * self.activations / self.seconds if self.seconds > 0 else 0.0

    @property
    def is_limited(self) -> bool:
        """Say whether airproof itself was at its limit, so that the server may do better than it shows here."""
        failed_here = any(trouble.kind == OWN for trouble in self.troubles)
        return failed_here or (self.seconds > 0 and max(self.own_busy, self.own_late) > BUSY * self.seconds)

    def own_share(self, *, same_machine: bool) -> float:
        """Return the seconds by which airproof may have delayed an activation at most.

        A host waits for its own process at most as long as that one computes, or its clock is late; a server on the
        same machine waits at most for the processor time of all of them.
        """
        return max(self.own_late, self.own_all if same_machine else self.own_busy)


class StepTally:
    """The lines of all workers of a step, as they come. Memory grows by 8 bytes for each request."""

    def __init__(self, hosts: int, planned: int) -> None:
        """`planned`: activations of the step."""
        self.hosts, self.planned = hosts, planned
        self._times = {"page": array("d"), "metadata": array("d"), "file": array("d")}
        self._activations = array("d")
        self._failed = self._size = self._retried = 0
        self._troubles: Counter[tuple[str, Ending]] = Counter()
        self._examples: dict[tuple[str, Ending], str] = {}
        self._busy: dict[int, tuple[float, float]] = {}
        self._bounded = False
        self._began_late = 0.0
        self._done: set[int] = set()
        self._seconds = 0.0
        self._lock = threading.Lock()

    def take(self, worker: int, line: WorkerLine) -> None:
        """Add a line; each worker is heard in a thread of its own."""
        with self._lock:
            self._add(worker, line)

    def _add(self, worker: int, line: WorkerLine) -> None:
        for request in line.requests:
            self._size += request.size
            self._retried += request.retried
            if request.trouble:
                ending: Ending = "open" if request.is_open else "repeated" if request.retried else "at-once"
                self._troubles[request.trouble, ending] += 1
                if request.example:
                    self._examples.setdefault((request.trouble, ending), request.example)
            else:
                self._times[request.kind].append(request.seconds)
        for seconds, ok in line.activations:
            if ok:
                self._activations.append(seconds)
            self._failed += not ok
        self._busy[worker] = (line.busy, line.late)
        self._seconds = max(self._seconds, line.seconds)
        self._bounded |= line.bounded
        self._began_late = max(self._began_late, line.began_late)
        if line.done:
            self._done.add(worker)

    def heard_of(self, workers: int) -> bool:
        """Say whether each worker came to its end."""
        return len(self._done) == workers

    def step(self, server: ServerSight | None, *, workers: int, stopped: bool = False) -> LoadStep:
        """Return the numbers of the step."""
        unfinished = max(0, self.planned - len(self._activations) - self._failed)
        troubles = self._troubles.most_common(MOST_KINDS)
        return LoadStep(
            hosts=self.hosts,
            activations=len(self._activations),
            failed=self._failed,
            unfinished=unfinished,
            seconds=self._seconds,
            activation=quantiles(self._activations, longer=unfinished),
            pages=quantiles(self._times["page"]),
            metadata=quantiles(self._times["metadata"]),
            files=quantiles(self._times["file"]),
            requests=sum(map(len, self._times.values())) + sum(self._troubles.values()),
            size=self._size,
            retried=self._retried,
            troubles=tuple(
                LoadTrouble(kind, count, self._examples.get((kind, ending), ""), ending)
                for (kind, ending), count in troubles
            ),
            workers=workers,
            own_busy=max((busy for busy, _ in self._busy.values()), default=0.0),
            own_all=round(sum(busy for busy, _ in self._busy.values()), 3),
            own_late=max((late for _, late in self._busy.values()), default=0.0),
            server=server,
            bounded=self._bounded,
            stopped=stopped,
            began_late=self._began_late,
        )


def quantiles(times: Sequence[float], *, longer: int = 0) -> Quantiles | None:
    """Return the quantiles of measured seconds; `longer`: how many more took longer than can be said, so that a
    quantile which falls on one of them is None. None: nothing was measured.
    """
    if not times:
        return None
    ranked, count = sorted(times), len(times) + longer

    def at(percent: int) -> float | None:
        rank = max(1, math.ceil(count * percent / 100))
        return round(ranked[rank - 1], 4) if rank <= len(ranked) else None

    return Quantiles(count, at(50), at(95), at(99), round(ranked[-1], 4))


class LineReader:
    """Reads the lines of a worker from the pieces in which its output comes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[WorkerLine]:
        *whole, self._rest = (self._rest + piece).split(b"\n")
        return [msgspec.json.decode(raw, type=WorkerLine) for raw in whole]
