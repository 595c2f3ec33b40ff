"""Run work in threads that can be abandoned: a name look-up cannot be cancelled."""

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
"""Seconds between two checks of a wait: Windows delivers Ctrl-C only between waits."""


def in_daemon(work: Callable[[], T]) -> Future[T]:
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


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose name look-ups can be abandoned; the default ones delay its end, and the interpreter's."""

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
        """Run `socket.getaddrinfo`, abandoned if the caller is cancelled."""
        work = in_daemon(lambda: socket.getaddrinfo(host, port, family, type, proto, flags))
        return await asyncio.wrap_future(work, loop=self)

    async def create_connection(self, *args: Any, **settings: Any) -> Any:
        """Connect, and remember the connection: if the caller is cancelled during the TLS handshake, no other object
        owns it.
        """
        transport, protocol = await super().create_connection(*args, **settings)
        self._connections = [connection for connection in self._connections if not connection.is_closing()]
        self._connections.append(transport)
        return transport, protocol

    def drop_connections(self) -> None:
        """Close the connections that are still open."""
        for connection in self._connections:
            if isinstance(connection, asyncio.WriteTransport) and not connection.is_closing():
                connection.abort()


class LoopThread:
    """A running `Loop` in a thread of its own, usable from any thread and beside any other loop."""

    def __init__(self) -> None:
        self._loop = Loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="airproof-http", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel the running coroutines, run `last`, then end the loop; a look-up that hangs is abandoned."""
        result_of(self.submit(_cancel_others()))
        result_of(self.submit(last))
        result_of(self.submit(self._drop_connections()))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _drop_connections(self) -> None:
        self._loop.drop_connections()
        for _ in range(2):  # An aborted connection is closed one turn of the loop later.
            await asyncio.sleep(0)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=1)
