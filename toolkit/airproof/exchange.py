"""One request and its answer over httpx: within its time, within its bytes, on its host."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from airproof.decoding import OFFERED, Decoder
from airproof.http import AGENT, Answer, Fetched, same_origin, shown
from airproof.trouble import Trouble, trouble_of

T = TypeVar("T")

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PACE = 1024
"""Bytes a second that a file must come with, taken over one timeout: with less, a hang could last for years."""
IDLE = 2.0
"""Seconds that a connection is kept for the next request: shorter than servers do, so that none is found closed."""
GRACE = 1.0
"""Seconds that a cancelled request has to let go of its connection."""
FILE_HEADERS = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
PLAIN_HTTP_SAID = (
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL",
    b"HTTP request to an HTTPS server",
)
"""What nginx, Apache and Go's servers answer, with status 400, where http is spoken to their https port."""


class GaveUpError(Exception):
    """An answer that was given up, with the trouble that it is in."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        self.trouble = trouble
        super().__init__(words)


NETWORK_ERRORS = (GaveUpError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError)


class Ask(NamedTuple):
    """What is sent."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""
    timeout: float | None = None
    """Seconds of one silence; None where the whole has a bound."""


class Seen:
    """What has come of an answer so far: it counts also where the rest never comes."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.redirects: list[str] = []
        self.decoder: Decoder | None = None


class Exchanges:
    """The asynchronous side of `Http`: everything here runs on its loop."""

    def __init__(self, timeout: float, *, ca: str | None, credentials: tuple[str, str] | None, at_once: int) -> None:
        self._timeout = timeout
        self._credentials = credentials
        self._gate = asyncio.Semaphore(at_once)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls_trusts_system = False
        if ca is not None:
            self._tls.load_verify_locations(cafile=ca)
        self._client = httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=at_once, keepalive_expiry=IDLE),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def page(self, method: str, url: str, *, accept: str, agent: str, limit: int, body: bytes = b"") -> Answer:
        """One whole answer within the timeout, redirects on the same origin included."""
        async with self._gate:
            started, seen = time.monotonic(), Seen()
            headers = {"Accept": accept, "User-Agent": agent, "Accept-Encoding": OFFERED}
            if body:
                headers["Content-Type"] = "application/json"
            trouble, detail = None, ""
            try:
                await within(self._timeout, self._read(Ask(method, url, headers, body), limit, seen))
            except NETWORK_ERRORS as error:
                trouble, detail = _trouble(error)
        return Answer(
            url=shown(url),
            status=seen.status,
            headers=seen.headers,
            body=bytes(seen.decoder.body) if seen.decoder else b"",
            seconds=round(time.monotonic() - started, 3),
            trouble=trouble,
            detail=detail,
            redirects=tuple(map(shown, seen.redirects)),
        )

    async def file(self, url: str, path: Path, *, limit: int) -> Fetched:
        """Streams one file to `path`; it lies there only if it came whole."""
        async with self._gate:
            started, seen, sha256, size = time.monotonic(), Seen(), hashlib.sha256(), 0
            trouble, detail = None, ""
            try:
                response = await within(
                    self._timeout, self._follow(Ask("GET", url, FILE_HEADERS, timeout=self._timeout), seen)
                )
            except NETWORK_ERRORS as error:
                trouble, detail = _trouble(error)
            else:
                try:
                    if response.status_code == 200:
                        with path.open("wb") as sink:
                            size = await self._pour(response, sink, sha256, limit)
                except (GaveUpError, httpx.HTTPError, httpx.StreamError) as error:  # not OSError: that is our own disk
                    trouble, detail = _trouble(error)
                    size = path.stat().st_size
                    path.unlink()
                finally:
                    await response.aclose()
        whole = trouble is None and seen.status == 200
        length = seen.headers.get("content-length", "")
        return Fetched(
            url=shown(url),
            status=seen.status,
            sha256=sha256.hexdigest() if whole else "",
            size=size,
            announced=int(length) if length.isascii() and length.isdigit() else None,
            seconds=round(time.monotonic() - started, 3),
            trouble=trouble,
            detail=detail,
        )

    async def _read(self, ask: Ask, limit: int, seen: Seen) -> None:
        response = await self._follow(ask, seen)
        try:
            if ask.method == "HEAD":
                return
            seen.decoder = decoder = Decoder(seen.headers.get("content-encoding", ""), limit)
            async for chunk in response.aiter_raw():
                if decoder.feed(chunk):
                    raise GaveUpError(Trouble.ENDLESS, f"more than {limit} bytes")
        finally:
            await response.aclose()
        if decoder.cut:
            raise GaveUpError(Trouble.CUT, "the compressed body has no end")
        if seen.status == 400 and any(words in decoder.body for words in PLAIN_HTTP_SAID):
            raise GaveUpError(Trouble.SCHEME, "the server says that its port speaks https")

    async def _follow(self, ask: Ask, seen: Seen) -> httpx.Response:
        """The first answer that is no redirect on the asked host; its body is still to be read."""
        where = ask.url
        while True:
            response = await self._send(ask._replace(url=where))
            seen.status, seen.headers = response.status_code, dict(response.headers)
            location = response.headers.get("location")
            if ask.method == "POST" or response.status_code not in REDIRECTS or location is None:
                return response
            await response.aclose()
            where = _joined(where, location)
            seen.redirects.append(where)
            if not same_origin(ask.url, where):
                raise GaveUpError(Trouble.OFF_HOST, f"redirected to {shown(where)}")
            if len(seen.redirects) > MAX_REDIRECTS:
                raise GaveUpError(Trouble.OFF_HOST, f"more than {MAX_REDIRECTS} redirects")

    async def _send(self, ask: Ask) -> httpx.Response:
        if ask.url.lower().startswith("https:") and not self._tls_trusts_system:
            trust_system(self._tls)
            self._tls_trusts_system = True
        parts = urlsplit(ask.url)
        user, password = self._credentials or (parts.username or "", parts.password or "")
        request = self._client.build_request(
            ask.method, shown(ask.url), headers=ask.headers, content=ask.body or None, timeout=ask.timeout
        )
        auth = httpx.BasicAuth(unquote(user), unquote(password)) if user or password else None
        return await self._client.send(request, stream=True, auth=auth, follow_redirects=False)

    async def _pour(self, response: httpx.Response, sink: BinaryIO, sha256: Any, limit: int) -> int:
        """Writes and hashes a body as it comes; the number of its bytes."""
        size, since, before = 0, time.monotonic(), 0
        async for chunk in response.aiter_raw():
            sink.write(chunk)
            sha256.update(chunk)
            size += len(chunk)
            if size > limit:
                raise GaveUpError(Trouble.ENDLESS, f"more than {limit} bytes")
            now = time.monotonic()
            if now - since >= self._timeout:
                if size - before < PACE * (now - since):
                    raise GaveUpError(Trouble.TIMEOUT, f"{size - before} bytes in {now - since:.1f} s")
                since, before = now, size
        return size


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The work's result. Raises GaveUpError(TIMEOUT) after that time, whatever the work is stuck in."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE)
            if not task.done() or task.cancelled():
                raise GaveUpError(Trouble.TIMEOUT, f"no whole answer within {seconds:g} s")
        return task.result()
    except asyncio.CancelledError:
        task.cancel()
        raise


def trust_system(context: ssl.SSLContext) -> None:
    """Trusts what the system trusts, and not what SSL_CERT_FILE or SSL_CERT_DIR of the surroundings add."""
    if sys.platform == "win32":
        context.load_default_certs()  # Windows' own store; OpenSSL heeds the two variables here all the same
        return
    places = ssl.get_default_verify_paths()
    file, folder = Path(places.openssl_cafile), Path(places.openssl_capath)
    if file.is_file():
        context.load_verify_locations(cafile=file)
    if folder.is_dir():
        context.load_verify_locations(capath=folder)


def _trouble(error: BaseException) -> tuple[Trouble, str]:
    return (error.trouble, str(error)) if isinstance(error, GaveUpError) else trouble_of(error)


def _joined(url: str, location: str) -> str:
    """The redirect's target. Raises GaveUpError where it is no URL at all."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise GaveUpError(Trouble.OFF_HOST, f"redirected to {location!r}: {error}") from error
