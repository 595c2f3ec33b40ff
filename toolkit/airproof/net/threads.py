"""Work in threads that nothing waits for: a name look-up cannot be cancelled, so it must be possible to leave it."""

from __future__ import annotations

import asyncio
import contextvars
import socket
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

T = TypeVar("T")

GLANCE = 0.2
"""Seconds between two looks at a wait: Windows delivers Ctrl-C only between waits."""


def in_daemon(work: Callable[[], T]) -> Future[T]:
    """Runs `work` in a thread of its own, which ends with the process at the latest, whatever it is stuck in."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # so it can be left behind, and not be cancelled under the thread

    def run() -> None:
        try:
            found = work()
        except BaseException as error:  # handed to whoever asks for the result
            future.set_exception(error)
        else:
            future.set_result(found)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), name="airproof-work", daemon=True).start()
    return future


class Workers(ThreadPoolExecutor):
    """A pool whose threads work in the context of whoever handed the work in: their children belong to the same group
    (`airproof.system.processes.Children`).
    """

    def submit(self, work: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Hand in work; as in `ThreadPoolExecutor`."""
        return super().submit(contextvars.copy_context().run, work, *args, **kwargs)


def result_of(future: Future[T]) -> T:
    """The future's result; Ctrl-C gets through while it is awaited."""
    while not wait([future], timeout=GLANCE).done:
        pass
    return future.result()


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose name look-ups can be abandoned; the usual ones hold up its end, and the interpreter's."""

    def __init__(self) -> None:
        super().__init__()
        self._connections: list[asyncio.BaseTransport] = []

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """`socket.getaddrinfo`, abandoned where the caller is cancelled."""
        work = in_daemon(lambda: socket.getaddrinfo(host, port, family, type, proto, flags))
        return await asyncio.wrap_future(work, loop=self)

    async def create_connection(self, *args: Any, **settings: Any) -> Any:
        """Connects, and remembers the connection: one that is cancelled while TLS is agreed on belongs to nobody."""
        transport, protocol = await super().create_connection(*args, **settings)
        self._connections = [one for one in self._connections if not one.is_closing()]
        self._connections.append(transport)
        return transport, protocol

    def drop_connections(self) -> None:
        """Ends what is still open."""
        for one in self._connections:
            if isinstance(one, asyncio.WriteTransport) and not one.is_closing():
                one.abort()


class LoopThread:
    """A running `Loop` in a thread of its own, usable from any thread and beside any other loop."""

    def __init__(self) -> None:
        self._loop = Loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="airproof-http", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancels what still runs, runs `last`, then ends the loop; a look-up that hangs is left behind."""
        result_of(self.submit(_cancel_others()))
        result_of(self.submit(last))
        result_of(self.submit(self._drop_connections()))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _drop_connections(self) -> None:
        self._loop.drop_connections()
        for _ in range(2):  # an aborted connection is closed a turn of the loop later
            await asyncio.sleep(0)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=1)
