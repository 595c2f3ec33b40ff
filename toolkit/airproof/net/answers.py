"""Answers of the HTTP client, and the headers with which it asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from airproof.net.trouble import NetworkFailure
from airproof.site.indexurl import IndexUrl, is_further, without_credentials

PIP_AGENT = "pip/26.3 airproof"
"""devpi answers the form without `+simple/` only to a User-Agent that begins like an installer's."""
AGENT = "airproof"
"""User-Agent for devpi's own API, which devpi hides from installers."""
SIMPLE_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
"""The Accept header that pip sends (PEP 691)."""
HTML_ACCEPT = "text/html"
"""The Accept header of a pip that knows no JSON, until 22.1."""
JSON_ACCEPT = "application/json"
ITSELF = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of the machine itself, as `IndexUrl.host` has them."""
MAX_PAGE = 64 * 1024 * 1024
"""Largest size of one page in bytes, decoded; a longer page is cut and marked as such."""
MAX_PROJECT_PAGE = 32 * 1024 * 1024
"""Largest size of one project's page in bytes. Many are held at a time; the largest known ones have a few megabytes."""
MAX_FILE = 4 * 1024 * 1024 * 1024
"""Largest size of one fetched file in bytes."""


class Answer(msgspec.Struct, frozen=True):
    """One answer to one request."""

    url: str
    """The URL as asked, without credentials."""
    status: int | None
    """None if no response head arrived."""
    headers: dict[str, str]
    """Header names in lower case."""
    body: bytes
    """The decoded body; with a trouble, the part that arrived before it, and nothing of an endless body."""
    seconds: float
    trouble: NetworkFailure | None = None
    detail: str = ""
    """The library's own message for the trouble."""
    redirects: tuple[str, ...] = ()
    """Locations that were followed, in order; with OFF_HOST or LOOP the last one was not."""
    retried: frozenset[int] = frozenset()
    """Statuses for which this URL was requested again, now or earlier in the run."""

    @property
    def ok(self) -> bool:
        """Say whether pip accepts the answer: any 2xx is one, also 203, which proxies send for pages that they
        changed.
        """
        return self.trouble is None and is_success(self.status)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def final_url(self) -> str:
        """Return the URL that answered, to which relative links of the body refer."""
        followed = (
            self.redirects[:-1] if self.trouble in (NetworkFailure.OFF_HOST, NetworkFailure.LOOP) else self.redirects
        )
        return followed[-1] if followed else self.url


class Fetched(msgspec.Struct, frozen=True):
    """A file fetched as a stream."""

    url: str
    status: int | None
    """200 for any answer that pip takes for one."""
    sha256: str
    """sha256 of the file; empty if it did not arrive whole, and then nothing is left on the disk either."""
    size: int
    """Bytes that arrived."""
    announced: int | None
    """Bytes that Content-Length announced."""
    seconds: float
    trouble: NetworkFailure | None = None
    detail: str = ""
    retried: frozenset[int] = frozenset()
    """Statuses for which this URL was requested again, now or earlier in the run."""


class Trusted(msgspec.Struct, frozen=True):
    """Certificates that airproof's own client trusts beside the system's store and `--ca`, since pip does."""

    files: tuple[str, ...] = ()
    """Files and folders of certificates."""
    anything: bool = False
    """pip is told to trust the host whatever its certificate is."""


NO_MORE_TRUSTED = Trusted()


def is_success(status: int | None) -> bool:
    """Say whether pip takes the status for an answer."""
    return status is not None and 200 <= status < 300


def same_origin(url: str, other: str) -> bool:
    """Say whether both have the same scheme, host and port; a text that is not an http(s) URL has no origin.

    The names of the machine itself are one host.
    """
    origin = _origin(_before_path(url))
    return origin is not None and origin == _origin(_before_path(other))


def leads_further(url: str, further: Sequence[str]) -> bool:
    """Say whether a URL is on one of the further hosts that are allowed."""
    try:
        return bool(further) and is_further(IndexUrl.of(url), further)
    except ValueError:
        return False


def _before_path(url: str) -> str:
    end = url.find("/", url.find("//") + 2)
    return url if end < 0 else url[:end]


@lru_cache(maxsize=256)  # A page may have very many links, and they lead to very few hosts.
def _origin(url: str) -> str | None:
    try:
        index = IndexUrl.of(url)
        return f"{index.scheme}://localhost:{index.port}" if index.host in ITSELF else index.origin
    except ValueError:
        return None


def shown(url: str) -> str:
    """Return a URL without credentials, even one that cannot be parsed."""
    try:
        clean = without_credentials(url)
        return url if clean == url else clean  # Many URLs are kept in memory: do not keep an equal copy of each.
    except ValueError:
        head, _, tail = url.rpartition("@")
        return f"{head.partition('//')[0]}//{tail}" if head else url
