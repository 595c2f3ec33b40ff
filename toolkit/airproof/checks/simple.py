"""API: the URL is an index that pip understands, and says the same in each of its forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.checks.server import disk_full, replica_behind
from airproof.diagnosis.names import nearest_index
from airproof.net.http import NetworkFailure
from airproof.probes.closure.readings import Readings
from airproof.probes.files.served import Served
from airproof.probes.index.devpi import Server
from airproof.probes.index.forms import Forms
from airproof.probes.index.listing import HTML_TYPES, JSON_TYPE, LARGEST
from airproof.probes.index.simple import IndexRoot, Page, Roots
from airproof.probes.index.steady import Steady
from airproof.site.requirements import STRONG
from airproof.site.site import Site

MOST_KNOWN = 10
"""Indexes of the server that are named in a sentence."""
REFUSALS = {401: "login-wanted", 407: "login-wanted", 403: "forbidden", 406: "not-acceptable", 429: "too-many-requests"}
"""Status of an index root to the cause."""
MOST_APART = 50
"""Files of one project that are each a finding of their own; of more, one finding speaks for all."""


@check(
    "API01",
    level="required",
    causes=(
        "redirect-off-host",
        "not-an-index",
        "user-not-index",
        "wrong-index",
        "index-misspelt",
        "slash-doubled",
        "client-hidden",
        "web-page",
        "login-wanted",
        "forbidden",
        "server-error",
        "server-disk-full",
        "url-typed-decorated",
        "not-acceptable",
        "too-many-requests",
        "type-not-read",
        "replica-behind",
        "plus-forgotten",
    ),
    requires=("NET03",),
)
def check_the_url_is_an_index(roots: Roots, forms: Forms, server: Server, site: Site) -> Seen:
    """pip, with its User-Agent and Accept header, gets an index at the configured URL (PEP 503, 691)."""
    if site.typed:
        expect([Finding("url-typed-decorated", site.typed, site.index.shown, (), {"url": site.index.shown})])
    configured = roots.configured
    served = sum(page.status == 200 and (page.readable or page.too_large) for page in forms.configured)
    sent_on = _sent_on(roots, forms)
    if not served and not sent_on and _plainly_served(roots, forms):
        values = {"url": configured.url, "simple": site.index.simple}
        statuses = {page.project: page.status for page in forms.configured}
        expect([Finding("client-hidden", statuses, "status 200", (), values)])
    if not configured.is_index and not served and not sent_on:  # some static indexes have project pages and no root
        expect(replica_behind(server) if configured.status == 404 else [])
        expect(disk_full(server, site) if (configured.status or 0) >= 500 else [])
        expect([_no_index(configured, roots, site, server)])
    expect(disk_full(server, site) if any((page.status or 0) >= 500 for page in forms.configured) else [])
    return seen(url=configured.url, projects="-" if configured.projects is None else configured.projects, served=served)


@check("API02", level="required", causes=("forms-differ",), requires=("API07",))
def check_the_url_forms_agree(forms: Forms) -> Seen:
    """With and without `+simple/`, pip sees the same files under the same hashes (devpi tells installers by User-
    Agent).
    """
    if forms.sister is None:
        raise NotApplicable("not-devpi")
    findings = []
    for here, there in zip(forms.configured, forms.sister, strict=True):
        ours, theirs = _files(here), _files(there)
        if (here.status, ours) != (there.status, theirs):
            values = {"project": here.project, "one": here.url, "other": there.url}
            findings.append(Finding("forms-differ", sorted(theirs), sorted(ours), (here.project,), values))
    expect(findings)
    return seen(pages=len(forms.configured), one=forms.configured_url, other=forms.sister_url)


@check("API03", level="required", causes=("link-off-host",), requires=("API06",))
def check_links_lead_back(forms: Forms, site: Site) -> Seen:
    """Every file link stays on the origin that was asked: nothing else is reachable behind the gap."""
    findings, links = [], 0
    for page in forms.configured:
        links += len(page.links)
        away = sorted({_origin(link.url) for link in page.links if link.off_host})
        if away:
            values = {"project": page.project, "destination": ", ".join(away), "origin": site.index.origin}
            findings.append(Finding("link-off-host", away, site.index.origin, (page.project,), values))
    expect(findings)
    return seen(links=links, pages=len(forms.configured), origin=", ".join((site.index.origin, *site.further)))


@check("API04", level="advised", causes=("hash-missing", "hash-weak"), requires=("API06",))
def check_hashes_are_published(forms: Forms) -> Seen:
    """Every file has a sha256, or one of its stronger kin: without one, pip installs whatever arrives.

    Advised: PEP 503 leaves it to the index, and pip installs all the same (20.3 to 26.3).
    """
    bare: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for page in forms.configured:
        for link in page.links:
            if not set(STRONG) & set(link.hashes):
                bare.setdefault((page.project, tuple(sorted(link.hashes))), []).append(link.filename)
    expect(
        Finding(
            "hash-weak" if kinds else "hash-missing",
            list(kinds) or None,
            "sha256",
            (project,),
            {"filename": name, "more": more},
        )
        for (project, kinds), names in bare.items()
        for name, more in _each_of(names)
    )
    return seen(links=sum(len(page.links) for page in forms.configured))


@check("API05", level="required", causes=("requires-python-differs",), requires=("PIP02", "FIL01", "FIL02"))
def check_requires_python_is_the_wheels_own(readings: Readings, served: Served) -> Seen:
    """The page's Requires-Python is the file's own: devpi takes it from the uploader, unseen.

    PEP 503 lets a page leave it out: pip then reads the file's own (`resolver`). An unreadable value, such as `py3`, is
    no restriction in either place (measured, 20.3 to 26.3).
    """
    published = {link.filename: link.requires_python or "" for _, link in readings.links}
    wheels = [file for file in served.files if file.is_wheel]
    expect(
        Finding(
            "requires-python-differs",
            found=published[wheel.filename],
            wanted=wheel.requires_python or "",
            victims=(wheel.project,),
            values={"filename": wheel.filename},
        )
        for wheel in wheels
        if (said := _specifier(published[wheel.filename])) is not None
        and said != _specifier(wheel.requires_python or "")
    )
    return seen(files=len(wheels), silent=sum(not published[wheel.filename] for wheel in wheels))


@check("API06", level="required", causes=("page-too-large",), requires=("API01",))
def check_pages_are_of_a_size_to_be_read(forms: Forms) -> Seen:
    """Each page that pip would be sent to comes to an end: pip itself reads whatever comes, for as long as it comes."""
    expect(
        Finding("page-too-large", LARGEST, "an end", (page.project,), {"project": page.project, "limit": LARGEST})
        for page in forms.configured
        if page.too_large
    )
    return seen(pages=len(forms.configured), limit=LARGEST)


@check("API07", level="required", causes=("answers-vary",), requires=("API06",))
def check_a_page_says_the_same_each_time(steady: Steady) -> Seen:
    """A page that is asked for several times, each over a connection of its own, says the same: status, files, hash."""
    expect(
        Finding(
            "answers-vary",
            list(page.differing),
            [],
            (page.project,),
            {"project": page.project, "url": page.url, "files": ", ".join(page.differing[:10])},
        )
        for page in steady.varying
    )
    return seen(pages=steady.pages)


@check("API08", level="advised", causes=("several-servers", "answers-flap"), requires=("API07",))
def check_one_server_answers(steady: Steady, site: Site) -> Seen:
    """All answers come from one devpi, or from replicas of one, and when they are asked for."""
    if len(steady.servers) > 1:
        values = {"url": site.index.origin, "count": len(steady.servers), "servers": ", ".join(steady.servers)}
        expect([Finding("several-servers", list(steady.servers), "one server", (), values)])
    if steady.flapped:
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(steady.flapped.items()))
        flaps = {"url": site.index.origin, "count": sum(steady.flapped.values()), "kinds": kinds}
        expect([Finding("answers-flap", steady.flapped, {}, (), flaps)])
    return seen(servers=", ".join(steady.servers) or "-")


def _each_of(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """One for each name; of very many one for all: the first, and how many more there are."""
    if len(names) <= MOST_APART:
        yield from ((name, "") for name in names)
    else:
        yield names[0], f" (+{len(names) - 1:,})"


def _no_index(root: IndexRoot, roots: Roots, site: Site, server: Server) -> Finding:
    """Why there is no index at the URL, told from the answers of the URL, its sister form and the server's front
    page.
    """
    near = nearest_index(site.index.stage, server.known)
    values = {
        "near": near,
        "right": f"{site.index.bare.removesuffix(f'{site.index.stage}/')}{near}/",
        "known": ", ".join(server.known[:MOST_KNOWN]) + (" ..." if len(server.known) > MOST_KNOWN else "") or "-",
        "url": root.url,
        "status": root.status,
        "type": root.content_type or "-",
        "stage": site.index.stage,
        "plain": site.index.origin + re.sub("/+", "/", site.index.path),
        "simple": site.index.origin + site.index.path.removesuffix("simple/") + "+simple/",
    }
    found = {"status": root.status, "content_type": root.content_type, "devpi": roots.devpi}

    def finding(cause: str) -> Finding:
        return Finding(cause, found, "an index that pip can read", (), values)

    match root.status:
        case _ if root.trouble is NetworkFailure.OFF_HOST:
            return Finding("redirect-off-host", list(root.redirects), site.index.origin)
        case int(code) if code in REFUSALS:
            return finding(REFUSALS[code])
        case int(code) if code >= 500:
            return finding("server-error")
        case 200 if roots.devpi is None and root.content_type not in (*HTML_TYPES, JSON_TYPE):
            return finding("type-not-read")
        case _ if roots.devpi is None:
            return finding("not-an-index")
        case 404 if "//" in site.index.path:
            return finding("slash-doubled")
        case 404 if site.index.path.endswith("/simple/") and site.index.stage.count("/"):
            return finding("plus-forgotten")
        case _ if _own_page(site.index.path):
            return finding("web-page")
        case _ if site.index.stage.count("/") == 0:
            return finding("user-not-index")
        case 404 if near:
            return finding("index-misspelt")
        case 404:
            return finding("wrong-index")
        case _:
            return finding("web-page")


def _plainly_served(roots: Roots, forms: Forms) -> bool:
    """Say whether the form with `+simple/`, which devpi always answers, has what the form without it does not."""
    if roots.simple is None or roots.simple.url == roots.configured.url:
        return False
    pages = any(page.status == 200 and page.readable for page in forms.sister or ())
    return pages or (roots.simple.is_index and not roots.configured.is_index)


def _sent_on(roots: Roots, forms: Forms) -> bool:
    """Say whether devpi knows pip, and sends it from the short form's pages to those with `+simple/`: so do its
    versions before 5, which have no list of projects at the short form (measured, devpi-server 4.9).
    """
    simple = roots.simple
    if simple is None or not simple.is_index:
        return False
    return any(url.startswith(simple.url) for page in forms.configured for url in page.redirects)


def _own_page(path: str) -> bool:
    """devpi's own pages and files lie below a part that begins with a plus: `/+api`, `/USER/INDEX/+f/...`."""
    return any(part.startswith("+") for part in path.removesuffix("+simple/").split("/"))


def _files(page: Page) -> set[str]:
    return {f"{link.filename} {sorted(link.hashes.items())}" for link in page.links}


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if rest else url.partition(":")[0] + ":"


def _specifier(text: str) -> SpecifierSet | None:
    """None where pip sees no restriction: nothing is said, or nothing that can be read."""
    try:
        return SpecifierSet(text) or None
    except InvalidSpecifier:
        return None
