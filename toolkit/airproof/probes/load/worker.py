"""A process that plays some of the hosts of one step: `python -m airproof.probes.load.worker`, its order on stdin.

Each host is a thread with one connection. What they see goes to stdout in lines of JSON, five in a second: so the
parent knows it even if this process is stopped, and this process ends when nobody reads it any more. It also watches
itself: its processor time, and by how much its own clock is late, say whether the server or airproof was slow.
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from airproof.net.answers import NO_MORE_TRUSTED, Trusted
from airproof.net.load.connection import BOUND, PIP_TIMEOUT, HostConnection, LoadedServer, Timed
from airproof.net.patience import RETRIED, RETRIES

REPORTING = 0.2
"""Seconds between two lines."""
LOOKING = 0.02
"""Seconds between two looks at the own clock."""
STACK = 256 * 1024
"""Bytes of a thread's stack: there may be hundreds of them."""
FILES = 4096
"""Connections that a process may have open: far more than it has hosts."""
MOST_EXAMPLES = 5
"""Troubles of one kind that a process names with their path."""


class Call(msgspec.Struct, frozen=True):
    """One GET: kind, path and headers, the last two as numbers of the order's lists."""

    kind: str
    target: str
    headers: int


class PipPatience(msgspec.Struct, frozen=True):
    """How long a pip waits, and what it repeats."""

    timeout: float = PIP_TIMEOUT
    """Seconds of one silence."""
    retries: int = RETRIES
    retries_502: bool = True
    """It repeats a request that is answered with 502, which older pips take for the answer."""
    resumes: int = 0
    """How often it asks for the rest of a file that breaks off."""


class WorkOrder(msgspec.Struct, frozen=True):
    """All that one process plays. It holds the login, so it is never a command-line argument, and no file."""

    origin: LoadedServer
    headers: tuple[dict[str, str], ...]
    profiles: tuple[tuple[tuple[Call, ...], ...], ...]
    """For each kind of host its pips, one after the other, each with its calls."""
    patience: tuple[PipPatience, ...]
    """For each kind of host that of its pip."""
    hosts: tuple[int, ...]
    """The profile of each host that this process plays, by its number."""
    rounds: int
    """How often each host activates, one activation after the other."""
    start: float
    """Time of the system's clock at which all hosts of all processes begin."""
    seconds: float
    """Seconds after which it ends, whatever is still on its way."""
    most: int
    """GETs that this process sends at most, repetitions included."""
    ca: str | None = None
    trusted: Trusted = NO_MORE_TRUSTED


class AnsweredRequest(msgspec.Struct, frozen=True, array_like=True):
    """One request that came to its end."""

    kind: str
    seconds: float
    size: int
    trouble: str = ""
    retried: int = 0
    example: str = ""
    is_open: bool = False
    """The bound or the time of the step ended it before its last try."""


class WorkerLine(msgspec.Struct, frozen=True, array_like=True):
    """Observations of a worker process since its previous line."""

    requests: tuple[AnsweredRequest, ...]
    activations: tuple[tuple[float, bool], ...]
    """Seconds of each activation that ended, and whether it got all that it asked for."""
    busy: float
    """Processor seconds of this process since the start."""
    late: float
    """Seconds by which its clock was late in all since the start."""
    seconds: float
    """Since the start."""
    done: bool = False
    bounded: bool = False
    """It has sent as many requests as it may."""
    began_late: float = 0.0
    """Seconds after the agreed start at which its hosts began."""


