"""One request and its answer over httpx: within its time, within its bytes, on its host."""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from airproof.net.answers import PIP_AGENT, Answer, Trusted, is_success, leads_further, shown
from airproof.net.decoding import OFFERED, Decoder
from airproof.net.download import IMPATIENT, Download, Lane
from airproof.net.patience import Patience, shown_as
from airproof.net.request import NETWORK_ERRORS, Ask, GaveUpError, Seen, next_stop, request_of, told
from airproof.net.sinks import Arriving
from airproof.net.trouble import Trouble

T = TypeVar("T")

IDLE = 2.0
"""Seconds that a connection is kept for the next request: shorter than servers do, so that none is found closed."""
GRACE = 1.0
"""Seconds that a cancelled request has to let go of its connection."""
FILE_HEADERS = {"Accept": "*/*", "User-Agent": PIP_AGENT, "Accept-Encoding": "identity"}
"""As pip asks: some proxies admit nobody else."""
IDENTITIES = ("x-devpi-primary-uuid", "x-devpi-master-uuid", "x-devpi-uuid")
"""Which server devpi answers for; a replica names its primary first."""
PLAIN_HTTP_SAID = (
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL",
    b"HTTP request to an HTTPS server",
)
"""What nginx, Apache and Go's servers answer, with status 400, where http is spoken to their https port."""


