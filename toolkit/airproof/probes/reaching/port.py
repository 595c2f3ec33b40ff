"""Try one host and port with plain sockets: its name, its connection, and the first bytes that it sends."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any, NamedTuple, TypeVar

from airproof.net.http import NetworkFailure
from airproof.net.threads import run_abandonable
from airproof.net.trouble import trouble_of
from airproof.site.indexurl import IndexUrl

T = TypeVar("T")
Address = tuple[socket.AddressFamily, Any]
"""An address family and a socket address, as the resolver returns them."""


REFUSAL_TIME = 3.0
"""Seconds to wait for the message of a server that refuses at once; any other server waits for a request."""


class Found(NamedTuple):
    """Result of a name look-up."""

    addresses: list[Address]
    trouble: str
    seconds: float


class Reached(NamedTuple):
    """Result of one step: a trouble with its message, or none."""

    trouble: NetworkFailure | None
    detail: str
    seconds: float


def look_up(index: IndexUrl, timeout: float) -> Found:
    """Look up the addresses of the URL's host; a resolver that hangs is abandoned after `timeout` seconds."""
    started = time.monotonic()
    addresses: list[Address] = []
    trouble = ""
    try:
        answers = bounded(timeout, lambda: socket.getaddrinfo(index.host, index.port, type=socket.SOCK_STREAM))
        addresses = [(family, address) for family, _, _, _, address in answers]
    except (OSError, UnicodeError) as error:  # A name that cannot be encoded does not exist.
        trouble = str(error) or type(error).__name__
    return Found(addresses, trouble, _since(started))


def connect(resolved: Found, timeout: float) -> Reached:
    """Open a TCP connection to the first address that accepts one; each address gets its share of the time."""
    started = time.monotonic()
    last = Reached(NetworkFailure.UNREACHABLE, "", 0.0)
    for tried, (family, address) in enumerate(resolved.addresses):
        remaining = timeout - (time.monotonic() - started)
        try:
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(max(remaining / (len(resolved.addresses) - tried), 0.01))
                connection.connect(address)
            return Reached(None, "", _since(started))
        except OSError as error:
            trouble, words = trouble_of(error)
            # An unknown OSError of a connect at least shows that nothing was reached.
            last = Reached(NetworkFailure.UNREACHABLE if trouble is NetworkFailure.NOT_HTTP else trouble, words, 0.0)
    return last._replace(seconds=_since(started))


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_own(address: Address) -> bool:
    """Say whether the address belongs to this machine: a socket can be bound to it."""
    family, (host, _, *rest) = address
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0, *rest))
    except OSError:
        return False
    return True


def speaks_tls(index: IndexUrl, timeout: float) -> bool:
    """Say whether a TLS greeting is answered with TLS, whatever the certificate."""
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


def tls_refusal(index: IndexUrl, timeout: float) -> tuple[NetworkFailure, str] | None:
    """Return why TLS itself fails after the greeting, such as a server that requires a client certificate; None if it
    does not.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def ask() -> tuple[NetworkFailure, str] | None:
        with (
            socket.create_connection((index.host, index.port), timeout) as raw,
            context.wrap_socket(raw, server_hostname=index.host) as spoken,
        ):
            spoken.settimeout(timeout)
            try:
                spoken.recv(1)  # Read before any request: the refusal may already have arrived.
            except ssl.SSLError as error:
                return trouble_of(error)
        return None

    try:
        return bounded(min(timeout, REFUSAL_TIME), ask)
    except (OSError, ValueError):
        return None


def first_bytes(index: IndexUrl, timeout: float) -> bytes:
    """Return the port's answer to an HTTP request; empty if it sends nothing in time."""

    def listen() -> bytes:
        with socket.create_connection((index.host, index.port), timeout) as raw:
            raw.sendall(
                f"GET / HTTP/1.1\r\nHost: {index.netloc}\r\nConnection: close\r\n\r\n".encode("ascii", "replace")
            )
            return raw.recv(64)

    try:
        return bounded(timeout, listen)
    except OSError:
        return b""


def bounded(timeout: float, work: Callable[[], T]) -> T:
    """Return the work's result within that time, whatever blocks it. Raises TimeoutError."""
    future = run_abandonable(work)
    if not wait([future], timeout=timeout).done:
        raise TimeoutError(f"no answer within {timeout:g} s")
    return future.result()


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
