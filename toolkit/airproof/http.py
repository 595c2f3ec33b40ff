"""The one door for HTTP: every answer, also none, is a fact with a measured time, and every wait has a bound.

No proxy, no netrc, no redirect off the host that was asked; at most `MAX_PAGE` bytes of a page are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from types import TracebackType

import msgspec

PIP_AGENT = "pip/26.3 airproof"
"""devpi answers the form without `+simple/` only to a User-Agent that begins like an installer's."""
SIMPLE_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
"""What pip sends (PEP 691)."""
MAX_PAGE = 64 * 1024 * 1024
"""Bytes of one page; what goes on for longer is cut and said to be."""


class Trouble(str, Enum):
    """Why there is no whole answer."""

    NAME = "name-lookup"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    SCHEME = "scheme-mismatch"
    """https was spoken to an http server, or http to an https server."""
    NOT_HTTP = "not-http"
    CUT = "cut"
    """The connection ended before the answer did."""
    ENDLESS = "endless"
    """More than MAX_PAGE bytes."""
    OFF_HOST = "redirect-off-host"


class Answer(msgspec.Struct, frozen=True):
    """One answer to one request."""

    url: str
    """As asked, without credentials."""
    status: int | None
    """None where no head of an answer arrived."""
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes
    seconds: float
    trouble: Trouble | None = None
    detail: str = ""
    """The library's own words for the trouble."""
    redirects: tuple[str, ...] = ()
    """Locations that were followed, in order; with OFF_HOST the last one was not."""

    @property
    def ok(self) -> bool:
        return self.trouble is None and self.status == 200

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Fetched(msgspec.Struct, frozen=True):
    """A file fetched as a stream."""

    url: str
    status: int | None
    sha256: str
    size: int
    """Bytes that arrived."""
    announced: int | None
    """Bytes that Content-Length announced."""
    seconds: float
    trouble: Trouble | None = None
    detail: str = ""


class Http:
    """A client bound to one timeout (seconds for one whole answer, however it drips), as a context manager."""

    def __init__(
        self, timeout: float, *, ca: str | None = None, user: str | None = None, password: str | None = None
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> Http:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def get(self, url: str, *, accept: str = SIMPLE_ACCEPT, agent: str = PIP_AGENT, limit: int = MAX_PAGE) -> Answer:
        """GETs a page, following redirects on the same origin only."""
        raise NotImplementedError

    def get_many(self, urls: Sequence[str], *, accept: str = SIMPLE_ACCEPT, agent: str = PIP_AGENT) -> list[Answer]:
        """The same for many, side by side; answers in the order of `urls`."""
        raise NotImplementedError

    def post_json(self, url: str, data: object) -> Answer:
        """POSTs JSON: airproof's only use is one login attempt with an empty password."""
        raise NotImplementedError

    def fetch_many(self, wanted: Sequence[tuple[str, Path]]) -> list[Fetched]:
        """Streams files to disk side by side, hashing as they come; the per-answer timeout bounds each *silence*, not the whole."""
        raise NotImplementedError
