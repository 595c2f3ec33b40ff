"""The requests of one `Http`: with its credentials, its certificates and its time limits, as pip sends them."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from airproof.net.answers import PIP_AGENT, Answer, Fetched, Trusted, is_success, leads_further
from airproof.net.download import Download
from airproof.net.exchange import Connection, Cookies
from airproof.net.page import OFFERED, PageExchange
from airproof.net.patience import Patience
from airproof.net.request import Ask
from airproof.net.sinks import Sink

FILE_HEADERS = {"Accept": "*/*", "User-Agent": PIP_AGENT, "Accept-Encoding": "identity"}
"""Headers as pip sends them: some proxies admit no other client."""
IDENTITIES = ("x-devpi-primary-uuid", "x-devpi-master-uuid", "x-devpi-uuid")
"""Headers that identify the devpi server; a replica names its primary first."""


class Client:
    """Makes the exchanges of one `Http`, and keeps what their answers have in common."""

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
        proxy: str | None,
    ) -> None:
        """Raises OSError if `ca` cannot be read, and ValueError or ImportError for an invalid proxy."""
        self._timeout, self._lasting, self._page_time = timeout, lasting, page_time
        self._credentials, self._further = credentials, further
        self._proxy = proxy
        self._tls = Tls(ca, trusted)
        self._cookies = Cookies()
        self.patience = Patience()
        self.identities: set[str] = set()
        """The uuids of devpi servers, as their answers name them."""
        self.got: set[str] = set()
        """URLs, without credentials, that were answered with 200."""
        self._retried: dict[str, frozenset[int]] = {}
        """Statuses that were retried, by URL."""
        if proxy is not None:
            self.connect().close()

    def connect(self) -> Connection:
        """Return a connection for a thread of its own, which closes it."""
        return Connection(self._tls.context, self._proxy, self._cookies)

    def page(
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
    ) -> PageExchange:
        """Request a page. `alone`: the connection ends with the answer. `slowly`: the body may drip, as it may for
        pip.
        """
        headers = {"Accept": accept, "User-Agent": agent, "Accept-Encoding": OFFERED}
        if alone:
            headers["Connection"] = "close"
        if body:
            headers["Content-Type"] = "application/json"
        page_time = self._page_time if slowly else None
        ask = self._ask(method, url, headers, body)
        return PageExchange(ask, timeout=self._timeout, page_time=page_time, limit=limit, patience=self.patience)

    def download(self, url: str, sink: Sink, *, limit: int) -> Download:
        """Request a file as a stream."""
        ask = self._ask("GET", url, FILE_HEADERS)._replace(timeout=self._timeout)
        return Download(ask, sink, timeout=self._timeout, lasting=self._lasting, limit=limit, patience=self.patience)

    def note_page(self, answer: Answer) -> Answer:
        """Remember which server answered, and which URL; return the answer."""
        self.identities.update([answer.headers[name] for name in IDENTITIES if name in answer.headers][:1])
        if is_success(answer.status):
            self.got.add(answer.url)
        retried = self._retried_of(answer)
        return answer if retried == answer.retried else msgspec.structs.replace(answer, retried=retried)

    def note_file(self, fetched: Fetched) -> Fetched:
        """Remember a URL that was answered; return the result."""
        if fetched.status == 200:
            self.got.add(fetched.url)
        retried = self._retried_of(fetched)
        return fetched if retried == fetched.retried else msgspec.structs.replace(fetched, retried=retried)

    def _retried_of(self, answer: Answer | Fetched) -> frozenset[int]:
        known = self._retried.get(answer.url, frozenset())
        if answer.retried - known:
            known = self._retried[answer.url] = known | answer.retried
        return known

    def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Ask:
        """Return the request; the credentials of the index go to no other host."""
        self._tls.prepare(url)
        credentials = None if leads_further(url, self._further) else self._credentials
        return Ask(method, url, headers, credentials, body, further=self._further)


class Tls:
    """The context of one client. The system's certificates are loaded when https is first used."""

    def __init__(self, ca: str | None, trusted: Trusted) -> None:
        """Raises OSError if the file `ca` cannot be read."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._trusted = trusted
        self._is_complete = False
        if ca is not None:
            self.context.load_verify_locations(cafile=ca)

    def prepare(self, url: str) -> None:
        """Load what is trusted before the first https URL is asked: it takes tens of milliseconds."""
        if url.lower().startswith("https:") and not self._is_complete:
            _trust_system(self.context)
            _trust_also(self.context, self._trusted)
            self._is_complete = True


def _trust_system(context: ssl.SSLContext) -> None:
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


def _trust_also(context: ssl.SSLContext, trusted: Trusted) -> None:
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
