"""What comes back through the door for HTTP, and the words with which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from airproof.net.trouble import Trouble
from airproof.site.site import IndexUrl, is_further, without_credentials

PIP_AGENT = "pip/26.3 airproof"
"""devpi answers the form without `+simple/` only to a User-Agent that begins like an installer's."""
AGENT = "airproof"
"""For devpi's own API, which it hides from installers."""
SIMPLE_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
"""What pip sends (PEP 691)."""
HTML_ACCEPT = "text/html"
"""The Accept header of a pip that knows no JSON, until 22.1."""
JSON_ACCEPT = "application/json"
MAX_PAGE = 64 * 1024 * 1024
"""Bytes of one page, as decoded; what goes on for longer is cut and said to be."""
MAX_PROJECT_PAGE = 32 * 1024 * 1024
"""The same of one project's page, of which many are held at a time; the largest that are known have a few megabytes."""
MAX_FILE = 4 * 1024 * 1024 * 1024
"""Bytes of one file that is fetched."""


class Answer(msgspec.Struct, frozen=True):
    """One answer to one request."""

    url: str
    """As asked, without credentials."""
    status: int | None
    """None where no head of an answer arrived."""
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes
    """As decoded; with a trouble, what arrived before it, and nothing of what was endless."""
    seconds: float
    trouble: Trouble | None = None
    detail: str = ""
    """The library's own words for the trouble."""
    redirects: tuple[str, ...] = ()
    """Locations that were followed, in order; with OFF_HOST or LOOP the last one was not."""

    @property
    def ok(self) -> bool:
        """As pip takes it: any 2xx is an answer, also 203, which proxies put on what they changed."""
        return self.trouble is None and is_success(self.status)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def final_url(self) -> str:
        """The URL that answered: relative links of the body start there."""
        followed = self.redirects[:-1] if self.trouble in (Trouble.OFF_HOST, Trouble.LOOP) else self.redirects
        return followed[-1] if followed else self.url


class Fetched(msgspec.Struct, frozen=True):
    """A file fetched as a stream."""

    url: str
    status: int | None
    """200 for any answer that pip takes for one."""
    sha256: str
    """Empty where the file did not arrive whole; then nothing is left on the disk either."""
    size: int
    """Bytes that arrived."""
    announced: int | None
    """Bytes that Content-Length announced."""
    seconds: float
    trouble: Trouble | None = None
    detail: str = ""


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
    """Whether both have one scheme, host and port; what is no http(s) URL has the origin of nothing."""
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


@lru_cache(maxsize=256)  # a page may have very many links, and they lead to very few hosts
def _origin(url: str) -> str | None:
    try:
        return IndexUrl.of(url).origin
    except ValueError:
        return None


def shown(url: str) -> str:
    """A URL without credentials, also one that cannot be taken apart."""
    try:
        clean = without_credentials(url)
        return url if clean == url else clean  # many are kept: not each of them twice
    except ValueError:
        head, _, tail = url.rpartition("@")
        return f"{head.partition('//')[0]}//{tail}" if head else url
