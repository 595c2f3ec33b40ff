"""Many downloads side by side, each thread with a connection of its own, in the order in which they were requested.

A thread cannot be stopped. If its download is given up, the thread is abandoned, and another takes its place.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, wait
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from airproof.net.answers import Fetched
from airproof.net.download import Download, Lane
from airproof.net.threads import GLANCE

T = TypeVar("T")

AHEAD = 8
"""Jobs for each thread that are started before their results are taken, so that a slow one does not block the
others.
"""


class Job(Generic[T]):
    """One download, and the function that processes it in the thread that fetched it."""

    def __init__(self, download: Download, then: Callable[[Fetched], T]) -> None:
        self.download, self.then = download, then
        self.future: Future[T] = Future()

    def run(self, lane: Lane) -> None:
        """Run the download, and set the result, unless it was abandoned: then `leave()` won, and its caller sets the
        result.
        """
        try:
            fetched = self.download.run(lane)
            if fetched is not None:
                self.future.set_result(self.then(fetched))
        except BaseException as error:  # The exception is handed to the thread that asks for the result.
            if self.download.claim():
                self.future.set_exception(error)

    def give_up(self) -> bool:
        """Cancel a job whose result is not wanted any more; return whether its thread is abandoned."""
        abandoned = not self.future.cancel() and self.download.leave()
        if abandoned:
            self.future.set_exception(CancelledError())
        return abandoned


class Downloads:
    """The threads of one client."""

    def __init__(self, lane: Callable[[], Lane], at_once: int) -> None:
        self._lane, self._at_once = lane, at_once
        self._queue: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[Job[Any]] = set()
        self._threads = 0
        self._closed = False

    def each(self, jobs: Iterable[Job[T]]) -> Iterator[T]:
        """Yield the results in the order of the jobs. Results that are no longer taken are given up."""
        ahead: deque[Job[T]] = deque()
        try:
            for job in jobs:
                ahead.append(job)
                self._submit(job)
                if len(ahead) >= AHEAD * self._at_once:
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

    def _first(self, ahead: deque[Job[T]]) -> T:
        first = ahead[0]
        while not first.future.done():
            wait([first.future], timeout=GLANCE)
            for job in ahead:
                if job.download.leave_if_late():
                    self._replace()
                    job.future.set_result(job.then(job.download.late()))
        return ahead.popleft().future.result()

    def _submit(self, job: Job[Any]) -> None:
        self._queue.put(job)
        with self._lock:
            if self._threads < self._at_once:
                self._threads += 1
                self._start()

    def _replace(self) -> None:
        """Start another thread instead of an abandoned one, which may be stuck for long."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        threading.Thread(target=self._work, name="airproof-download", daemon=True).start()

    def _work(self) -> None:
        lane = self._lane()
        try:
            while (job := self._queue.get()) is not None:
                if self._closed:
                    job.future.cancel()
                if not job.future.set_running_or_notify_cancel():
                    continue
                with self._lock:
                    self._running.add(job)
                job.run(lane)
                with self._lock:
                    self._running.discard(job)
                if job.download.left:
                    return
        finally:
            lane.client.close()
