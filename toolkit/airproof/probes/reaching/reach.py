"""Find out whether the name resolves, the port answers, and the server speaks HTTP."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.net.http import MAX_PROJECT_PAGE, Answer, Http, NetworkFailure, Trusted
from airproof.net.trouble import OF_TLS
from airproof.probes.reaching.port import (
    Reached,
    connect,
    first_bytes,
    is_loopback,
    is_own,
    look_up,
    speaks_tls,
    tls_refusal,
)
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Site
from airproof.system.workdir import free_in

CLOCK = "%Y-%m-%d %H:%M UTC"
CLOCKS_APART = timedelta(days=1)
"""Clocks that differ by less explain no refused certificate but one of these very days."""


class Reach(msgspec.Struct, frozen=True):
    """Reachability of the index's host and port from this machine."""

    host: str
    port: int
    asked_from: str
    """This machine's name."""
    loopback: bool
    """The host is this machine's loopback: no firewall was crossed, and pip trusts http on it."""
    own_address: bool
    """The address is one of this machine's own: the index was asked from the server itself."""
    addresses: tuple[str, ...]
    """Addresses to which the name resolves; empty if it does not."""
    name_trouble: str
    """The resolver's error message, or empty."""
    connect_trouble: NetworkFailure | None
    connect_detail: str
    connect_seconds: float
    http_trouble: NetworkFailure | None
    """None if the server speaks HTTP (or HTTPS, as the URL says)."""
    http_detail: str
    http_seconds: float
    status: int | None
    server: str
    """The Server header."""
    clock: str = ""
    """This machine's time at the request, UTC: the validity of certificates is compared with it."""
    free: int | None = None
    """Free bytes of the disk of the serverdir that the site names, if nothing listens on the port."""
    server_clock: str = ""
    """The server's time, UTC, where a certificate is refused for its dates and the clocks are a day or more apart."""


def probe_reach(site: Site, http: Http) -> Reach:
    """Ask in order (name, TCP, HTTP GET of the URL itself) and stop at the first step that fails."""
    index = site.index
    resolved = look_up(index, site.timeout)
    connected = (
        connect(resolved, site.timeout) if resolved.addresses else Reached(NetworkFailure.NAME, resolved.trouble, 0.0)
    )
    answer = _asked(site, http) if connected.trouble is None else None
    spoken = _spoken(index, answer, site.timeout) if answer is not None else connected._replace(seconds=0.0)
    headers = answer.headers if answer is not None else {}
    now = datetime.now(timezone.utc)
    dated = spoken.trouble in (NetworkFailure.EXPIRED, NetworkFailure.NOT_YET)
    there = _server_time(index, site.timeout) if dated else None
    literal = sorted({str(address[0]) for _, address in resolved.addresses})
    return Reach(
        host=index.host,
        port=index.port,
        asked_from=socket.gethostname(),
        loopback=bool(literal) and all(map(is_loopback, literal)),
        own_address=any(map(is_own, resolved.addresses)),
        addresses=tuple(literal),
        name_trouble=resolved.trouble,
        connect_trouble=connected.trouble,
        connect_detail=connected.detail,
        connect_seconds=connected.seconds,
        http_trouble=spoken.trouble,
        http_detail=spoken.detail,
        http_seconds=spoken.seconds,
        status=answer.status if answer is not None else None,
        server=headers.get("server", ""),
        clock=f"{now:{CLOCK}}",
        free=free_in(site.serverdir) if connected.trouble is NetworkFailure.REFUSED else None,
        server_clock=f"{there:{CLOCK}}" if there is not None and abs(now - there) >= CLOCKS_APART else "",
    )


def _server_time(index: IndexUrl, timeout: float) -> datetime | None:
    """Return the server's own time. Its certificate is not checked for that, and no credentials are sent."""
    with Http(timeout, trusted=Trusted(anything=True)) as door:
        said = door.head(f"{index.origin}/").headers.get("date", "")
    try:
        return parsedate_to_datetime(said).astimezone(timezone.utc)
    except (TypeError, ValueError):
        return None


def _asked(site: Site, http: Http) -> Answer:
    """Fetch the URL itself or, if it gives no whole answer, the first project's page.

    pip never asks for the root, and some lists of all projects are slower or larger than anybody waits for.
    """
    answer = http.get(site.url)
    if answer.trouble is None or not site.requirements:
        return answer
    name = canonicalize_name(Requirement(site.requirements[0]).name)
    (page,) = http.get_each([f"{site.url}{name}/"], limit=MAX_PROJECT_PAGE, slowly=True)
    return page if page.trouble is None else answer


def _spoken(index: IndexUrl, answer: Answer, timeout: float) -> Reached:
    """Return the answer's trouble; after silence or an invalid answer, look again with plain sockets for a
    better one.
    """
    reached = Reached(answer.trouble, answer.detail, answer.seconds)
    silent = (NetworkFailure.TIMEOUT, NetworkFailure.CUT, NetworkFailure.RESET, NetworkFailure.NOT_HTTP)
    if answer.status is not None or answer.trouble not in silent:
        return reached
    if index.scheme == "https" and (refusal := tls_refusal(index, timeout)) is not None and refusal[0] in OF_TLS:
        return reached._replace(trouble=refusal[0], detail=refusal[1])
    if index.scheme == "https":
        return _mixed_up(reached, "http") if _speaks_http(index, timeout) else reached
    if speaks_tls(index, timeout):
        return _mixed_up(reached, "https")
    greeting = first_bytes(index, timeout)
    if greeting[:5] != b"HTTP/"[: len(greeting)]:
        return reached._replace(trouble=NetworkFailure.NOT_HTTP, detail=f"the port says {greeting!r}")
    return reached


def _mixed_up(reached: Reached, spoken: str) -> Reached:
    return reached._replace(trouble=NetworkFailure.SCHEME, detail=f"the port speaks {spoken}")


def _speaks_http(index: IndexUrl, timeout: float) -> bool:
    host = f"[{index.host}]" if ":" in index.host else index.host
    with Http(timeout) as plain:  # The plain request carries no credentials: they were meant for https.
        return plain.get(f"http://{host}:{index.port}/").status is not None
