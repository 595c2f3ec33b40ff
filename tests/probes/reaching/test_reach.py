"""From the name to the first HTTP answer: each step that fails is told as itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from airproof.net.http import Http, NetworkFailure
from airproof.probes.reaching.port import Found, connect, is_loopback, is_own
from airproof.probes.reaching.reach import Reach, probe_reach
from airproof.site.site import Site
from pytest_airproof.servers.faulty import FaultyProxy, Rule, closed_port

SHORT = 0.4
LONG = 30.0


def reached(url: str, *, timeout: float = LONG, ca: str | None = None) -> Reach:
    with Http(timeout, ca=ca) as http:
        return probe_reach(Site(url, timeout=timeout), http)


def troubles(reach: Reach) -> tuple[NetworkFailure | None, NetworkFailure | None]:
    return reach.connect_trouble, reach.http_trouble


@contextmanager
def listener(*, answers: bytes = b"") -> Iterator[int]:
    """A port that accepts, says `answers` to each and then keeps silent."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        met: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                met.append(one)
                one.sendall(answers)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(LONG)
        for connection in met:
            connection.close()


def test_a_healthy_index_is_reached() -> None:
    """All three steps answer, with times, the status, and from where it was asked."""
    with FaultyProxy(None, Rule(body=b"x", headers={"Server": "waitress"})) as proxy:
        reach = reached(f"{proxy.url}/root/local/")

    assert (None, None) == troubles(reach)
    assert ("127.0.0.1", proxy.port, ("127.0.0.1",), "") == (
        reach.host,
        reach.port,
        reach.addresses,
        reach.name_trouble,
    )
    assert (200, "waitress", socket.gethostname()) == (reach.status, reach.server, reach.asked_from)
    assert (True, True) == (reach.loopback, reach.own_address)


def test_facts_survive_being_written() -> None:
    """Read back from JSON they are the same."""
    reach = reached(f"http://127.0.0.1:{closed_port()}/")

    assert reach == msgspec.json.decode(msgspec.json.encode(reach), type=Reach)


def test_it_only_reads() -> None:
    """The URL itself is asked for, once, by GET."""
    with FaultyProxy(None, Rule(body=b"x")) as proxy:
        reached(f"{proxy.url}/root/local/")
        seen = [(request.method, request.path) for request in proxy.requests]

    assert [("GET", "/root/local/")] == seen


def test_an_unknown_name_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's words are kept, and no later step passes for good."""

    def no(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no)
    reach = reached("http://nowhere.invalid/x/")

    assert () == reach.addresses
    assert "not known" in reach.name_trouble
    assert (NetworkFailure.NAME, NetworkFailure.NAME) == troubles(reach)
    assert (False, False) == (reach.loopback, reach.own_address)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name's trouble says how long was waited."""
    released = threading.Event()

    def hang(*_: object, **__: object) -> list[Any]:
        released.wait(LONG)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        reach = reached("http://slow.invalid/", timeout=SHORT)
    finally:
        released.set()

    assert "0.4 s" in reach.name_trouble


def test_a_name_that_cannot_be_encoded_is_no_name() -> None:
    """It is an answer like an unknown one."""
    reach = reached(f"http://{'a' * 80}.invalid/")

    assert reach.name_trouble
    assert NetworkFailure.NAME is reach.connect_trouble


def test_a_closed_port_refuses() -> None:
    """The name is fine, the connection is not, and HTTP was not asked."""
    reach = reached(f"http://127.0.0.1:{closed_port()}/")

    assert (NetworkFailure.REFUSED, NetworkFailure.REFUSED) == troubles(reach)
    assert ("", None) == (reach.name_trouble, reach.status)
    assert reach.connect_detail


def test_a_port_that_never_accepts_is_a_time_out() -> None:
    """Like a firewall that drops."""
    with socket.socket() as silent, socket.socket() as first:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        first.connect(silent.getsockname())
        reach = reached(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=SHORT)

    assert NetworkFailure.TIMEOUT is reach.connect_trouble


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    """The first address that takes the connection counts."""
    with listener() as port:
        family = socket.AF_INET
        found = Found([(family, ("127.0.0.1", closed_port())), (family, ("127.0.0.1", port))], "", 0.0)

        assert connect(found, LONG).trouble is None
        assert NetworkFailure.REFUSED is connect(found._replace(addresses=found.addresses[:1]), LONG).trouble


