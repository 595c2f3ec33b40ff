"""A host under load: one connection, repeated as pip repeats, and nothing of what arrives is kept."""

from __future__ import annotations

import errno
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from airproof.net.load.connection import BOUND, OWN, HostConnection, LoadedServer, Timed
from pytest_airproof.servers.faulty import FaultyProxy, Rule

BODY = b"x" * 100_000


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between repetitions that nobody waits for."""
    monkeypatch.setattr("airproof.net.load.connection.PAUSES", (0.0, 0.01, 0.01, 0.01, 0.01))


@contextmanager
def connection(proxy: FaultyProxy, timeout: float = 5.0) -> Iterator[HostConnection]:
    with closing(HostConnection(LoadedServer("http", "127.0.0.1", proxy.port), timeout=timeout)) as host:
        yield host


def asked(proxy: FaultyProxy, timeout: float = 5.0) -> Timed:
    """One GET through a connection of its own."""
    with connection(proxy, timeout) as host:
        return host.get("/", {})


def test_a_body_is_counted_and_thrown_away() -> None:
    """The memory of a host does not grow with its files."""
    body = b"x" * 20_000_000
    with FaultyProxy(None, Rule(body=body)) as proxy, connection(proxy) as host:
        host.get("/small", {})
        tracemalloc.start()
        timed = host.get("/large", {})
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (len(body), "") == (timed.size, timed.trouble)
    assert most < 45_000_000  # the proxy, in this process, holds the body; the host holds 64 KB


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_passing_status_is_repeated(status: int) -> None:
    """As pip does it: the answer that came in the end counts, with the time of all."""
    with FaultyProxy(None, Rule(status=status, body=b"", times=2), Rule(body=BODY)) as proxy:
        timed = asked(proxy)

    assert ("", 2, len(BODY)) == (timed.trouble, timed.retried, timed.size)


@pytest.mark.parametrize(
    ("rule", "trouble", "requests"),
    [
        (Rule(status=404, body=b""), "status 404", 1),
        (Rule(status=503, body=b""), "status 503", 6),
        (Rule(status=429, body=b""), "status 429", 1),
        (Rule(refuse=True), "reset", 6),
        (Rule(body=BODY, cut=10), "cut", 1),
        (Rule(redirect="http://192.0.2.1/"), "status 302", 1),
        (Rule(raw=b"no http at all"), "not-http", 6),
    ],
)
def test_a_trouble_is_told(rule: Rule, trouble: str, requests: int) -> None:
    """After as many requests as pip sends; a redirect is not followed, wherever it leads."""
    with FaultyProxy(None, rule) as proxy:
        timed = asked(proxy)

        assert (trouble, requests) == (timed.trouble, len(proxy.requests))
        assert timed.retried == requests - 1


def test_an_old_pip_takes_502_for_the_answer() -> None:
    """Only what that pip repeats is repeated."""
    server_down = Rule(status=502, body=b"", times=1)
    with FaultyProxy(None, server_down) as proxy:
        server = LoadedServer("http", "127.0.0.1", proxy.port)
        with closing(HostConnection(server, passing={500, 503})) as host:
            timed = host.get("/", {})

        assert ("status 502", 1) == (timed.trouble, len(proxy.requests))


@pytest.mark.parametrize("retries", [0, 2, 8])
def test_a_pip_repeats_as_often_as_it_is_told(retries: int) -> None:
    """`--retries` of the site's own command counts, also beyond pip's five."""
    with FaultyProxy(None, Rule(refuse=True)) as proxy:
        server = LoadedServer("http", "127.0.0.1", proxy.port)
        with closing(HostConnection(server, retries=retries)) as host:
            timed = host.get("/", {})

        assert (retries, retries + 1) == (timed.retried, len(proxy.requests))


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, "too many open files"), socket.gaierror("no such name")])
def test_what_fails_here_is_not_the_servers(error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no more ports or files, or finds the name no more, says nothing of the server."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("socket.create_connection", fail)
    with closing(HostConnection(LoadedServer("http", "127.0.0.1", 9))) as host:
        assert OWN == host.get("/", {}).trouble


def test_silence_is_a_trouble() -> None:
    """The timeout holds for each silence, and each try."""
    with FaultyProxy(None, Rule(hang=True)) as proxy:
        timed = asked(proxy, timeout=0.1)

    assert ("timeout", 5) == (timed.trouble, timed.retried)


def test_a_closed_connection_is_opened_again() -> None:
    """devpi closes it after each page: that is no error, and no repetition."""
    with FaultyProxy(None, Rule(body=BODY, headers={"Connection": "close"})) as proxy, connection(proxy) as host:
        troubles = [(timed.trouble, timed.retried) for timed in (host.get("/", {}) for _ in range(3))]

    assert [("", 0)] * 3 == troubles


def test_the_bound_ends_it() -> None:
    """No request is sent that was not announced, not even a repetition."""
    left = iter([True, True, False])
    with FaultyProxy(None, Rule(status=503, body=b"")) as proxy:
        server = LoadedServer("http", "127.0.0.1", proxy.port)
        with closing(HostConnection(server, may_ask=lambda: next(left))) as host:
            timed = host.get("/", {})

        assert ("status 503", 1, True, 2) == (timed.trouble, timed.retried, timed.is_open, len(proxy.requests))


def test_nothing_is_asked_beyond_the_bound() -> None:
    """A request that was never sent has no trouble of the server's."""
    with closing(HostConnection(LoadedServer("http", "127.0.0.1", 9), may_ask=lambda: False)) as host:
        timed = host.get("/", {})

    assert (BOUND, 0, True) == (timed.trouble, timed.retried, timed.is_open)


@pytest.mark.parametrize(
    ("rest", "resumes", "trouble", "size"),
    [
        (Rule(status=206, body=BODY[10:]), 5, "", len(BODY)),
        (Rule(body=BODY), 5, "", len(BODY)),
        (Rule(body=BODY, cut=10), 2, "cut", 10),
        (Rule(status=404, body=b""), 5, "status 404", 0),
        (Rule(body=BODY), 0, "cut", 10),
    ],
    ids=["rest", "whole", "again-and-again", "gone", "old-pip"],
)
def test_a_body_that_breaks_off_is_resumed(rest: Rule, resumes: int, trouble: str, size: int) -> None:
    """From 25.2 on pip asks for the rest, and takes the whole as well."""
    with FaultyProxy(None, Rule(body=BODY, cut=10, times=1), rest) as proxy:
        server = LoadedServer("http", "127.0.0.1", proxy.port)
        with closing(HostConnection(server)) as host:
            timed = host.get("/", {}, resumes=resumes)

        assert (trouble, size) == (timed.trouble, timed.size)
        assert timed.retried == len(proxy.requests) - 1 == min(resumes, 2 if trouble == "cut" else 1)


def test_only_get_is_sent() -> None:
    """With the headers that it is given."""
    with FaultyProxy(None, Rule(body=b"")) as proxy:
        with connection(proxy) as host:
            host.get("/root/local/%2Bf/a?x=1", {"Accept": "*/*", "User-Agent": "pip/26.3"})
        (request,) = proxy.requests

    assert ("GET", "/root/local/%2Bf/a?x=1", "pip/26.3") == (request.method, request.path, request.agent)
    assert "*/*" == request.headers["accept"]
