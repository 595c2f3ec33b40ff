"""The proxy that misbehaves, looked at with plain sockets and the standard library."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
import time

import pytest

from pytest_airproof.servers.faulty import CERTIFICATE, FaultyProxy, Rule, closed_port

PAGE = b"<html><body>page</body></html>"
LONG = 30.0


def get(proxy: FaultyProxy, path: str = "/", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=LONG)
    try:
        connection.request(method, path, headers={"User-Agent": "visitor"})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_what_no_rule_names_is_passed_on() -> None:
    """The upstream's answer comes through: status, headers, body; and the upstream sees the proxy's host name."""
    with (
        FaultyProxy(None, Rule(status=201, body=PAGE, headers={"X-Upstream": "yes"})) as upstream,
        FaultyProxy(upstream.url, Rule("/other", status=500)) as proxy,
    ):
        status, headers, body = get(proxy, "/page?x=1")
        host = f"127.0.0.1:{proxy.port}"
        (seen,) = upstream.requests

    assert (201, "yes", PAGE) == (status, headers["x-upstream"], body)
    assert ("GET", "/page?x=1", "visitor", host) == (seen.method, seen.path, seen.agent, seen.headers["host"])


def test_without_an_upstream_there_is_nothing() -> None:
    """A request without a rule is answered with 404; a dead upstream with 502."""
    with FaultyProxy(None) as proxy:
        alone = get(proxy)[0]
    with FaultyProxy(f"http://127.0.0.1:{closed_port()}") as proxy:
        dead = get(proxy)[0]

    assert (404, 502) == (alone, dead)


def test_a_rule_changes_what_the_upstream_says() -> None:
    """Status, headers and body can each be changed, and a header left out."""
    with FaultyProxy(None, Rule(body=PAGE, headers={"X-Old": "1"})) as upstream:
        rule = Rule(
            status=203, headers={"X-Old": None, "X-New": "2"}, rewrite=lambda body: body.replace(b"page", b"pig")
        )
        with FaultyProxy(upstream.url, rule) as proxy:
            status, headers, body = get(proxy)

    assert (203, "2", b"<html><body>pig</body></html>") == (status, headers["x-new"], body)
    assert "x-old" not in headers


def test_the_first_matching_rule_counts_as_often_as_it_says() -> None:
    """A rule that has had its times leaves the next one to answer; others keep their paths."""
    rules = (Rule("/a*", times=2, status=503, body=b""), Rule("/a/b", body=b"second"), Rule("/c", body=b"third"))
    with FaultyProxy(None, *rules) as proxy:
        seen = [get(proxy, path)[0] for path in ("/a/b", "/a/b", "/a/b", "/c", "/d")]

    assert [503, 503, 200, 200, 404] == seen


def test_requests_are_recorded_with_their_methods() -> None:
    """Requests can be counted, so that a read-only visitor is known as one."""
    with FaultyProxy(None) as proxy:
        get(proxy, "/one")
        get(proxy, "/two", "HEAD")
        reading = proxy.methods
        get(proxy, "/three", "DELETE")

    assert {"GET", "HEAD"} == reading
    assert [("GET", "/one"), ("HEAD", "/two"), ("DELETE", "/three")] == [request[:2] for request in proxy.requests]


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (Rule(refuse=True), ConnectionResetError),
        (Rule(raw=b""), http.client.RemoteDisconnected),
        (Rule(raw=b"220 mail\r\n"), http.client.BadStatusLine),
        (Rule(body=PAGE, cut=3), http.client.IncompleteRead),
    ],
    ids=["refuse", "end", "noise", "cut"],
)
def test_each_misbehaviour_is_seen_by_a_plain_client(rule: Rule, error: type[Exception]) -> None:
    """A reset, an end, noise and a cut come as what they are called."""
    with FaultyProxy(None, rule) as proxy, pytest.raises(error):
        get(proxy)


def test_a_redirect_and_a_wrong_length_are_sent_as_ruled() -> None:
    """Location and Content-Length are what the rule says."""
    with FaultyProxy(
        None, Rule("/r", redirect="http://else.invalid/"), Rule(body=PAGE, headers={"Content-Length": "4"})
    ) as proxy:
        status, headers, _ = get(proxy, "/r")
        _, lengths, body = get(proxy, "/short")

    assert (302, "http://else.invalid/") == (status, headers["location"])
    assert ("4", PAGE[:4]) == (lengths["content-length"], body)


def test_a_delayed_and_dripping_answer_takes_its_time() -> None:
    """Bytes come one by one at the pace that is asked for, and come whole."""
    started = time.monotonic()
    with FaultyProxy(None, Rule(body=PAGE, drip=100, drip_head=1000, delay=0.1)) as proxy:
        body = get(proxy)[2]

    assert PAGE == body
    assert time.monotonic() - started > 0.1 + len(PAGE) / 100


def test_closing_ends_what_hangs() -> None:
    """No thread and no connection outlives the proxy, whatever its visitors still wait for."""
    before = set(threading.enumerate())
    rules = (Rule("/hang", hang=True), Rule("/endless", body=PAGE, endless=True), Rule("/drip", body=PAGE, drip=0.1))
    ended: list[str] = []

    def visit(path: str) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            get(proxy, path)
        ended.append(path)

    started = time.monotonic()
    with FaultyProxy(None, *rules) as proxy:
        visitors = [threading.Thread(target=visit, args=(rule.path,)) for rule in rules]
        for visitor in visitors:
            visitor.start()
        while len(proxy.requests) < len(rules) and time.monotonic() - started < LONG:
            time.sleep(0.01)
    for visitor in visitors:
        visitor.join(LONG)

    assert {rule.path for rule in rules} == set(ended)
    assert time.monotonic() - started < LONG
    assert before == set(threading.enumerate())


def test_an_idle_connection_does_not_hold_up_the_end() -> None:
    """A visitor that keeps its connection open is sent away."""
    with FaultyProxy(None, Rule(body=PAGE)) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=LONG)
        connection.request("GET", "/")
        connection.getresponse().read()
        started = time.monotonic()
    connection.close()

    assert time.monotonic() - started < LONG / 2


def test_it_speaks_https_where_asked() -> None:
    """The certificate is good for 127.0.0.1, for whoever trusts it."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy:
        connection = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=LONG, context=context)
        connection.request("GET", "/")
        body = connection.getresponse().read()
        connection.close()

    assert PAGE == body
    assert proxy.url.startswith("https://127.0.0.1:")
