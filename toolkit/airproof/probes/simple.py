"""The index as pip sees it: the root in each URL form, project pages in HTML and JSON (PEP 503, 691, 592, 714)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airproof.http import Answer, Http, Trouble
from airproof.site import Site


class IndexRoot(msgspec.Struct, frozen=True):
    """What one URL form answers as an index root."""

    url: str
    status: int | None
    trouble: Trouble | None
    detail: str
    seconds: float
    content_type: str
    is_index: bool
    """200, and a page that pip could read as a project list, or an honestly empty one."""
    projects: int | None
    """How many projects are listed; None where it is no index."""
    redirects: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Normalised project names, at most 5,000, sorted."""


class Roots(msgspec.Struct, frozen=True):
    """The configured URL and its two sister forms. `simple` and `bare` are None where the index is not devpi."""

    configured: IndexRoot
    simple: IndexRoot | None
    bare: IndexRoot | None
    server_root: IndexRoot
    """The server's own front page, `/`: tells a wrong index from a wrong server."""
    devpi: str | None
    """devpi-server's version from its X-Devpi headers on any answer; None where no answer had one."""


class Link(msgspec.Struct, frozen=True):
    """One file on a project page."""

    filename: str
    url: str
    """Absolute, without fragment."""
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    """None where absent or empty (devpi publishes an empty one)."""
    yanked: str | None = None
    """None: not yanked; else the reason, which may be empty."""
    off_host: bool = False
    """The link leads to another origin than the one asked, or to another scheme."""


class Page(msgspec.Struct, frozen=True):
    """One project page."""

    project: str
    url: str
    status: int | None
    trouble: Trouble | None
    seconds: float
    links: tuple[Link, ...] = ()
    readable: bool = True
    """False: 200, but nothing that pip reads as a project page."""
    redirects: tuple[str, ...] = ()


def read_page(project: str, answer: Answer) -> Page:
    """Reads an answer as a project page; never raises for what the page holds."""
    raise NotImplementedError


def probe_roots(site: Site, http: Http) -> Roots:
    raise NotImplementedError


def fetch_pages(http: Http, index_url: str, projects: Sequence[str]) -> tuple[Page, ...]:
    """The pages of those projects (normalised names) under `index_url`, side by side, in order."""
    raise NotImplementedError
