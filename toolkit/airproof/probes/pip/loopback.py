"""A small server on loopback, which answers from a thread of its own while a context is open."""

from __future__ import annotations

import threading
from socketserver import BaseServer
from types import TracebackType
from typing import TypeVar

S = TypeVar("S", bound="LoopbackServer")

POLL = 0.05
"""Seconds between two checks whether the server shall end."""


class LoopbackServer:
    """A server that runs while the context is open; a subclass defines its answers."""

    def __init__(self, server: BaseServer) -> None:
        """`server`: already bound; it is closed at the end of the context."""
        self._serving = server
        self._thread = threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True)

    def __enter__(self: S) -> S:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.shutdown()
        self._serving.server_close()
        self._thread.join()
