"""One file, streamed to disk in a thread of its own: writing and hashing release the interpreter's lock.

A thread cannot be stopped, but it can be left behind: its connection is shut, and it touches no file any more.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from airproof.answers import Fetched, shown
from airproof.asking import NETWORK_ERRORS, Ask, GaveUpError, Seen, next_stop, request_of, told
from airproof.trouble import Trouble

PACE = 1024
"""Bytes a second that a file must come with, taken over one timeout: with less, a hang could last for years."""
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Lane:
    """A client with one connection, for one download at a time, and the way to shut it."""

    def __init__(self, tls: ssl.SSLContext, idle: float, proxy: str | None) -> None:
        limits = httpx.Limits(max_connections=1, keepalive_expiry=idle)
        self.client = httpx.Client(verify=tls, trust_env=False, limits=limits, proxy=proxy)
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by the client with each of its steps."""
        if event in CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")

    def shut(self) -> None:
        """Wakes whoever reads from the connection."""
        if self._socket is not None:
            with suppress(OSError):  # it has ended already
                self._socket.shutdown(socket.SHUT_RDWR)


class Download:
    """`run` in a thread; `head` is done once the answer's head is there; `leave` ends it from outside."""

    def __init__(self, lane: Lane, ask: Ask, path: Path, *, timeout: float, limit: int) -> None:
        self.head: Future[None] = Future()
        self._lane, self._ask, self._path, self._timeout, self._limit = lane, ask, path, timeout, limit
        self._seen = Seen()
        self._lock = threading.Lock()
        self.left = False
        """Nobody waits for it any more."""
        self._started = time.monotonic()
        self._size = 0

    def leave(self) -> None:
        """Ends it: at the latest with the next byte or the end of a silence."""
        with self._lock:
            self.left = True
        self._lane.shut()

    def run(self) -> Fetched:
        """Fetches the file. Raises OSError where it cannot be written."""
        try:
            try:
                response = self._follow()
            except NETWORK_ERRORS as error:
                return self.fetched(*told(error))
            try:
                return self._keep(response)
            finally:
                response.close()
        finally:
            if self.left:
                self._lane.client.close()

    def fetched(self, trouble: Trouble | None = None, detail: str = "", sha256: str = "") -> Fetched:
        """What came of it so far."""
        length = self._seen.headers.get("content-length", "")
        return Fetched(
            url=shown(self._ask.url),
            status=self._seen.status,
            sha256=sha256,
            size=self._size,
            announced=int(length) if length.isascii() and length.isdigit() else None,
            seconds=round(time.monotonic() - self._started, 3),
            trouble=trouble,
            detail=detail,
        )

    def _follow(self) -> httpx.Response:
        where = self._ask.url
        while True:
            request, auth = request_of(self._lane.client, self._ask._replace(url=where))
            request.extensions["trace"] = self._lane.trace
            response = self._lane.client.send(request, stream=True, auth=auth, follow_redirects=False)
            try:
                following = next_stop(self._ask, where, response, self._seen)
            except GaveUpError:
                response.close()
                raise
            if following is None:
                return response
            response.close()
            where = following

    def _keep(self, response: httpx.Response) -> Fetched:
        with self._lock:  # from here on it ends by itself: each silence has a bound, and so has the pace
            if self.left:
                return self.fetched(Trouble.TIMEOUT, "left behind")
            self.head.set_result(None)
        if response.status_code != 200:
            return self.fetched()
        try:
            return self.fetched(sha256=self._pour(response))
        except (GaveUpError, httpx.HTTPError, httpx.StreamError) as error:  # not OSError: that is our own disk
            self._path.unlink()
            return self.fetched(*told(error))

    def _pour(self, response: httpx.Response) -> str:
        """Writes and hashes the body as it comes; its sha256 in hexadecimal."""
        sha256, since, before = hashlib.sha256(), time.monotonic(), 0
        with self._path.open("wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                sha256.update(chunk)
                self._size += len(chunk)
                if self._size > self._limit:
                    raise GaveUpError(Trouble.ENDLESS, f"more than {self._limit} bytes")
                now = time.monotonic()
                if now - since >= self._timeout:
                    if self._size - before < PACE * (now - since):
                        raise GaveUpError(Trouble.TIMEOUT, f"{self._size - before} bytes in {now - since:.1f} s")
                    since, before = now, self._size
        return sha256.hexdigest()
