"""Ask the index several times whether it says the same, and whether one server says it: two may stand behind one name.

A balancer often keeps a connection at one server, so each question here comes over a connection of its own. devpi's
answers name their primary server (`X-Devpi-Primary-Uuid`; older ones `X-Devpi-Master-Uuid`): a replica is no other one.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airproof.net.http import MAX_PROJECT_PAGE, Http
from airproof.probes.index.forms import Forms
from airproof.probes.index.simple import Page, read_page

AGAIN = 3
"""How often a page is asked for again, and once more as often where an answer was another."""
MOST_PAGES = 5
QUICK = 2.0
"""Seconds of an answer that is asked for again without a thought."""


class Varying(msgspec.Struct, frozen=True):
    """A page that came in several versions, now this and now that."""

    project: str
    url: str
    only_sometimes: tuple[str, ...]
    """Files that some answers list and others do not; empty where the status varies, or a hash."""


class Steady(msgspec.Struct, frozen=True):
    servers: tuple[str, ...]
    """The identities of the devpi servers that answered during the run so far, sorted."""
    pages: int
    """Pages that were asked for again."""
    varying: tuple[Varying, ...]
    flapped: dict[str, int] = {}
    """Answers so far that came only when they were asked for again, by what was wrong with the first."""


def probe_steady(http: Http, forms: Forms) -> Steady:
    """Asks for the first pages again, each time anew."""
    pages = [one for one in forms.configured if one.trouble is None and one.seconds < QUICK][:MOST_PAGES]
    varying = [found for page in pages if (found := _varying(http, page)) is not None]
    return Steady(http.identities, len(pages), tuple(varying), http.flapped)


def _varying(http: Http, first: Page) -> Varying | None:
    """None where each answer is the same, or changed once and stayed so: somebody uploaded meanwhile."""
    seen = [first, *_again(http, first)]
    if all(_content(one) == _content(first) for one in seen):
        return None
    later = [*seen[1:], *_again(http, first)]
    if all(_content(one) == _content(later[0]) for one in later):
        return None
    files: list[set[str]] = [{link.filename for link in one.links} for one in (first, *later)]
    return Varying(first.project, first.url, tuple(sorted(files[0].union(*files) - files[0].intersection(*files))))


def _again(http: Http, first: Page) -> Sequence[Page]:
    answers = [http.get(first.url, limit=MAX_PROJECT_PAGE, alone=True) for _ in range(AGAIN)]
    return [read_page(first.project, one, http.further) for one in answers if one.trouble is None]


def _content(page: Page) -> tuple[int | None, frozenset[tuple[str, tuple[tuple[str, str], ...]]]]:
    return page.status, frozenset((link.filename, tuple(sorted(link.hashes.items()))) for link in page.links)
