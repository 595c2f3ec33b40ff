"""One connection of one host under load: GET alone, the body is read and discarded, and each request is timed.

The client of `net.http` takes several times the processor time for a request: the one that makes the load must not be
what is measured. Requests are repeated as pip repeats them (`net.patience`): whenever no whole head arrives, and
for the statuses that pip takes for passing. A body that breaks off is the end, as it is for pip before 25.2.
"""

from __future__ import annotations

import contextlib
import errno
import select
import ssl
import time
from collections.abc import Callable, Container, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import NamedTuple

from airproof.net.patience import LONGEST_PAUSE, PAUSES, RETRIED, RETRIED_AFTER, RETRIES
from airproof.net.trouble import NetworkFailure, trouble_of

PIECE = 1 << 16
PIP_TIMEOUT = 15.0
"""Seconds of silence after which pip gives up on a connection, unless it is told another number."""


BOUND = "bound"
"""The trouble of a request that was not sent at all, since the bound or the time of the run was reached."""


CUT = "cut"
"""The trouble of a body that broke off."""


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
    is_open: bool = False
    """The bound or the time of the run ended it before its last try: pip would have asked again."""


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
        self.waiting: Timed | None = None
        """The request that has failed and will be repeated, as it stands; another thread may read it."""

    def get(self, target: str, headers: Mapping[str, str], *, resumes: int = 0) -> Timed:
        """GET a path of the origin, and repeat that as pip would. No redirect is followed: it may lead elsewhere.

        `resumes`: how often the rest of a body that broke off is asked for; a pip does that at once, and has all its
        repetitions each time.
        """
        started, tried, resumed, sent, had = time.monotonic(), 0, 0, 0, 0
        try:
            while self._may_ask():
                sent += 1
                asked = {**headers, "Range": f"bytes={had}-"} if had else headers
                size, had, trouble, detail, pause = self._once(target, asked, tried, had)
                timed = Timed(time.monotonic() - started, size, trouble, detail, sent - 1)
                if pause is None and trouble == CUT and resumed < resumes:
                    resumed, tried, pause = resumed + 1, -1, 0.0
                if pause is None:
                    return timed
                self.waiting = timed._replace(is_open=True)
                tried += 1
                time.sleep(pause)
            return self.waiting or Timed(time.monotonic() - started, 0, BOUND, "", 0, is_open=True)
        finally:
            self.waiting = None

    def close(self) -> None:
        self._connection.close()

    def _once(
        self, target: str, headers: Mapping[str, str], tried: int, had: int
    ) -> tuple[int, int, str, str, float | None]:
        """Return the size of the body, the bytes of it that are there to be resumed, the trouble, its detail, and the
        seconds before the next try; None: there is none. `had`: those bytes before it.
        """
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
            return had, had, OWN if is_own else trouble.value, detail, again
        announced = response.length
        size, cut = self._discard(response)
        status = response.status
        if 200 <= status < 300:
            size += had if status == HTTPStatus.PARTIAL_CONTENT else 0
            # pip resumes a body only if its length is known.
            return (size, size if announced else 0, CUT, cut, None) if cut else (size, 0, "", "", None)
        after = response.headers.get("retry-after", "")
        passing = status in self._passing or (status in RETRIED_AFTER and after)
        if passing and again is not None and after.isascii() and after.isdigit():
            again = min(float(after), LONGEST_PAUSE)
        return size, had, f"status {status}", response.reason, again if passing else None

    def _discard(self, response: HTTPResponse) -> tuple[int, str]:
        """Read the body to its end into one and the same buffer; return its size, and why it is too short."""
        announced, size, cut = response.length, 0, ""
        try:
            while read := response.readinto(self._buffer):
                size += read
        except (OSError, HTTPException) as error:
            cut = str(error) or type(error).__name__
        if announced is not None and size < announced:
            cut = cut or f"{size} of {announced} bytes"
        if cut:
            self._connection.close()
        return size, cut

    def _is_dropped(self) -> bool:
        """Say whether the server has closed the kept connection meanwhile, as pip's library looks before it asks."""
        sock = self._connection.sock
        if sock is None:
            return False
        with contextlib.suppress(OSError, ValueError):
            return bool(select.select([sock], [], [], 0)[0])
        return True