class Exchanges:
    """The asynchronous side of `Http`: pages are asked on its loop, files in threads (`Downloads`)."""

    def __init__(
        self,
        timeout: float,
        *,
        lasting: float,
        page_time: float,
        ca: str | None,
        trusted: Trusted,
        further: Sequence[str],
        credentials: tuple[str, str] | None,
        at_once: int,
        proxy: str | None = None,
    ) -> None:
        self._timeout, self._lasting, self._page_time = timeout, lasting, page_time
        self._credentials, self._further = credentials, further
        self._proxy = proxy
        self._gate = asyncio.Semaphore(at_once)
        self.patience = Patience()
        self._one_at_a_time = asyncio.Lock()
        self.identities: set[str] = set()
        """The uuids of devpi servers, as their answers name them."""
        self.got: set[str] = set()
        """URLs, as they are shown, that were answered with 200."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls_trusts_system = False
        self._trusted = trusted
        if ca is not None:
            self._tls.load_verify_locations(cafile=ca)
        self._client = httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,
            proxy=proxy,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=at_once, keepalive_expiry=IDLE),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def page(
        self,
        method: str,
        url: str,
        *,
        accept: str,
        agent: str,
        limit: int,
        body: bytes = b"",
        alone: bool = False,
        slowly: bool = False,
    ) -> Answer:
        """One whole answer within the timeout, redirects on the same origin included. `slowly`: the timeout holds for
        the head and for each silence, as it does in pip; the body may take `page_time`.
        """
        async with self._gate:
            started, seen, decoded = time.monotonic(), Seen(), bytearray()
            headers = {"Accept": accept, "User-Agent": agent, "Accept-Encoding": OFFERED}
            if alone:
                headers["Connection"] = "close"
            if body:
                headers["Content-Type"] = "application/json"
            silence = self._timeout if slowly else None
            ask = Ask(method, url, headers, self._credentials_for(url), body, timeout=silence, further=self._further)
            if self.patience.gentle:
                async with self._one_at_a_time:
                    trouble, detail = await self._persist(ask, limit, seen, decoded)
            else:
                trouble, detail = await self._persist(ask, limit, seen, decoded)
            if trouble is Trouble.ENDLESS:  # nobody reads it, and many answers may wait for their reader
                decoded.clear()
        self.identities |= {next((seen.headers[name] for name in IDENTITIES if name in seen.headers), "")} - {""}
        if is_success(seen.status):
            self.got.add(shown(url))
        return Answer(
            url=shown(url),
            status=seen.status,
            headers=seen.headers,
            body=bytes(decoded),
            seconds=round(time.monotonic() - started, 3),
            trouble=trouble,
            detail=detail,
            redirects=tuple(map(shown, seen.redirects)),
        )

    async def _persist(self, ask: Ask, limit: int, seen: Seen, decoded: bytearray) -> tuple[Trouble | None, str]:
        """Asks, and asks again as pip would, all within the time of one answer; what is wrong with the last one."""
        until, tried, first = time.monotonic() + self._timeout, 0, ""
        while True:
            trouble, detail = None, ""
            try:
                response = await within(until - time.monotonic(), self._follow(ask, seen))
                await self._read(ask, response, until, limit, seen, decoded)
            except NETWORK_ERRORS as error:
                trouble, detail = told(error)
            pause = None
            if ask.method != "POST":
                pause = self.patience.pause(tried, seen.status, seen.headers, trouble)
            if pause is None or time.monotonic() + pause >= until:
                if is_success(seen.status) and trouble is None:
                    self.patience.came(first)
                return trouble, detail
            first = first or shown_as(seen.status, trouble)
            tried += 1
            await asyncio.sleep(pause)
            seen.begin()
            decoded.clear()

    def download(self, url: str, place: Arriving, *, limit: int) -> Download:
        """One file as a stream, to be run in a thread, over a lane."""
        self._trust(url)
        return Download(
            Ask("GET", url, FILE_HEADERS, self._credentials_for(url), timeout=self._timeout, further=self._further),
            place,
            timeout=self._timeout,
            lasting=self._lasting,
            limit=limit,
            patience=self.patience,
        )

    def lane(self) -> Lane:
        """A connection for downloads; its user closes it."""
        return Lane(self._tls, IDLE, self._proxy)

    def _credentials_for(self, url: str) -> tuple[str, str] | None:
        """None of the index's go to another host."""
        return None if leads_further(url, self._further) else self._credentials

    async def _read(
        self, ask: Ask, response: httpx.Response, until: float, limit: int, seen: Seen, decoded: bytearray
    ) -> None:
        decoder = Decoder(seen.headers.get("content-encoding", ""), limit, decoded)
        try:
            if ask.method == "HEAD":
                return
            if ask.timeout is not None:
                until = time.monotonic() + self._page_time_left()
            await within(until - time.monotonic(), _pour(response, decoder, limit))
        except GaveUpError as error:
            if ask.timeout is not None and error.trouble is Trouble.TIMEOUT:
                self.patience.drips = True
            raise
        finally:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(response.aclose(), GRACE)
        if decoder.cut:
            raise GaveUpError(Trouble.CUT, "the compressed body has no end")
        if seen.status == 400 and any(words in decoder.body for words in PLAIN_HTTP_SAID):
            raise GaveUpError(Trouble.SCHEME, "the server says that its port speaks https")

    def _page_time_left(self) -> float:
        return min(self._page_time, IMPATIENT * self._timeout) if self.patience.drips else self._page_time

    async def _follow(self, ask: Ask, seen: Seen) -> httpx.Response:
        """The first answer that is no redirect on the asked host; its body is still to be read."""
        where = ask.url
        self._trust(ask.url)
        while True:
            request, auth = request_of(ask.moved(where))
            response = await self._client.send(request, stream=True, auth=auth, follow_redirects=False)
            try:
                following = next_stop(ask, where, response, seen)
            except GaveUpError:
                await response.aclose()
                raise
            if following is None:
                return response
            await response.aclose()
            where = following

    def _trust(self, url: str) -> None:
        """Reads what the system trusts, once https is really asked for: it takes tens of milliseconds."""
        if url.lower().startswith("https:") and not self._tls_trusts_system:
            trust_system(self._tls)
            trust_also(self._tls, self._trusted)
            self._tls_trusts_system = True


async def _pour(response: httpx.Response, decoder: Decoder, limit: int) -> None:
    async for chunk in response.aiter_raw():
        if decoder.feed(chunk):
            raise GaveUpError(Trouble.ENDLESS, f"more than {limit} bytes")


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


def trust_also(context: ssl.SSLContext, trusted: Trusted) -> None:
    """Trusts what pip is told to trust. What cannot be read is left out: pip itself is asked about its certificates."""
    for name in trusted.files:
        path = Path(name)
        with suppress(OSError):  # ssl.SSLError is one
            context.load_verify_locations(capath=path) if path.is_dir() else context.load_verify_locations(cafile=path)
    if trusted.anything:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
