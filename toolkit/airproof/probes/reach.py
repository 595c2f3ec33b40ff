"""Whether the name resolves, the port answers, and what speaks there."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any, NamedTuple, TypeVar

import msgspec

from airproof.background import in_daemon
from airproof.http import Answer, Http, Trouble
from airproof.site import IndexUrl, Site
from airproof.trouble import trouble_of


class Reach(msgspec.Struct, frozen=True):
    """From this machine to the index's host and port."""

    host: str
    port: int
    asked_from: str
    """This machine's name."""
    loopback: bool
    """The host is this machine's loopback: no firewall was crossed, and pip trusts http here."""
    own_address: bool
    """The address is one of this machine's own: the index was asked from the server itself."""
    addresses: tuple[str, ...]
    """What the name resolves to; empty where it does not."""
    name_trouble: str
    """The resolver's words, or empty."""
    name_seconds: float
    connect_trouble: Trouble | None
    connect_detail: str
    connect_seconds: float
    http_trouble: Trouble | None
    """None where whatever listens speaks HTTP (or HTTPS, as the URL says)."""
    http_detail: str
    http_seconds: float
    status: int | None
    server: str
    """The Server header."""
    via_proxy: bool
    """A Via or X-Cache header: something stands between."""


T = TypeVar("T")
Address = tuple[socket.AddressFamily, Any]
"""A family and a socket address, as the resolver gives them."""


class Found(NamedTuple):
    """What the name led to."""

    addresses: list[Address]
    trouble: str
    seconds: float


class Reached(NamedTuple):
    """What came of one step: a trouble with its words, or none."""

    trouble: Trouble | None
    detail: str
    seconds: float


def probe_reach(site: Site, http: Http) -> Reach:
    """Asks in order (name, TCP, HTTP GET of the URL itself) and stops at the first that does not answer."""
    index = site.index
    found = look_up(index, site.timeout)
    connected = connect(found, site.timeout) if found.addresses else Reached(Trouble.NAME, found.trouble, 0.0)
    answer = http.get(site.url) if connected.trouble is None else None
    spoken = _spoken(index, answer, site.timeout) if answer is not None else connected._replace(seconds=0.0)
    headers = answer.headers if answer is not None else {}
    literal = sorted({str(address[0]) for _, address in found.addresses})
    return Reach(
        host=index.host,
        port=index.port,
        asked_from=socket.gethostname(),
        loopback=bool(literal) and all(map(is_loopback, literal)),
        own_address=any(map(is_own, found.addresses)),
        addresses=tuple(literal),
        name_trouble=found.trouble,
        name_seconds=found.seconds,
        connect_trouble=connected.trouble,
        connect_detail=connected.detail,
        connect_seconds=connected.seconds,
        http_trouble=spoken.trouble,
        http_detail=spoken.detail,
        http_seconds=spoken.seconds,
        status=answer.status if answer is not None else None,
        server=headers.get("server", ""),
        via_proxy="via" in headers or "x-cache" in headers,
    )


def look_up(index: IndexUrl, timeout: float) -> Found:
    """The addresses of the URL's host; a resolver that hangs is left behind after `timeout` seconds."""
    started = time.monotonic()
    addresses: list[Address] = []
    trouble = ""
    try:
        found = bounded(timeout, lambda: socket.getaddrinfo(index.host, index.port, type=socket.SOCK_STREAM))
        addresses = [(family, address) for family, _, _, _, address in found]
    except (OSError, UnicodeError) as error:  # a name that cannot even be encoded is no name
        trouble = str(error) or type(error).__name__
    return Found(addresses, trouble, _since(started))


def connect(found: Found, timeout: float) -> Reached:
    """A TCP connection to the first address that takes one; each has its share of the time."""
    started = time.monotonic()
    last = Reached(Trouble.UNREACHABLE, "", 0.0)
    for tried, (family, address) in enumerate(found.addresses):
        left = timeout - (time.monotonic() - started)
        try:
            with socket.socket(family, socket.SOCK_STREAM) as one:
                one.settimeout(max(left / (len(found.addresses) - tried), 0.01))
                one.connect(address)
            return Reached(None, "", _since(started))
        except OSError as error:
            trouble, words = trouble_of(error)
            # An OSError of a connect that is none of the known ones says at least that nothing was reached.
            last = Reached(Trouble.UNREACHABLE if trouble is Trouble.NOT_HTTP else trouble, words, 0.0)
    return last._replace(seconds=_since(started))


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_own(address: Address) -> bool:
    """The address is one of this machine's: a socket can be bound to it."""
    family, (host, _, *rest) = address
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as one:
            one.bind((host, 0, *rest))
    except OSError:
        return False
    return True


def _spoken(index: IndexUrl, answer: Answer, timeout: float) -> Reached:
    """The answer's trouble; where there was silence or noise, the other scheme is tried: it tells a mere mix-up."""
    reached = Reached(answer.trouble, answer.detail, answer.seconds)
    if answer.status is not None or answer.trouble not in (Trouble.TIMEOUT, Trouble.CUT, Trouble.NOT_HTTP):
        return reached
    if index.scheme == "https":
        with Http(timeout) as plain:  # without the credentials, which were meant for https
            other = plain.get(f"http://{_with_port(index)}/").status is not None
    else:
        other = speaks_tls(index, timeout)
    return reached._replace(trouble=Trouble.SCHEME) if other else reached


def speaks_tls(index: IndexUrl, timeout: float) -> bool:
    """Whether a TLS greeting is answered in kind, whatever the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def greet() -> bool:
        with (
            socket.create_connection((index.host, index.port), timeout) as raw,
            context.wrap_socket(raw, server_hostname=index.host),
        ):
            return True

    try:
        return bounded(timeout, greet)
    except (OSError, ValueError):
        return False


def bounded(timeout: float, work: Callable[[], T]) -> T:
    """The work's result within that time, whatever it is stuck in. Raises TimeoutError."""
    future = in_daemon(work)
    if not wait([future], timeout=timeout).done:
        raise TimeoutError(f"no answer within {timeout:g} s")
    return future.result()


def _with_port(index: IndexUrl) -> str:
    host = f"[{index.host}]" if ":" in index.host else index.host
    return f"{host}:{index.port}"


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
