"""What a request is, whether streamed or read at once: its credentials, and how far it is redirected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from airproof.net.answers import leads_further, same_origin, shown
from airproof.net.trouble import Trouble, trouble_of

MAX_REDIRECTS = 30
"""As pip's own library has it."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class GaveUpError(Exception):
    """An answer that was given up, with the trouble that it is in."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        self.trouble = trouble
        super().__init__(words)


NETWORK_ERRORS = (GaveUpError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError)
"""All that a request may raise for what its URL is or its server does."""


class Ask(NamedTuple):
    """What is sent."""

    method: str
    url: str
    headers: dict[str, str]
    credentials: tuple[str, str] | None
    """User and password as in a URL; None: those of the URL, if it has some."""
    body: bytes = b""
    timeout: float | None = None
    """Seconds of one silence; None where the whole has a bound."""
    further: Sequence[str] = ()
    """Hosts beside the URL's own that a redirect may lead to."""

    def moved(self, where: str) -> Ask:
        """The same at another URL; credentials stay at their own host, as pip's library leaves them."""
        return self._replace(url=where, credentials=self.credentials if same_origin(self.url, where) else None)


class Seen:
    """What has come of an answer so far: it counts also where the rest never comes."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Nothing yet, also where a first try broke off."""
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.redirects: list[str] = []


def request_of(ask: Ask) -> tuple[httpx.Request, httpx.BasicAuth | None]:
    """The request and its credentials, which stand in no URL. Raises ValueError or InvalidURL for what is no URL.

    Made without the client, which would take a third of a small file's time to merge in what it has not.
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
    return request, httpx.BasicAuth(_sent(user), _sent(password)) if user or password else None


def _sent(text: str) -> bytes:
    """As pip sends it, in Latin-1; what does not fit there, as everybody else does."""
    plain = unquote(text)
    try:
        return plain.encode("latin-1")
    except UnicodeEncodeError:
        return plain.encode(errors="backslashreplace")


def next_stop(ask: Ask, where: str, response: httpx.Response, seen: Seen) -> str | None:
    """Notes the head; where it redirects to, or None: then it is the answer.

    Raises GaveUpError where that leads away.
    """
    seen.status, seen.headers = response.status_code, dict(response.headers)
    location = seen.headers.get("location")
    if ask.method == "POST" or response.status_code not in REDIRECTS or location is None:
        return None
    try:
        target: str = urljoin(where, location)
    except ValueError as error:
        raise GaveUpError(Trouble.OFF_HOST, f"redirected to {location!r}: {error}") from error
    seen.redirects.append(target)
    if not same_origin(ask.url, target) and not leads_further(target, ask.further):
        raise GaveUpError(Trouble.OFF_HOST, f"redirected to {shown(target)}")
    if len(seen.redirects) > MAX_REDIRECTS:
        raise GaveUpError(Trouble.LOOP, f"more than {MAX_REDIRECTS} redirects")
    return target


def told(error: BaseException) -> tuple[Trouble, str]:
    """The trouble and its words."""
    return (error.trouble, str(error)) if isinstance(error, GaveUpError) else trouble_of(error)
