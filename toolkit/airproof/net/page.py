"""One page, read whole into memory: bounded in time and bytes, decoded, and asked for again as pip asks again."""

from __future__ import annotations

import time
import zlib

import httpx

from airproof.net.answers import Answer, is_success, shown
from airproof.net.exchange import Connection, Exchange
from airproof.net.patience import IMPATIENT, Patience, shown_as
from airproof.net.request import NETWORK_ERRORS, Ask, GaveUpError, told
from airproof.net.trouble import NetworkFailure

PLAIN_HTTP_SAID = (
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL",
    b"HTTP request to an HTTPS server",
)
"""Texts with which nginx, Apache and Go's servers answer, with status 400, if http is sent to their https port."""
OFFERED = "gzip, deflate"
"""The encodings that pip offers too."""
WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Decoder:
    """Collects a body as it streams, unpacked as pip's library unpacks it (urllib3 1.26 and 2).

    Several encodings are undone one after the other, and an unknown one, such as `none` or `utf-8`, means no encoding.
    A gzip stream may have several members, and may end early. A few bytes may expand to terabytes, so nothing is
    unpacked beyond the limit.
    """

    def __init__(self, encoding: str, limit: int, body: bytearray) -> None:
        """Fill `body`."""
        named = [name.strip() for name in encoding.lower().split(",")]
        known = any(name in WINDOWS for name in named)
        self.body = body
        self._limit = limit
        self._layers = [_Layer(name) for name in reversed(named)] if known else []

    def feed(self, chunk: bytes) -> bool:
        """Add a chunk; return True if the body is longer than the limit. Raises ValueError if it cannot be unpacked."""
        room = self._limit + 1 - len(self.body)
        for layer in self._layers:
            chunk = layer.unpacked(chunk, room)
        self.body += chunk[:room]
        if len(self.body) <= self._limit:
            return False
        del self.body[self._limit :]
        return True


class _Layer:
    """One encoding."""

    def __init__(self, encoding: str) -> None:
        # Beside a known encoding pip's library takes an unknown one for "deflate".
        self._window = WINDOWS.get(encoding, zlib.MAX_WBITS)
        self._unpack = zlib.decompressobj(self._window)
        self._may_be_raw = self._window == zlib.MAX_WBITS
        self._later = False
        """The first member of a gzip stream has ended."""
        self._ended = False
        """All that follows is passed over, as in pip's library."""

    def unpacked(self, chunk: bytes, room: int) -> bytes:
        """Unpack a chunk, at most `room` bytes of it. Raises ValueError if it is not what the encoding says."""
        found = bytearray()
        while chunk and len(found) < room and not self._ended:
            try:
                found += self._unpack.decompress(chunk, room - len(found))
            except zlib.error as error:
                if self._later:
                    self._ended = True
                    break
                if not self._may_be_raw:
                    raise ValueError(f"the body is not what its content-encoding says: {error}") from error
                # "deflate" should have a zlib header, and some servers omit it; the first bytes show this.
                self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
                self._may_be_raw = False
                continue
            self._may_be_raw = False
            chunk = self._unpack.unused_data
            if self._unpack.eof and self._window == WINDOWS["gzip"]:
                self._unpack, self._later = zlib.decompressobj(self._window), True
            else:
                self._ended = self._unpack.eof
                break  # All of the chunk is unpacked, or the rest is beyond the limit.
        return bytes(found)


class PageExchange(Exchange[Answer]):
    """One whole answer within `timeout` seconds, its retries included.

    `page_time`: the timeout holds for the head and for each silence, as in pip, and the body may take this many seconds
    in all; None: the timeout holds for everything.
    """

    def __init__(self, ask: Ask, *, timeout: float, page_time: float | None, limit: int, patience: Patience) -> None:
        super().__init__(ask)
        self._timeout, self._page_time, self._limit, self._patience = timeout, page_time, limit, patience
        self._body = bytearray()
        self._started = self._until = time.monotonic()
        self._reads_body = False

    def answer(self, connection: Connection) -> Answer:
        """Ask, and ask again as pip would, within the time of one answer; return the last answer."""
        with self._patience.turn():
            self._started, tried, first = time.monotonic(), 0, ""
            self._set_until(self._started + self._timeout)
            while True:
                trouble, detail = self._once(connection)
                pause = self._pause(tried, trouble)
                if pause is None or time.monotonic() + pause >= self._until:
                    break
                first = first or shown_as(self.state.status, trouble)
                self.retried |= {self.state.status or 0}
                tried += 1
                time.sleep(pause)
        if is_success(self.state.status) and trouble is None:
            self._patience.came(first)
        if trouble is NetworkFailure.ENDLESS:  # The body is not used, and many answers may wait for their reader.
            self._body.clear()
        return self._answer(trouble, detail)

    def late(self) -> Answer:
        if self._reads_body and self._page_time is not None:
            self._patience.drips = True
        return self._answer(NetworkFailure.TIMEOUT, self._too_late())

    def _pause(self, tried: int, trouble: NetworkFailure | None) -> float | None:
        """Return the seconds before the next try, or None: a login is never tried twice."""
        if self.ask.method == "POST" or self.abandoned:
            return None
        return self._patience.pause(tried, self.state.status, self.state.headers, trouble)

    def _once(self, connection: Connection) -> tuple[NetworkFailure | None, str]:
        self.state.begin()
        self._body.clear()
        self._reads_body = False
        silence = max(self._until - time.monotonic(), 0.001) if self._page_time is None else self._timeout
        try:
            response = connection.follow(self.ask._replace(timeout=silence), self.state)
            try:
                if self.ask.method != "HEAD":
                    self._read(response)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            return NetworkFailure.TIMEOUT, self._too_late() if self._page_time is None else told(error)[1]
        except NETWORK_ERRORS as error:
            return told(error)
        return None, ""

    def _read(self, response: httpx.Response) -> None:
        decoder = Decoder(self.state.headers.get("content-encoding", ""), self._limit, self._body)
        if self._page_time is not None:
            allowed = min(self._page_time, IMPATIENT * self._timeout) if self._patience.drips else self._page_time
            self._set_until(time.monotonic() + allowed)
        self._reads_body = True
        for chunk in response.iter_raw():
            if decoder.feed(chunk):
                raise GaveUpError(NetworkFailure.ENDLESS, f"more than {self._limit} bytes")
            if time.monotonic() > self._until:
                self._patience.drips = self._patience.drips or self._page_time is not None
                raise GaveUpError(NetworkFailure.TIMEOUT, self._too_late())
        if self.state.status == 400 and any(words in decoder.body for words in PLAIN_HTTP_SAID):
            raise GaveUpError(NetworkFailure.SCHEME, "the server says that its port speaks https")

    def _set_until(self, until: float) -> None:
        self._until = until
        self.late_from(until)

    def _too_late(self) -> str:
        return f"no whole answer within {self._timeout if self._page_time is None else self._until - self._started:g} s"

    def _answer(self, trouble: NetworkFailure | None, detail: str) -> Answer:
        return Answer(
            url=shown(self.ask.url),
            status=self.state.status,
            headers=self.state.headers,
            body=bytes(self._body),
            seconds=round(time.monotonic() - self._started, 3),
            trouble=trouble,
            detail=detail,
            redirects=tuple(map(shown, self.state.redirects)),
            retried=frozenset(self.retried),
        )
