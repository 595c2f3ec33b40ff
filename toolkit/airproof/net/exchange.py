"""One request and its answer, in a thread that can be abandoned, over a connection that can be shut."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Generic, TypeVar

import httpx

from airproof.net.request import Ask, GaveUpError, ResponseState, next_stop, request_of

A = TypeVar("A")

IDLE = 2.0
"""Seconds that a connection is kept for the next request: shorter than servers do, so that it is never found closed."""
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Cookies(httpx.Cookies):
    """The cookies of all connections of one client: pip has one session. May be used from several threads."""


class Connection:
    """A client with one connection, for one exchange at a time, and the way to shut it."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None, cookies: Cookies) -> None:
        """`cookies`: sent and kept as pip's one session does. Raises ValueError or ImportError for an invalid proxy."""
        self._cookies = cookies
        limits = httpx.Limits(max_connections=1, keepalive_expiry=IDLE)
        # The transport by itself: the client around it takes a third of the time of a small answer, and all that it
        # adds (redirects, cookies, logins) is done here as pip does it.
        self._transport = httpx.HTTPTransport(verify=tls, trust_env=False, limits=limits, proxy=proxy)
        self._socket: socket.socket | None = None

    def follow(self, ask: Ask, state: ResponseState) -> httpx.Response:
        """Return the first answer that is not a redirect on the asked host; its body is still to be read.

        Raises NETWORK_ERRORS.
        """
        where = ask.url
        while True:
            response = self._send(ask.moved(where))
            try:
                following = next_stop(ask, where, response, state)
            except GaveUpError:
                response.close()
                raise
            if following is None:
                return response
            response.close()
            where = following

    def shut(self) -> None:
        """Wake a thread that reads from the connection."""
        if self._socket is not None:
            with suppress(OSError):  # The connection has already ended.
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._transport.close()

    def _send(self, ask: Ask) -> httpx.Response:
        request = request_of(ask)
        if self._cookies:
            self._cookies.set_cookie_header(request)
        # Skip the work without an open socket: each step has a cost.
        if self._socket is None or self._socket.fileno() < 0:
            request.extensions["trace"] = self._trace
        response = self._transport.handle_request(request)
        if "set-cookie" in response.headers:
            response.request = request
            self._cookies.extract_cookies(response)
        return response

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the socket; the client calls this with each of its steps."""
        if event in CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")


class Exchange(ABC, Generic[A]):
    """One request and its answer: `run` works in a thread, and its caller may `abandon` it.

    An abandoned exchange touches no file and sets no result any more. It ends at the latest with the next byte, the end
    of a silence, or, if it waits for the look-up of a name, with that.
    """

    def __init__(self, ask: Ask) -> None:
        self.abandoned = False
        """The caller no longer waits for the result."""
        self.ask = ask
        self.state = ResponseState()
        self.retried: set[int] = set()
        """Statuses of the attempts before the last one."""
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._finished = False
        self._late_from: float | None = None
        """Time (monotonic) from which the caller need not wait any longer; None: the thread ends by itself."""

    def run(self, connection: Connection) -> A | None:
        """Run it; return None if it was abandoned meanwhile."""
        self._connection = connection
        answer = self.answer(connection)
        return answer if self.finish() else None

    @abstractmethod
    def answer(self, connection: Connection) -> A:
        """Send the request, and read the answer."""

    @abstractmethod
    def late(self) -> A:
        """Return the result of an exchange that was abandoned because it was late."""

    def finish(self) -> bool:
        """Finish from the inside: from here on it cannot be abandoned. Return False if it already was."""
        with self._lock:
            self._finished = not self.abandoned
            return self._finished

    def abandon(self) -> bool:
        """Abandon it. Return False if it had already finished."""
        with self._lock:
            if self.abandoned or self._finished:
                return False
            self.abandoned = True
        if self._connection is not None:
            self._connection.shut()
        return True

    def abandon_if_late(self) -> bool:
        """Abandon it if its time is over; return whether it was abandoned."""
        late_from = self._late_from
        return late_from is not None and time.monotonic() > late_from and self.abandon()

    def late_from(self, when: float | None) -> bool:
        """Set the time from which it is late, None for never; return False if it was abandoned before."""
        with self._lock:
            self._late_from = when
            return not self.abandoned
