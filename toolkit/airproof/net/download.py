"""Download one file to a sink, in a thread of its own: writing and hashing release the interpreter's lock.

A thread cannot be stopped, but it can be abandoned: its connection is shut, and it touches no file any more.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import httpx

from airproof.net.answers import Fetched, is_success, shown
from airproof.net.patience import Patience, shown_as
from airproof.net.request import NETWORK_ERRORS, Ask, GaveUpError, Seen, next_stop, request_of, told
from airproof.net.sinks import Arriving
from airproof.net.trouble import Trouble

IMPATIENT = 2
"""Timeouts that a slow file may take once another slow file has used up the whole time for one. The verdict is then
settled, and a hundred such files must not take hours.
"""
SLOW = 16 * 1024
"""Rate in bytes per second from which a file that takes this long counts as large, not slow."""
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Lane:
    """A client with one connection, for one download at a time, and the way to shut it."""

    def __init__(self, tls: ssl.SSLContext, idle: float, proxy: str | None) -> None:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=idle)
        self.client = httpx.Client(verify=tls, trust_env=False, limits=limits, proxy=proxy)
        self._socket: socket.socket | None = None

    def send(self, ask: Ask) -> httpx.Response:
        """Yield the head of the answer; its body is still to be read. Raises NETWORK_ERRORS."""
        request, auth = request_of(ask)
        # Skip the work without an open socket: each step has a cost.
        if self._socket is None or self._socket.fileno() < 0:
            request.extensions["trace"] = self._trace
        return self.client.send(request, stream=True, auth=auth, follow_redirects=False)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Shut the connection from the inside; the client calls this with each of its steps."""
        if event in CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")

    def shut(self) -> None:
        """Wake a thread that reads from the connection."""
        if self._socket is not None:
            with suppress(OSError):  # The connection has already ended.
                self._socket.shutdown(socket.SHUT_RDWR)


class _Came(NamedTuple):
    """The result of one try."""

    trouble: Trouble | None = None
    detail: str = ""
    sha256: str = ""


class Download:
    """One download: `run` works in a thread, and its caller may `leave` it.

    Until the head arrives a bound applies to the wait; from there on the download ends by itself.
    """

    def __init__(
        self, ask: Ask, place: Arriving, *, timeout: float, lasting: float, limit: int, patience: Patience
    ) -> None:
        """`timeout`: seconds that its head, and each silence, may take; `lasting`: seconds that a slow file may take in
        all.
        """
        self.left = False
        """The caller no longer waits for the result."""
        self._ask, self._place, self._timeout, self._limit = ask, place, timeout, limit
        self._lasting = lasting
        self._patience = patience
        self._seen = Seen()
        self._lock = threading.Lock()
        self._lane: Lane | None = None
        self._bound = self._ended = False
        self._started = 0.0
        self._size = 0

    def claim(self) -> bool:
        """Finish from the inside: from here on it cannot be abandoned. Return False if it already was."""
        with self._lock:
            self._ended = not self.left
            return self._ended

    def leave(self) -> bool:
        """Abandon it; it ends at the latest with the next byte or the end of a silence. Return False if it had already
        finished.
        """
        with self._lock:
            if self.left or self._ended:
                return False
            self.left = True
        if self._lane is not None:
            self._lane.shut()
        return True

    def leave_if_late(self) -> bool:
        """Abandon it if it was started and its head did not arrive in time; return whether it was abandoned."""
        with self._lock:
            waits = self._started and not (self._bound or self._ended)
        return bool(waits) and time.monotonic() - self._started > self._timeout and self.leave()

    def late(self) -> Fetched:
        """Return the result of a download that was abandoned because it was late."""
        return self._fetched(Trouble.TIMEOUT, f"no answer within {self._timeout:g} s")

    def run(self, lane: Lane) -> Fetched | None:
        """Fetch the file; return None if it was abandoned meanwhile. Raises OSError if it cannot be written."""
        self._lane, tried, first = lane, 0, ""
        while True:
            with self._patience.turn():
                came = self._once(lane)
            pause = self._patience.pause(tried, self._seen.status, self._seen.headers, came.trouble)
            if pause is None or self.left:
                if came.sha256:
                    self._patience.came(first)
                return self._fetched(*came) if self.claim() else None
            first = first or shown_as(self._seen.status, came.trouble)
            tried += 1
            with self._lock:
                self._started = 0.0  # Nothing is late while it waits for its turn.
            time.sleep(pause)

    def _once(self, lane: Lane) -> _Came:
        """Try once, from the beginning."""
        with self._lock:
            self._started, self._bound = time.monotonic(), False
        self._seen.begin()
        self._size = 0
        try:
            response = self._follow(lane)
        except NETWORK_ERRORS as error:
            return _Came(*told(error))
        try:
            return self._keep(response)
        finally:
            response.close()

    def _fetched(self, trouble: Trouble | None, detail: str, sha256: str = "") -> Fetched:
        length = self._seen.headers.get("content-length", "")
        return Fetched(
            url=shown(self._ask.url),
            status=200 if is_success(self._seen.status) else self._seen.status,
            sha256=sha256,
            size=self._size,
            announced=int(length) if length.isascii() and length.isdigit() else None,
            seconds=round(time.monotonic() - self._started, 3),
            trouble=trouble,
            detail=detail,
        )

    def _follow(self, lane: Lane) -> httpx.Response:
        where = self._ask.url
        while True:
            response = lane.send(self._ask.moved(where))
            try:
                following = next_stop(self._ask, where, response, self._seen)
            except GaveUpError:
                response.close()
                raise
            if following is None:
                return response
            response.close()
            where = following

    def _keep(self, response: httpx.Response) -> _Came:
        with self._lock:  # From here on it ends by itself: each silence has a bound, and so has the rate.
            if self.left:
                return _Came()
            self._bound = True
        if not is_success(response.status_code):
            return _Came()
        whole, trouble, detail, sha256 = False, None, "", ""
        self._place.begin()
        try:
            sha256 = self._pour(response)
            whole = not self.left
        # OSError is not caught here: it comes from the local disk.
        except (GaveUpError, httpx.HTTPError, httpx.StreamError) as error:
            trouble, detail = told(error)
        finally:
            self._place.end(whole=whole)
        return _Came(trouble, detail, sha256)

    def _pour(self, response: httpx.Response) -> str:
        """Write and hash the body as it arrives; return its sha256 in hexadecimal."""
        sha256 = hashlib.sha256()
        for chunk in response.iter_raw():
            self._place.write(chunk)
            sha256.update(chunk)
            self._size += len(chunk)
            if self._size > self._limit:
                raise GaveUpError(Trouble.ENDLESS, f"more than {self._limit} bytes")
            lasted = time.monotonic() - self._started
            if self._size < SLOW * lasted and lasted > self._allowed():
                self._patience.drips = True
                raise GaveUpError(Trouble.DRIPS, f"{self._size} bytes in {lasted:.0f} s, and no end")
        return sha256.hexdigest()

    def _allowed(self) -> float:
        return min(self._lasting, IMPATIENT * self._timeout) if self._patience.drips else self._lasting
