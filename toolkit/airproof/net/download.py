"""Download one file to a sink, in a thread of its own: writing and hashing release Python's lock."""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

import httpx

from airproof.net.answers import Fetched, is_success, shown
from airproof.net.exchange import Connection, Exchange
from airproof.net.patience import IMPATIENT, Patience, shown_as
from airproof.net.request import NETWORK_ERRORS, Ask, GaveUpError, told
from airproof.net.sinks import Sink
from airproof.net.trouble import NetworkFailure

SLOW = 16 * 1024
"""Rate in bytes per second from which a file that takes this long counts as large, not slow."""


class _Try(NamedTuple):
    """The result of one try."""

    trouble: NetworkFailure | None = None
    detail: str = ""
    sha256: str = ""


class Download(Exchange[Fetched]):
    """One file. Until its head arrives the timeout bounds the wait; from there on it ends by itself.

    `timeout`: seconds that its head, and each silence, may take; `lasting`: seconds that a slow file may take in all.
    `run` raises OSError if the file cannot be written.
    """

    def __init__(self, ask: Ask, sink: Sink, *, timeout: float, lasting: float, limit: int, patience: Patience) -> None:
        super().__init__(ask)
        self._sink, self._timeout, self._limit = sink, timeout, limit
        self._lasting = lasting
        self._patience = patience
        self._started = time.monotonic()
        self._size = 0

    def answer(self, connection: Connection) -> Fetched:
        tried, first = 0, ""
        while True:
            with self._patience.turn():
                result = self._once(connection)
            pause = self._patience.pause(tried, self.state.status, self.state.headers, result.trouble)
            if pause is None or self.abandoned:
                if result.sha256:
                    self._patience.came(first)
                return self._fetched(*result)
            first = first or shown_as(self.state.status, result.trouble)
            self.retried |= {self.state.status or 0}
            tried += 1
            self.late_from(None)  # Nothing is late while it waits for its turn.
            time.sleep(pause)

    def late(self) -> Fetched:
        return self._fetched(NetworkFailure.TIMEOUT, f"no answer within {self._timeout:g} s")

    def _once(self, connection: Connection) -> _Try:
        """Try once, from the beginning."""
        self._started = time.monotonic()
        self.late_from(self._started + self._timeout)
        self.state.begin()
        self._size = 0
        try:
            response = connection.follow(self.ask, self.state)
        except NETWORK_ERRORS as error:
            return _Try(*told(error))
        try:
            return self._keep(response)
        finally:
            response.close()

    def _fetched(self, trouble: NetworkFailure | None, detail: str, sha256: str = "") -> Fetched:
        length = self.state.headers.get("content-length", "")
        return Fetched(
            url=shown(self.ask.url),
            status=200 if is_success(self.state.status) else self.state.status,
            sha256=sha256,
            size=self._size,
            announced=int(length) if length.isascii() and length.isdigit() else None,
            seconds=round(time.monotonic() - self._started, 3),
            trouble=trouble,
            detail=detail,
            retried=frozenset(self.retried),
        )

    def _keep(self, response: httpx.Response) -> _Try:
        if not self.late_from(None):  # From here on it ends by itself: each silence has a bound, and so has the rate.
            return _Try()
        if not is_success(response.status_code):
            return _Try()
        whole, trouble, detail, sha256 = False, None, "", ""
        self._sink.begin()
        try:
            sha256 = self._pour(response)
            whole = not self.abandoned
        # OSError is not caught here: it comes from the local disk.
        except (GaveUpError, httpx.HTTPError, httpx.StreamError) as error:
            trouble, detail = told(error)
        finally:
            self._sink.end(whole=whole)
        return _Try(trouble, detail, sha256)

    def _pour(self, response: httpx.Response) -> str:
        """Write and hash the body as it arrives; return its sha256 in hexadecimal."""
        sha256 = hashlib.sha256()
        for chunk in response.iter_raw():
            self._sink.write(chunk)
            sha256.update(chunk)
            self._size += len(chunk)
            if self._size > self._limit:
                raise GaveUpError(NetworkFailure.ENDLESS, f"more than {self._limit} bytes")
            lasted = time.monotonic() - self._started
            if self._size < SLOW * lasted and lasted > self._allowed():
                self._patience.drips = True
                raise GaveUpError(NetworkFailure.DRIPS, f"{self._size} bytes in {lasted:.0f} s, and no end")
        return sha256.hexdigest()

    def _allowed(self) -> float:
        return min(self._lasting, IMPATIENT * self._timeout) if self._patience.drips else self._lasting