def test_a_silent_server_is_a_time_out_of_http() -> None:
    """It accepts and never answers."""
    with listener() as port:
        reach = reached(f"http://127.0.0.1:{port}/", timeout=SHORT)

    assert (None, NetworkFailure.TIMEOUT) == troubles(reach)


def test_another_protocol_is_told_by_its_first_words() -> None:
    """A server that speaks first, and no HTTP, is quoted."""
    with listener(answers=b"SSH-2.0-Server\r\n") as port:
        reach = reached(f"http://127.0.0.1:{port}/", timeout=SHORT)

    assert (None, NetworkFailure.NOT_HTTP) == troubles(reach)
    assert "SSH-2.0" in reach.http_detail


def test_https_on_a_devpi_port_is_a_mix_up() -> None:
    """A server that does not answer a TLS greeting at all, like devpi: the second look over http tells why."""
    with FaultyProxy(None) as proxy:  # its reader, like devpi's, waits for the end of a request line
        reach = reached(proxy.url.replace("http:", "https:"), timeout=SHORT * 3)

    assert (None, NetworkFailure.SCHEME) == troubles(reach)


def test_http_on_an_https_port_is_a_mix_up() -> None:
    """Whatever a TLS server answers to plain text, a greeting shows what it speaks."""
    with FaultyProxy(None, tls=True) as proxy:
        reach = reached(proxy.url.replace("https:", "http:"))

    assert (None, NetworkFailure.SCHEME) == troubles(reach)
    assert "https" in reach.http_detail


def test_credentials_meant_for_https_are_not_tried_over_http() -> None:
    """The second look goes without them."""
    with FaultyProxy(None) as proxy, Http(SHORT * 3, user="me", password="secret") as http:
        probe_reach(Site(proxy.url.replace("http:", "https:"), timeout=SHORT * 3), http)
        sent = [request.headers for request in proxy.requests]

    assert [] == [headers for headers in sent if "authorization" in headers]


def test_an_untrusted_certificate_is_named() -> None:
    """It is neither a mix-up nor a network's fault; with the authority's file it is none."""
    with FaultyProxy(None, Rule(body=b"x"), tls=True) as proxy:
        untrusted = reached(proxy.url)
        trusted = reached(proxy.url, ca=proxy.ca)

    assert (None, NetworkFailure.CERTIFICATE) == troubles(untrusted)
    assert (None, None) == troubles(trusted)


@pytest.mark.parametrize(("said", "clock"), [("Wed, 01 Jan 2020 00:00:00 GMT", "2020-01-01 00:00 UTC"), ("never", "")])
def test_the_clock_of_a_server_whose_certificate_has_expired_is_asked(said: str, clock: str) -> None:
    """By one of the two clocks the certificate may be valid; a server that says no time leaves that open."""
    with FaultyProxy(None, Rule(body=b"", headers={"Date": said}), tls="expired") as proxy:
        found = reached(proxy.url, ca=str(proxy.ca))

    assert (NetworkFailure.EXPIRED, clock) == (found.http_trouble, found.server_clock)


def test_a_status_is_no_trouble_of_reach() -> None:
    """Whatever answers in HTTP has been reached."""
    with FaultyProxy(None, Rule(status=503)) as proxy:
        reach = reached(proxy.url)

    assert ((None, None), 503) == (troubles(reach), reach.status)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("fe80::1%eth0", False),
        ("x", False),
    ],
)
def test_loopback_is_told_by_the_address(address: str, loopback: bool) -> None:
    """All of 127.0.0.0/8 and ::1."""
    assert loopback is is_loopback(address)


def test_an_own_address_can_be_bound() -> None:
    """One of the documentation range is nobody's, so it cannot."""
    assert is_own((socket.AF_INET, ("127.0.0.1", 3141)))
    assert not is_own((socket.AF_INET, ("192.0.2.1", 3141)))


def test_no_step_takes_longer_than_its_limit() -> None:
    """A head that drips is a time-out of HTTP, not of the port."""
    started = time.monotonic()
    with FaultyProxy(None, Rule(body=b"x", drip_head=5)) as proxy:
        reach = reached(proxy.url, timeout=SHORT)

    assert (None, NetworkFailure.TIMEOUT) == troubles(reach)
    assert time.monotonic() - started < LONG
