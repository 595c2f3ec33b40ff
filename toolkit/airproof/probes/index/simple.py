"""The index as pip sees it: the root in each URL form, project pages in HTML and JSON (PEP 503, 691, 592, 714)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.net.http import (
    HTML_ACCEPT,
    MAX_PROJECT_PAGE,
    Answer,
    Http,
    NetworkFailure,
    leads_further,
    same_origin,
    shown,
)
from airproof.probes.index.listing import ListedFile, page_type, read_files, read_projects
from airproof.probes.index.others import Indexes, probe_others
from airproof.probes.index.product import Product, probe_product, told_by_headers
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Site


class IndexRoot(msgspec.Struct, frozen=True):
    """The answer of one URL form to a request for the index root."""

    url: str
    status: int | None
    trouble: NetworkFailure | None
    detail: str
    seconds: float
    content_type: str
    is_index: bool
    """The status is 200, and the page is one that pip reads as a project list, or a list that is truly empty."""
    projects: int | None
    """The number of listed projects; None if it is not an index."""
    redirects: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Normalised project names, at most 5,000, sorted."""
    cut: bool = False
    """The page has more links than are read."""
    spelled: dict[str, str] = {}
    """Those of the names that the list spells differently, with that spelling, such as a folder name that is not
    normalised.
    """
    names_digest: str = ""
    """A sha256 of all names, including those that are not kept: two lists are equal if their digests are."""


class Roots(msgspec.Struct, frozen=True):
    """The configured URL and its two sister forms. `simple` and `bare` are None if the index is not devpi."""

    configured: IndexRoot
    simple: IndexRoot | None
    bare: IndexRoot | None
    devpi: str | None
    """devpi-server's version; `?` if it is devpi and does not state it; None if nothing shows that it is devpi."""
    product: Product = Product.OTHER
    """The product that serves the index, established by a positive fact; else unknown."""
    indexes: Indexes = Indexes()
    """The devpi's other indexes, with the requested projects that they hold and the tested index lacks."""

    def other_index(self, project: str) -> str:
        """Return the name of the first other index that holds a project; empty if none does."""
        return next((other.name for other in self.indexes.others if project in other.holds), "")

    @property
    def is_empty(self) -> bool:
        """Say whether it is a stage of a devpi that lists no project at all, although some were asked for."""
        return self.indexes.is_stage and self.configured.projects == 0


_NOWHERE = IndexRoot("", None, None, "", 0.0, "", False, None)
NO_ROOTS = Roots(_NOWHERE, None, None, None)
"""The roots of a source that is not an index under test, such as a folder or the connected side: no similar names are
suggested there.
"""


class Link(msgspec.Struct, frozen=True):
    """One file on a project page."""

    filename: str
    url: str
    """Absolute, without fragment."""
    hashes: dict[str, str] = {}
    requires_python: str | None = None
    """None if absent or empty (devpi publishes an empty one)."""
    yanked: str | None = None
    """None: not yanked; else the reason, which may be empty."""
    off_host: bool = False
    """The link leads to an origin or a scheme other than the one asked."""
    metadata: bool = False
    """The page announces the file's METADATA at `URL.metadata` (PEP 658)."""
    metadata_hashes: dict[str, str] | None = None
    """Hashes of that METADATA, if the page gives them."""
    fragment: str = ""
    """Fragment of the URL, without the `#`."""
    yanked_bare: bool = False
    """The page has `data-yanked` without a value."""
    stated: str = ""
    """The first hash as a page in JSON writes it, `kind=value`."""
    metadata_before: bool = False
    """The METADATA is announced under the attribute name from before PEP 714."""


class Page(msgspec.Struct, frozen=True):
    """One project page."""

    project: str
    url: str
    status: int | None
    trouble: NetworkFailure | None
    seconds: float
    links: tuple[Link, ...] = ()
    readable: bool = True
    """False: the status is 200, but pip cannot read the answer as a project page."""
    redirects: tuple[str, ...] = ()
    content_type: str = ""
    """Content type of an answer that pip cannot read as a project page."""
    undecoded: str = ""
    """Why the text cannot be decoded as its header says. The links are then those that pips before 22 read."""
    html_wanted: bool = False
    """The page was requested as a pip that reads `text/html` alone, and came as another type."""
    kept_serial: int | None = None
    """For a page that a devpi mirror serves from its store: the serial that the upstream gave the page when it was
    fetched. None: another page, or an upstream that does not number its pages.
    """
    kept: bool = False
    """devpi serves the page from the store of a mirror: it did not ask the upstream, because it had asked shortly
    before, or it got no newer page from there.
    """
    retried: frozenset[int] = frozenset()
    """As `Answer.retried`."""
    stopped: str = ""
    """Why a certain pip stops at this page, which other pips would request again."""

    @property
    def too_large(self) -> bool:
        """The page has more bytes or files than are read: nothing of it is used, and pip is kept from it."""
        return self.trouble is NetworkFailure.ENDLESS


PAGES_LOOKED_AT = 3
"""Project pages that are read in search of a file link, if the headers do not name the product."""
MAX_NAMES = 5_000
"""Project names that are kept for one index root."""


def read_page(project: str, answer: Answer, further: Sequence[str] = ()) -> Page:
    """Read an answer as a project page; never raises for the page's content.

    `further`: hosts that links may lead to besides the index's own.
    """
    page = Page(
        project,
        answer.url,
        answer.status,
        answer.trouble,
        answer.seconds,
        redirects=answer.redirects,
        retried=answer.retried,
    )
    if answer.trouble is not None:
        return msgspec.structs.replace(page, readable=False)
    if not answer.ok:
        return page
    page = msgspec.structs.replace(page, status=200, **_kept(answer))  # pip accepts 203 as well.
    listed = read_files(project, answer)
    if listed is None:
        return msgspec.structs.replace(page, readable=False, content_type=page_type(answer))
    if listed.cut:  # Half a list would be judged as if it were the whole.
        return msgspec.structs.replace(page, trouble=NetworkFailure.ENDLESS, readable=False)
    links = tuple(_link(file, answer.url, further) for file in listed.files)
    return msgspec.structs.replace(page, links=links, undecoded=listed.undecoded)


