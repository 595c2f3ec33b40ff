"""Run many exchanges side by side, each thread with a connection of its own, and give results in the order of requests.

A thread cannot be stopped. If its exchange is abandoned, the thread ends after it, and another takes its place.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, wait
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from airproof.net.exchange import Connection, Exchange
from airproof.net.threads import GLANCE

A = TypeVar("A")
T = TypeVar("T")


class Job(Generic[A, T]):
    """One exchange, and the function that processes its answer in the thread that received it."""

    def __init__(self, exchange: Exchange[A], then: Callable[[A], T]) -> None:
        self.exchange, self.then = exchange, then
        self.future: Future[T] = Future()

    def run(self, connection: Connection) -> None:
        """Run the exchange, and set the result, unless it was abandoned: then whoever abandoned it sets the result."""
        try:
            answer = self.exchange.run(connection)
            if answer is not None:
                self.future.set_result(self.then(answer))
        except BaseException as error:  # The exception is handed to the thread that asks for the result.
            if self.exchange.finish():
                self.future.set_exception(error)

    def give_up(self) -> bool:
        """Cancel a job whose result is not wanted any more; return whether its thread is abandoned."""
        abandoned = not self.future.cancel() and self.exchange.abandon()
        if abandoned:
            self.future.set_exception(CancelledError())
        return abandoned

    def give_up_if_late(self) -> bool:
        """Abandon an exchange whose time is over, and set the result that says so; return whether it was abandoned."""
        late = self.exchange.abandon_if_late()
        if late:
            self.future.set_result(self.then(self.exchange.late()))
        return late


class Jobs:
    """The threads of one client, at most `at_once`; `ahead` jobs are started before their results are taken."""

    def __init__(self, connect: Callable[[], Connection], *, at_once: int, ahead: int) -> None:
        self._connect, self._at_once, self._ahead = connect, at_once, ahead
        self._queue: SimpleQueue[Job[Any, Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[Job[Any, Any]] = set()
        self._open = 0
        """Jobs that wait or run: as long as a thread is idle for each, no other is started."""
        self._threads = 0
        self._closed = False

    def each(self, jobs: Iterable[Job[A, T]]) -> Iterator[T]:
        """Yield the results in the order of the jobs. Results that are no longer taken are given up."""
        ahead: deque[Job[A, T]] = deque()
        try:
            for job in jobs:
                ahead.append(job)
                self._submit(job)
                if len(ahead) >= self._ahead:
                    yield self._first(ahead)
            while ahead:
                yield self._first(ahead)
        finally:
            for job in ahead:
                if job.give_up():
                    self._replace()

    def close(self) -> None:
        """Give up the running jobs, without waiting for any of them."""
        with self._lock:
            running, threads, self._closed = list(self._running), self._threads, True
        for job in running:
            job.give_up()
        for _ in range(threads):
            self._queue.put(None)

    def _first(self, ahead: deque[Job[A, T]]) -> T:
        first = ahead[0]
        while not first.future.done():
            wait([first.future], timeout=GLANCE)
            for job in ahead:
                if job.give_up_if_late():
                    self._replace()
        return ahead.popleft().future.result()

    def _submit(self, job: Job[Any, Any]) -> None:
        self._queue.put(job)
        with self._lock:
            self._open += 1
            if self._threads < min(self._open, self._at_once):
                self._threads += 1
                self._start()

    def _replace(self) -> None:
        """Start another thread instead of an abandoned one, which may be stuck for long."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        threading.Thread(target=self._work, name="airproof-http", daemon=True).start()

    def _work(self) -> None:
        connection = self._connect()
        try:
            while (job := self._queue.get()) is not None:
                if self._closed:
                    job.future.cancel()
                self._run(job, connection)
                if job.exchange.abandoned:
                    return
        finally:
            connection.close()

    def _run(self, job: Job[Any, Any], connection: Connection) -> None:
        wanted = job.future.set_running_or_notify_cancel()
        if wanted:
            with self._lock:
                self._running.add(job)
            job.run(connection)
        with self._lock:
            self._running.discard(job)
            self._open -= 1
