"""Run work in threads that can be abandoned: a name look-up cannot be cancelled."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

A = TypeVar("A")
T = TypeVar("T")

GLANCE = 0.2
"""Seconds between two checks of a wait: Windows delivers Ctrl-C only between waits."""


def run_abandonable(work: Callable[[], T]) -> Future[T]:
    """Run `work` in a thread of its own, which ends with the process at the latest, whatever blocks it."""
    future: Future[T] = Future()
    # A running future cannot be cancelled: it can be abandoned, without an error in the thread when it sets its result.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # The exception is handed to the thread that asks for the result.
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), name="airproof-work", daemon=True).start()
    return future


class Workers(ThreadPoolExecutor):
    """A pool whose threads work in the context of the submitting thread, so that their children belong to the same
    group (`airproof.system.processes.Children`).
    """

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Submit work; as in `ThreadPoolExecutor`."""
        return super().submit(contextvars.copy_context().run, work, *args, **kwargs)


def result_of(future: Future[T]) -> T:
    """Return the future's result; Ctrl-C is handled while waiting."""
    while not wait([future], timeout=GLANCE).done:
        pass
    return future.result()


def ahead(pool: ThreadPoolExecutor, work: Callable[[A], T], things: Iterable[A], most: int) -> Iterator[T]:
    """Yield the results in the order of the things, with at most so many of them begun or waiting to be taken."""
    waiting: deque[Future[T]] = deque()
    for thing in things:
        waiting.append(pool.submit(work, thing))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
