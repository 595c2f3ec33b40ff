"""One request, streamed or read at once: its credentials, and how far it is redirected."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from airproof.net.answers import leads_further, same_origin, shown
from airproof.net.trouble import NetworkFailure, trouble_of

MAX_REDIRECTS = 30
"""Largest number of redirects, as in pip's own library."""
MAX_HEADERS, MAX_HEADER = 100, 65_536 - 4
"""Headers, and bytes of one of them, at which Python's own HTTP library gives up, and pip with it (20.3 to 26.3)."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class GaveUpError(Exception):
    """An answer that was given up, with its trouble."""

    def __init__(self, trouble: NetworkFailure, words: str) -> None:
        self.trouble = trouble
        super().__init__(words)


NETWORK_ERRORS = (GaveUpError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError)
"""All exceptions that a request may raise because of its URL or its server."""


class Ask(NamedTuple):
    """The content of a request."""

    method: str
    url: str
    headers: dict[str, str]
    credentials: tuple[str, str] | None
    """User and password as in a URL; None: those of the URL, if it has any."""
    body: bytes = b""
    timeout: float | None = None
    """Seconds of one silence; None if the whole answer has a bound."""
    further: Sequence[str] = ()
    """Hosts besides the URL's own to which a redirect may lead."""

    def moved(self, where: str) -> Ask:
        """Return the same request for another URL; credentials stay at their own host, as in pip's library."""
        return self._replace(url=where, credentials=self.credentials if same_origin(self.url, where) else None)


class ResponseState:
    """The part of an answer that has arrived so far: it counts even if the rest never arrives."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Reset the state, also after a first try that broke off."""
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.redirects: list[str] = []


def request_of(ask: Ask) -> httpx.Request:
    """Return the request; its credentials are a header, and not part of any URL. Raises ValueError or InvalidURL for an
    invalid URL.
    """
    parts = urlsplit(ask.url)
    user, password = ask.credentials or (parts.username or "", parts.password or "")
    request = httpx.Request(
        ask.method,
        shown(ask.url),
        headers=ask.headers,
        content=ask.body or None,
        extensions={"timeout": httpx.Timeout(ask.timeout).as_dict()},
    )
    if user or password:
        request.headers["Authorization"] = login_header(user, password)
    return request


def login_header(user: str, password: str) -> str:
    """Return the header of a login as it stands in a URL, percent-encoded or not."""
    return f"Basic {b64encode(_sent(user) + b':' + _sent(password)).decode()}"


def _sent(text: str) -> bytes:
    """Encode credentials as pip does, in Latin-1; a character outside Latin-1 is sent in UTF-8, as other clients do."""
    plain = unquote(text)
    try:
        return plain.encode("latin-1")
    except UnicodeEncodeError:
        return plain.encode(errors="backslashreplace")


def next_stop(ask: Ask, where: str, response: httpx.Response, state: ResponseState) -> str | None:
    """Note the head; return the URL to which it redirects, or None if it is the answer.

    Raises GaveUpError if the redirect leads to another host, or if the head is longer than pip's library reads.
    """
    state.status, state.headers = response.status_code, dict(response.headers)
    lines = response.headers.raw
    if len(lines) >= MAX_HEADERS or any(len(name) + len(value) > MAX_HEADER for name, value in lines):
        raise GaveUpError(NetworkFailure.NOT_HTTP, f"{len(lines)} headers, or one of them too long for pip to read")
    location = state.headers.get("location")
    if ask.method == "POST" or response.status_code not in REDIRECTS or location is None:
        return None
    try:
        target: str = urljoin(where, location)
    except ValueError as error:
        raise GaveUpError(NetworkFailure.OFF_HOST, f"redirected to {location!r}: {error}") from error
    state.redirects.append(target)
    if not same_origin(ask.url, target) and not leads_further(target, ask.further):
        raise GaveUpError(NetworkFailure.OFF_HOST, f"redirected to {shown(target)}")
    if len(state.redirects) > MAX_REDIRECTS:
        raise GaveUpError(NetworkFailure.LOOP, f"more than {MAX_REDIRECTS} redirects")
    return target


def told(error: BaseException) -> tuple[NetworkFailure, str]:
    """Return the trouble and its message."""
    return (error.trouble, str(error)) if isinstance(error, GaveUpError) else trouble_of(error)
