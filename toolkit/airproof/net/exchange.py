"""One request and its answer over httpx, bounded in time and bytes, and kept on its host."""

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
"""Seconds that a connection is kept for the next request: shorter than servers do, so that it is never found closed."""
GRACE = 1.0
"""Seconds that a cancelled request has to release its connection."""
FILE_HEADERS = {"Accept": "*/*", "User-Agent": PIP_AGENT, "Accept-Encoding": "identity"}
"""Headers as pip sends them: some proxies admit no other client."""
IDENTITIES = ("x-devpi-primary-uuid", "x-devpi-master-uuid", "x-devpi-uuid")
"""Headers that identify the devpi server; a replica names its primary first."""
PLAIN_HTTP_SAID = (
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL",
    b"HTTP request to an HTTPS server",
)
"""Texts with which nginx, Apache and Go's servers answer, with status 400, if http is sent to their https port."""


class Exchanges:
    """The asynchronous side of `Http`: pages are fetched on its loop, files in threads (`Downloads`)."""

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
        """URLs, without credentials, that were answered with 200."""
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
        """Return one whole answer within the timeout, following redirects on the same origin.

        `slowly`: the timeout holds for the head and for each silence, as in pip; the body may take `page_time`.
        """
        async with self._gate:
            started, state, decoded = time.monotonic(), Seen(), bytearray()
            headers = {"Accept": accept, "User-Agent": agent, "Accept-Encoding": OFFERED}
            if alone:
                headers["Connection"] = "close"
            if body:
                headers["Content-Type"] = "application/json"
            silence = self._timeout if slowly else None
            ask = Ask(method, url, headers, self._credentials_for(url), body, timeout=silence, further=self._further)
            if self.patience.gentle:
                async with self._one_at_a_time:
                    trouble, detail = await self._persist(ask, limit, state, decoded)
            else:
                trouble, detail = await self._persist(ask, limit, state, decoded)
            if trouble is Trouble.ENDLESS:  # The body is not used, and many answers may wait for their reader.
                decoded.clear()
        self.identities |= {next((state.headers[name] for name in IDENTITIES if name in state.headers), "")} - {""}
        if is_success(state.status):
            self.got.add(shown(url))
        return Answer(
            url=shown(url),
            status=state.status,
            headers=state.headers,
            body=bytes(decoded),
            seconds=round(time.monotonic() - started, 3),
            trouble=trouble,
            detail=detail,
            redirects=tuple(map(shown, state.redirects)),
        )

    async def _persist(self, ask: Ask, limit: int, state: Seen, decoded: bytearray) -> tuple[Trouble | None, str]:
        """Ask, and ask again as pip would, all within the time of one answer; return the problem of the last one."""
        until, tried, first = time.monotonic() + self._timeout, 0, ""
        while True:
            trouble, detail = None, ""
            try:
                response = await within(until - time.monotonic(), self._follow(ask, state))
                await self._read(ask, response, until, limit, state, decoded)
            except NETWORK_ERRORS as error:
                trouble, detail = told(error)
            pause = None
            if ask.method != "POST":
                pause = self.patience.pause(tried, state.status, state.headers, trouble)
            if pause is None or time.monotonic() + pause >= until:
                if is_success(state.status) and trouble is None:
                    self.patience.came(first)
                return trouble, detail
            first = first or shown_as(state.status, trouble)
            tried += 1
            await asyncio.sleep(pause)
            state.begin()
            decoded.clear()

    def download(self, url: str, place: Arriving, *, limit: int) -> Download:
        """Fetch one file as a stream, over a lane; to be run in a thread."""
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
        """Return a connection for downloads; its user closes it."""
        return Lane(self._tls, IDLE, self._proxy)

    def _credentials_for(self, url: str) -> tuple[str, str] | None:
        """Return the credentials for a URL: those of the index go to no other host."""
        return None if leads_further(url, self._further) else self._credentials

    async def _read(
        self, ask: Ask, response: httpx.Response, until: float, limit: int, state: Seen, decoded: bytearray
    ) -> None:
        decoder = Decoder(state.headers.get("content-encoding", ""), limit, decoded)
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
        if state.status == 400 and any(words in decoder.body for words in PLAIN_HTTP_SAID):
            raise GaveUpError(Trouble.SCHEME, "the server says that its port speaks https")

    def _page_time_left(self) -> float:
        return min(self._page_time, IMPATIENT * self._timeout) if self.patience.drips else self._page_time

    async def _follow(self, ask: Ask, state: Seen) -> httpx.Response:
        """Return the first answer that is not a redirect on the asked host; its body is still to be read."""
        where = ask.url
        self._trust(ask.url)
        while True:
            request, auth = request_of(ask.moved(where))
            response = await self._client.send(request, stream=True, auth=auth, follow_redirects=False)
            try:
                following = next_stop(ask, where, response, state)
            except GaveUpError:
                await response.aclose()
                raise
            if following is None:
                return response
            await response.aclose()
            where = following

    def _trust(self, url: str) -> None:
        """Load the certificates that the system trusts, when https is first used: it takes tens of milliseconds."""
        if url.lower().startswith("https:") and not self._tls_trusts_system:
            trust_system(self._tls)
            trust_also(self._tls, self._trusted)
            self._tls_trusts_system = True


async def _pour(response: httpx.Response, decoder: Decoder, limit: int) -> None:
    async for chunk in response.aiter_raw():
        if decoder.feed(chunk):
            raise GaveUpError(Trouble.ENDLESS, f"more than {limit} bytes")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the work's result. Raises GaveUpError(TIMEOUT) after that time, whatever blocks the work."""
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
    """Trust the system's certificates, and not the ones that SSL_CERT_FILE or SSL_CERT_DIR of the surroundings add."""
    if sys.platform == "win32":
        # Load Windows' own store; OpenSSL itself heeds the two variables here nevertheless.
        context.load_default_certs()
        return
    places = ssl.get_default_verify_paths()
    file, folder = Path(places.openssl_cafile), Path(places.openssl_capath)
    if file.is_file():
        context.load_verify_locations(cafile=file)
    if folder.is_dir():
        context.load_verify_locations(capath=folder)


def trust_also(context: ssl.SSLContext, trusted: Trusted) -> None:
    """Trust the certificates that pip is configured to trust. A file that cannot be read is skipped: pip itself is
    asked about its certificates.
    """
    for name in trusted.files:
        path = Path(name)
        with suppress(OSError):  # ssl.SSLError is a subclass.
            context.load_verify_locations(capath=path) if path.is_dir() else context.load_verify_locations(cafile=path)
    if trusted.anything:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
