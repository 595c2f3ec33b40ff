"""Ask the index several times: are the answers equal, and do they come from one server? Two may share one name.

A balancer often keeps a connection at one server, so each request here uses a connection of its own. devpi's answers
name their primary server (`X-Devpi-Primary-Uuid`; older versions `X-Devpi-Master-Uuid`), so a replica does not count as
another server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from airproof.net.http import MAX_PROJECT_PAGE, Http
from airproof.probes.index.forms import Forms
from airproof.probes.index.simple import Page, read_page

AGAIN = 3
"""Number of repeated requests for a page; the same number again if an answer differed."""
MOST_PAGES = 5
QUICK = 2.0
"""Longest time of an answer, in seconds, for which the page is requested again."""


class Varying(msgspec.Struct, frozen=True):
    """A page that came in several versions, alternating between requests."""

    project: str
    url: str
    only_sometimes: tuple[str, ...]
    """Files that some answers list and others do not."""
    rehashed: tuple[str, ...] = ()
    """Files that come with different hashes."""
    statuses: tuple[str, ...] = ()
    """The statuses, if they differ: `status 200` and the like."""

    @property
    def differing(self) -> tuple[str, ...]:
        """Return what the answers differ in."""
        return self.only_sometimes or self.rehashed or self.statuses


class Steady(msgspec.Struct, frozen=True):
    servers: tuple[str, ...]
    """The identities of the devpi servers that answered during the run so far, sorted."""
    pages: int
    """The number of pages that were requested again."""
    varying: tuple[Varying, ...]
    flapped: dict[str, int] = {}
    """Number of answers so far that came only when they were requested again, by the problem of the first attempt."""


def probe_steady(http: Http, forms: Forms) -> Steady:
    """Request the first pages again, each time over a new connection."""
    pages = [page for page in forms.configured if page.trouble is None and page.seconds < QUICK][:MOST_PAGES]
    varying = [change for page in pages if (change := _varying(http, page)) is not None]
    return Steady(http.identities, len(pages), tuple(varying), http.flapped)


def _varying(http: Http, first: Page) -> Varying | None:
    """Return how a page varies; None if all answers are equal, or if it changed once and stayed so: an upload
    meanwhile.
    """
    answers = [first, *_again(http, first)]
    if all(_content(page) == _content(first) for page in answers):
        return None
    later = [*answers[1:], *_again(http, first)]
    if all(_content(page) == _content(later[0]) for page in later):
        return None
    pages = (first, *later)
    files: list[set[str]] = [{link.filename for link in page.links} for page in pages]
    sometimes = files[0].union(*files) - files[0].intersection(*files)
    links = {(link.filename, tuple(sorted(link.hashes.items()))) for page in pages for link in page.links}
    count = Counter(filename for filename, _ in links)
    statuses = sorted({f"status {page.status}" for page in pages})
    return Varying(
        first.project,
        first.url,
        tuple(sorted(sometimes)),
        tuple(sorted(filename for filename in count if count[filename] > 1)),
        tuple(statuses) if len(statuses) > 1 else (),
    )


def _again(http: Http, first: Page) -> Sequence[Page]:
    answers = [http.get(first.url, limit=MAX_PROJECT_PAGE, alone=True) for _ in range(AGAIN)]
    return [read_page(first.project, answer, http.further) for answer in answers if answer.trouble is None]


def _content(page: Page) -> tuple[int | None, frozenset[tuple[str, tuple[tuple[str, str], ...]]]]:
    return page.status, frozenset((link.filename, tuple(sorted(link.hashes.items()))) for link in page.links)
