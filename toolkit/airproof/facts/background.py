"""Background tasks: work that runs while checks wait for something else, and that ends with its block."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Any, TypeVar

from airproof.net.threads import run_abandonable
from airproof.system.processes import Children

T = TypeVar("T")

AGAIN = 0.05
"""Seconds between two attempts to stop a task: after its command was stopped it may start the next one."""


class Stopped(BaseException):
    """A task was stopped before its end. No Exception: the fact store must not keep the result of a stopped child."""


class BackgroundTasks:
    """A context manager: at its end, tasks that still run are stopped together with the children that they started.
    Children of anybody else are left alone.
    """

    def __init__(self) -> None:
        self._futures: list[Future[Any]] = []
        self._children = Children()
        self._stopping = False

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Start the work in a thread; the future has its result or its exception."""
        context = contextvars.copy_context()
        context.run(self._children.enter)
        future = context.run(run_abandonable, work)
        self._futures.append(future)
        return future

    def unless_stopped(self, work: Callable[[], T]) -> T:
        """Return or raise what the work does; raise Stopped where this group was stopped meanwhile."""
        try:
            return work()
        finally:
            if self._stopping:
                raise Stopped

    def __enter__(self) -> BackgroundTasks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        while running := [future for future in self._futures if not future.done()]:
            self._children.stop()
            wait(running, timeout=AGAIN)
