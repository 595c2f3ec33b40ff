"""One connection of one host under load: GET alone, the body is read and discarded, and each request is timed.

The client of `net.http` takes several times the processor time for a request: the one that makes the load must not be
what is measured. Requests are repeated as pip repeats them (`net.patience`): whenever no whole head arrives, and
for the statuses that pip takes for passing. A body that breaks off is the end, as it is for pip.
"""

from __future__ import annotations

import contextlib
import errno
import select
import ssl
import time
from collections.abc import Callable, Container, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NamedTuple

from airproof.net.patience import LONGEST_PAUSE, PAUSES, RETRIED, RETRIED_AFTER, RETRIES
from airproof.net.trouble import NetworkFailure, trouble_of

PIECE = 1 << 16
PIP_TIMEOUT = 15.0
"""Seconds of silence after which pip gives up on a connection, unless it is told another number."""


BOUND = "bound"
"""The trouble of a request that was not sent, since the bound of the run was reached."""


OWN = "own-limit"
"""The trouble of a request that failed at this machine: it has no more ports, files or memory, or finds no name."""
OWN_ERRNOS = frozenset(
    getattr(errno, name)
    for name in ("EMFILE", "ENFILE", "EADDRNOTAVAIL", "EADDRINUSE", "ENOBUFS", "ENOMEM", "WSAENOBUFS", "WSAEMFILE")
    if hasattr(errno, name)
)


class LoadedServer(NamedTuple):
    """The server that is asked, and no other one."""

    scheme: str
    host: str
    port: int


class Timed(NamedTuple):
    """One request, its repetitions included."""

    seconds: float
    """From the first request to the last byte, the pauses between repetitions included."""
    size: int
    """Bytes of the body of the last answer."""
    trouble: str
    """Why there is no whole answer that pip takes, such as `status 503`; empty if there is one."""
    detail: str
    retried: int
    """How often it was repeated."""


class HostConnection:
    """A connection that is kept as pip keeps it, and opened again where the server has closed it."""

    def __init__(
        self,
        origin: LoadedServer,
        *,
        context: ssl.SSLContext | None = None,
        timeout: float = PIP_TIMEOUT,
        may_ask: Callable[[], bool] = lambda: True,
        passing: Container[int] = RETRIED,
        retries: int = RETRIES,
    ) -> None:
        """`retries`, `passing`: how often the pip repeats a request, and for which statuses. `may_ask`: is asked before
        each request; False ends it, since the bound of the run is reached.
        """
        if origin.scheme == "https":
            self._connection: HTTPConnection = HTTPSConnection(
                origin.host, origin.port, timeout=timeout, context=context
            )
        else:
            self._connection = HTTPConnection(origin.host, origin.port, timeout=timeout)
        self._may_ask, self._passing, self._retries = may_ask, passing, retries
        self._buffer = memoryview(bytearray(PIECE))

    def get(self, target: str, headers: Mapping[str, str]) -> Timed:
        """GET a path of the origin, and repeat that as pip would. No redirect is followed: it may lead elsewhere."""
        started, tried = time.monotonic(), 0
        while True:
            if not self._may_ask():
                return Timed(time.monotonic() - started, 0, BOUND, "", tried)
            size, trouble, detail, pause = self._once(target, headers, tried)
            if pause is None:
                return Timed(time.monotonic() - started, size, trouble, detail, tried)
            tried += 1
            time.sleep(pause)

    def close(self) -> None:
        self._connection.close()

    def _once(self, target: str, headers: Mapping[str, str], tried: int) -> tuple[int, str, str, float | None]:
        """Return the size, the trouble, its detail, and the seconds before the next try; None: there is none."""
        again = PAUSES[min(tried, len(PAUSES) - 1)] if tried < self._retries else None
        try:
            if self._is_dropped():
                self._connection.close()
            self._connection.request("GET", target, headers=dict(headers))
            response = self._connection.getresponse()
        except (OSError, HTTPException) as error:
            self._connection.close()
            trouble, detail = trouble_of(error)
            is_own = trouble is NetworkFailure.NAME or (isinstance(error, OSError) and error.errno in OWN_ERRNOS)
            return 0, OWN if is_own else trouble.value, detail, again
        size, cut = 0, ""
        try:
            size = self._discard(response)
        except (OSError, HTTPException) as error:
            self._connection.close()
            cut = str(error) or type(error).__name__
        status = response.status
        if 200 <= status < 300:
            return (size, "cut", cut, None) if cut else (size, "", "", None)
        after = response.headers.get("retry-after", "")
        passing = status in self._passing or (status in RETRIED_AFTER and after)
        if passing and again is not None and after.isascii() and after.isdigit():
            again = min(float(after), LONGEST_PAUSE)
        return size, f"status {status}", response.reason, again if passing else None

    def _discard(self, response: HTTPResponse) -> int:
        """Read the body to its end into one and the same buffer. Raises HTTPException for one that is too short."""
        announced, size = response.length, 0
        while read := response.readinto(self._buffer):
            size += read
        if announced is not None and size < announced:
            raise HTTPException(f"{size} of {announced} bytes")
        return size

    def _is_dropped(self) -> bool:
        """Say whether the server has closed the kept connection meanwhile, as pip's library looks before it asks."""
        sock = self._connection.sock
        if sock is None:
            return False
        with contextlib.suppress(OSError, ValueError):
            return bool(select.select([sock], [], [], 0)[0])
        return True