def _kept(answer: Answer) -> dict[str, Any]:
    """Return whether the page comes from a mirror's store, and the serial of that page, if it has one.

    devpi forbids caches to keep such a page: one that it could not fetch again, and one that it did not ask for again
    because `mirror_cache_expiry` seconds have not passed. It passes on the serial of the stored page (measured,
    devpi-server 6.20).
    """
    serial = answer.headers.get("x-pypi-last-serial", "")
    kept = "no-store" in answer.headers.get("cache-control", "") and "x-devpi-serial" in answer.headers
    return {"kept": kept, "kept_serial": int(serial) if kept and serial.isascii() and serial.isdigit() else None}


def probe_roots(site: Site, http: Http) -> Roots:
    """Ask the front page and the configured URL and, for a devpi, each sister form that is another URL."""
    index = site.index
    front, configured = http.get_many([index.origin + "/", shown(site.url)])
    product = told_by_headers((configured, front))
    if product is None:
        product = probe_product(http, fronts_of(index), index.stage, _listed(http, site, configured))
    if product.version is None:
        return Roots(_root(configured), None, None, None, product.product)
    answers = {configured.url: configured}
    others = [url for url in (index.simple, index.bare) if url not in answers]
    answers |= dict(zip(others, http.get_many(others), strict=True))
    simple, bare = _root(answers[index.simple]), _root(answers[index.bare])
    root = _root(configured)
    asked = dict.fromkeys(canonicalize_name(Requirement(text).name) for text in site.requirements)
    absent = [name for name in asked if name not in root.names] if root.is_index and _is_whole(root) else []
    elsewhere = probe_others(http, fronts_of(index), index.stage, absent) if absent else Indexes()
    return Roots(root, simple, bare, product.version, product.product, elsewhere)


def _is_whole(root: IndexRoot) -> bool:
    """Say whether all names of the list are known."""
    return not root.cut and root.projects == len(root.names)


def fronts_of(index: IndexUrl) -> tuple[str, ...]:
    """Return URLs that may be devpi's own front page, without the trailing slash: a reverse proxy may add a prefix."""
    prefix = index.path.removesuffix(f"{index.stage}/+simple/").removesuffix(f"{index.stage}/").rstrip("/")
    return tuple(dict.fromkeys((index.origin + prefix, index.origin)))


def _listed(http: Http, site: Site, configured: Answer) -> list[str]:
    """Return the file links of the first project that has any: of the requested projects, else of the listed ones."""
    asked: list[str] = [canonicalize_name(Requirement(text).name) for text in site.requirements]
    listed = read_projects(configured) if configured.ok and not asked else None
    names = asked or (sorted(map(str, listed.names)) if listed is not None else [])
    for name in list(dict.fromkeys(names))[:PAGES_LOOKED_AT]:
        (page,) = fetch_pages(http, site.index.shown, [name])
        if page.links:
            return [link.url for link in page.links]
    return []


def fetch_pages(http: Http, index_url: str, projects: Sequence[str], *, accept: str | None = None) -> tuple[Page, ...]:
    """Fetch the pages of those projects (normalised names) under `index_url`, side by side, in order.

    Two slashes at the end of the URL stay two, as in pip. `accept`: the header of the pip whose view is wanted; None:
    that of `http`. A pip that asks for HTML reads nothing else.
    """
    accept = accept or http.accept
    below = index_url if index_url.endswith("/") else index_url + "/"
    urls = [f"{below}{quote(name, safe='')}/" for name in projects]
    answers = http.get_each(urls, accept=accept, limit=MAX_PROJECT_PAGE, slowly=True)
    pages = []
    for project, answer in zip(projects, answers, strict=True):
        page = read_page(project, answer, http.further)
        if answer.ok and accept == HTML_ACCEPT and page_type(answer) != HTML_ACCEPT:
            page = msgspec.structs.replace(
                page, links=(), readable=False, content_type=answer.content_type, html_wanted=True
            )
        pages.append(page)
    return tuple(pages)


def _root(answer: Answer) -> IndexRoot:
    listed = read_projects(answer) if answer.ok else None
    names = sorted(listed.names) if listed is not None else []
    return IndexRoot(
        url=answer.url,
        status=answer.status,
        trouble=answer.trouble,
        detail=answer.detail,
        seconds=answer.seconds,
        content_type=answer.content_type,
        is_index=listed is not None,
        projects=len(listed.names) if listed is not None else None,
        redirects=answer.redirects,
        names=tuple(names[:MAX_NAMES]),
        cut=listed is not None and listed.cut,
        spelled=dict(sorted(listed.spelled.items())[:MAX_NAMES]) if listed is not None else {},
        names_digest=hashlib.sha256("\n".join(names).encode(errors="backslashreplace")).hexdigest()
        if listed is not None
        else "",
    )


def _link(file: ListedFile, asked: str, further: Sequence[str]) -> Link:
    return Link(
        filename=file.filename,
        url=file.url,
        hashes=file.hashes,
        requires_python=file.requires_python,
        yanked=file.yanked,
        off_host=not (same_origin(asked, file.url) or leads_further(file.url, further)),
        metadata=file.metadata,
        metadata_hashes=file.metadata_hashes,
        fragment=file.fragment,
        yanked_bare=file.yanked_bare,
        stated=file.stated,
        metadata_before=file.metadata_before,
    )