class Worker:
    """The hosts of one process."""

    def __init__(self, order: WorkOrder) -> None:
        self.order = order
        self._context = context_of(order)
        self._left = order.most
        self._lock = threading.Lock()
        self._requests: list[AnsweredRequest] = []
        self._activations: list[tuple[float, bool]] = []
        self._began = time.monotonic()
        self._examples: dict[str, int] = {}
        self._late = self._began_late = 0.0
        self._error: Exception | None = None
        """Why a host ended that should not have."""
        self._asking: dict[HostConnection, Call] = {}
        """The call that each open connection makes."""

    def play(self) -> None:
        """Play all hosts to their end, or to the end of the time; whatever still runs then is left to the process's
        end. Raises whatever a host raised: its activation then says nothing of the server.
        """
        threading.stack_size(STACK)
        hosts = [threading.Thread(target=self._host, args=(number,), daemon=True) for number in self.order.hosts]
        for host in hosts:
            host.start()
        self._wait_for_start()
        self._late = self._began_late = max(0.0, time.time() - self.order.start)
        self._began, busy = time.monotonic(), time.process_time()
        said = self._began
        while any(host.is_alive() for host in hosts) and not self._is_late and self._error is None:
            looked = time.monotonic()
            time.sleep(LOOKING)
            self._late += max(0.0, time.monotonic() - looked - LOOKING)
            if time.monotonic() - said >= REPORTING:
                said = time.monotonic()
                self._say(time.process_time() - busy)
        if self._error is not None:
            raise self._error
        self._note_waiting()
        self._say(time.process_time() - busy, done=True)

    @property
    def _is_late(self) -> bool:
        return time.monotonic() - self._began >= self.order.seconds

    def _wait_for_start(self) -> None:
        while (left := self.order.start - time.time()) > 0:
            time.sleep(min(left, LOOKING))

    def _host(self, number: int) -> None:
        try:
            self._activate(number)
        except Exception as error:
            self._error = error

    def _activate(self, number: int) -> None:
        self._wait_for_start()
        for _ in range(self.order.rounds):
            began = time.monotonic()
            answers = (self._pip(calls, number) for calls in self.order.profiles[number])
            failed = next((timed for timed in answers if timed is not None), None)
            if failed is not None and failed.is_open:  # the bound or the time ended it: it has not come to its end
                return
            with self._lock:
                self._activations.append((round(time.monotonic() - began, 4), failed is None))
            if failed is not None:
                return

    def _pip(self, calls: Sequence[Call], number: int) -> Timed | None:
        """Make the calls of one pip through one connection; return the first that is not answered."""
        patience = self.order.patience[number]
        connection = HostConnection(
            self.order.origin,
            context=self._context,
            timeout=patience.timeout,
            may_ask=self._may_ask,
            passing=RETRIED if patience.retries_502 else RETRIED - {502},
            retries=patience.retries,
        )
        try:
            for call in calls:
                with self._lock:
                    self._asking[connection] = call
                resumes = 0 if call.kind == "page" else patience.resumes
                timed = connection.get(call.target, self.order.headers[call.headers], resumes=resumes)
                with self._lock:
                    del self._asking[connection]
                if timed.trouble != BOUND:
                    self._note(call, timed)
                if timed.trouble:
                    return timed
        finally:
            connection.close()
        return None

    def _may_ask(self) -> bool:
        if self._is_late:
            return False
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def _note_waiting(self) -> None:
        """Note the requests that wait for their next try, which the time of the step no longer admits."""
        with self._lock:
            waiting = [(call, connection.waiting) for connection, call in self._asking.items()]
        for call, timed in waiting:
            if timed is not None:
                self._note(call, timed)

    def _note(self, call: Call, timed: Timed) -> None:
        with self._lock:
            told = self._examples.get(timed.trouble, 0) if timed.trouble else MOST_EXAMPLES
            self._examples[timed.trouble] = told + 1
            example = f"GET {call.target}: {timed.detail or timed.trouble}" if told < MOST_EXAMPLES else ""
            self._requests.append(
                AnsweredRequest(
                    call.kind,
                    round(timed.seconds, 5),
                    timed.size,
                    timed.trouble,
                    timed.retried,
                    example,
                    timed.is_open,
                )
            )

    def _say(self, busy: float, *, done: bool = False) -> None:
        """Write a line. Nobody reads it: the parent is gone, and so is the reason for any load."""
        elapsed = round(time.monotonic() - self._began, 3)
        with self._lock:
            requests, self._requests = tuple(self._requests), []
            activations, self._activations = tuple(self._activations), []
            line = WorkerLine(
                requests,
                activations,
                round(busy, 3),
                round(self._late, 3),
                elapsed,
                done,
                self._left < 0,
                round(self._began_late, 3),
            )
        try:
            sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
            sys.stdout.buffer.flush()
        except OSError:
            os._exit(1)


def context_of(order: WorkOrder) -> ssl.SSLContext | None:
    """Return the context of https, as airproof asks everywhere; None for http."""
    if order.origin.scheme != "https":
        return None
    from airproof.net.client import Tls  # noqa: PLC0415 - it loads a library that takes 0.1 s, and http needs none

    tls = Tls(order.ca, order.trusted)
    tls.prepare("https:")
    return tls.context


def admit_files() -> None:
    """Let this process open as many connections as the system allows it: some begin with 256."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        if soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    """Read the order, play it, and end at once: threads may still wait for a server that does not answer."""
    admit_files()
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=WorkOrder)
    with suppress(KeyboardInterrupt):
        Worker(order).play()
    os._exit(0)


if __name__ == "__main__":
    main()
