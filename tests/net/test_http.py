"""The one door for HTTP: what is asked, what is followed, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airproof.net.http import PIP_AGENT, SIMPLE_ACCEPT, Answer, Http, NetworkFailure, same_origin, shown
from pytest_airproof.servers.faulty import FaultyProxy, Rule, closed_port
from tests.probes.visits import LONG, PAGE, asked


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


def test_a_page_is_read_with_its_time_and_type() -> None:
    """A whole answer has status, headers, body, a measured time, and no trouble."""
    answer = asked(Rule(body=PAGE, headers={"Content-Type": "text/html; charset=utf-8"}))

    assert (200, PAGE, None, "") == (answer.status, answer.body, answer.trouble, answer.detail)
    assert "text/html" == answer.content_type
    assert answer.ok
    assert 0 <= answer.seconds < LONG


def test_the_request_looks_like_pips(http: Http) -> None:
    """User-Agent and Accept are an installer's, and nothing but GET is sent."""
    with FaultyProxy(None) as proxy:
        http.get(f"{proxy.url}/page")
        (seen,) = proxy.requests

    assert ("GET", PIP_AGENT, SIMPLE_ACCEPT) == (seen.method, seen.agent, seen.headers["accept"])


def test_a_status_is_an_answer_and_no_trouble() -> None:
    """A refusal by status is told by its status alone."""
    answer = asked(Rule(status=503, body=b"later"))

    assert (503, None, False) == (answer.status, answer.trouble, answer.ok)


def test_a_redirect_on_the_host_is_followed_and_noted(http: Http) -> None:
    """The final page is read, and the way to it is in the answer."""
    with FaultyProxy(None, Rule("/old/", redirect="/new/"), Rule("/new/", body=PAGE)) as proxy:
        answer = http.get(f"{proxy.url}/old/")

        assert (200, PAGE, (f"{proxy.url}/new/",)) == (answer.status, answer.body, answer.redirects)
        assert f"{proxy.url}/new/" == answer.final_url


@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{port}/there/", "//127.0.0.1:{port}/there/", "https:/x", "file:///x"]
)
def test_a_redirect_off_the_host_is_noted_and_not_followed(http: Http, form: str) -> None:
    """Another port, scheme or host is never asked."""
    with FaultyProxy(None) as stranger:
        location = form.format(port=stranger.port)
        with FaultyProxy(None, Rule(redirect=location)) as proxy:
            answer = http.get(f"{proxy.url}/here/")

        assert (NetworkFailure.OFF_HOST, 302) == (answer.trouble, answer.status)
        assert 1 == len(answer.redirects)
        assert () == stranger.requests


def test_a_ring_of_redirects_ends(http: Http) -> None:
    """After thirty redirects no more is asked, as in pip."""
    with FaultyProxy(None, Rule(redirect="/again/")) as proxy:
        answer = http.get(f"{proxy.url}/again/")

        assert NetworkFailure.LOOP is answer.trouble
        assert 31 == len(proxy.requests)


def test_a_login_is_posted_once_and_not_redirected(http: Http) -> None:
    """The only request that is no GET carries JSON, and goes nowhere else."""
    with FaultyProxy(None, Rule("/+login", redirect="/elsewhere")) as proxy:
        answer = http.post_json(f"{proxy.url}/+login", {"user": "root", "password": ""})
        seen = [(request.method, request.path, request.headers["content-type"]) for request in proxy.requests]

    assert (302, None) == (answer.status, answer.trouble)
    assert [("POST", "/+login", "application/json")] == seen


@pytest.mark.parametrize("in_url", [True, False])
def test_credentials_are_sent_and_never_recorded(in_url: bool) -> None:
    """They go as Basic authentication, unquoted, and no URL of the answer shows them."""
    given: dict[str, Any] = {} if in_url else {"user": "me", "password": "s%40cret"}
    with FaultyProxy(None, Rule("/a", redirect="/b")) as proxy, Http(LONG, **given) as http:
        at = proxy.url.replace("http://", "http://me:s%40cret@") if in_url else proxy.url
        answer = http.get(f"{at}/a")
        (first, *_) = proxy.requests

    assert "Basic bWU6c0BjcmV0" == first.headers["authorization"]
    assert (f"{proxy.url}/a", (f"{proxy.url}/b",)) == (answer.url, answer.redirects)


def test_nothing_of_the_surroundings_is_heeded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy variable and no netrc changes what is asked, or of whom."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("NETRC", str(netrc))
    with FaultyProxy(None, Rule(body=PAGE)) as proxy, Http(LONG) as http:
        answer = http.get(f"{proxy.url}/page")
        (seen,) = proxy.requests

    assert answer.ok
    assert "authorization" not in seen.headers


def test_many_are_answered_in_order_and_side_by_side(http: Http) -> None:
    """Answers come in the order asked, and one that is late holds up no other."""
    with FaultyProxy(None, Rule("/3", body=b"late", delay=0.3), Rule(rewrite=lambda _: b"soon")) as proxy:
        answers = http.get_many([f"{proxy.url}/{number}" for number in range(40)])
        seen = [request.path for request in proxy.requests]

    assert [f"{proxy.url}/{number}" for number in range(40)] == [answer.url for answer in answers]
    assert [b"late" if number == 3 else b"soon" for number in range(40)] == [answer.body for answer in answers]
    assert {f"/{number}" for number in range(40)} == set(seen)


def test_never_more_than_eight_are_asked_at_one_time(http: Http) -> None:
    """A server is not flooded, and not asked one by one either."""
    lock, under_way, peaks = threading.Lock(), [0], [0]

    def count(body: bytes) -> bytes:
        with lock:
            under_way[0] += 1
            peaks.append(under_way[0])
        time.sleep(0.05)
        with lock:
            under_way[0] -= 1
        return body

    with FaultyProxy(None, Rule(rewrite=count)) as proxy:
        http.get_many([f"{proxy.url}/{number}" for number in range(40)])

    assert 2 <= max(peaks) <= 8


def test_answers_that_nobody_takes_are_given_up(http: Http) -> None:
    """Leaving the iteration early ends what is still asked, and closing the client does not wait for it."""
    started = time.monotonic()
    with FaultyProxy(None, Rule("/0", body=PAGE), Rule(hang=True)) as proxy, Http(LONG * 10) as patient:
        answers = patient.get_each([f"{proxy.url}/{number}" for number in range(100)])
        first = next(answers)
        del answers

    assert PAGE == first.body
    assert time.monotonic() - started < LONG


def test_it_works_beside_a_running_event_loop() -> None:
    """Called from within somebody's own loop, it still answers."""
    with FaultyProxy(None, Rule(body=PAGE)) as proxy:

        async def inside() -> Answer:
            with Http(LONG) as http:
                return http.get(f"{proxy.url}/page")

        assert asyncio.run(inside()).ok


def test_the_client_is_closed_with_its_last_use() -> None:
    """The threads of a client end with its with statement."""
    before = set(threading.enumerate())
    with Http(LONG) as http:
        http.get(f"http://127.0.0.1:{closed_port()}/")
        threads = set(threading.enumerate()) - before
    for thread in threads:
        thread.join(LONG)

    assert (1, False) == (len(threads), any(thread.is_alive() for thread in threads))


def test_requests_one_after_the_other_share_a_connection() -> None:
    """A thread that is idle takes the next request; no other one is started for it."""
    before = set(threading.enumerate())
    with FaultyProxy(None, Rule(body=PAGE)) as proxy, Http(LONG) as http:
        answers = [http.get(f"{proxy.url}/{number}") for number in range(20)]
        threads = [thread for thread in set(threading.enumerate()) - before if thread.name == "airproof-http"]

    assert (20, 1) == (sum(answer.ok for answer in answers), len(threads))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://h/a", "http://H:80/b", True),
        ("https://h/a", "https://h:443", True),
        ("http://h/a", "https://h/a", False),
        ("http://h:1/", "http://h:2/", False),
        ("http://h/", "file:///h/", False),
        ("javascript:x", "javascript:x", False),
        ("http://[bad/", "http://h/", False),
        ("http://127.0.0.1:3141/a", "http://LOCALHOST:3141/b", True),
        ("http://[::1]/", "http://localhost:80/", True),
        ("http://127.0.0.1:3141/", "http://localhost:3142/", False),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    """A text that is no http URL has no origin, and the machine itself has one by all of its names."""
    assert same is same_origin(one, other)


def test_a_url_is_shown_without_its_credentials() -> None:
    """Also one that cannot be taken apart."""
    assert "http://h/a" == shown("http://me:secret@h/a")
    assert "secret" not in shown("http://me:secret@[bad/a")


def test_it_is_used_in_a_with_statement_only() -> None:
    """Outside of it there is nothing to ask with, which is said."""
    with pytest.raises(RuntimeError, match="with statement"):
        Http(LONG).get("http://127.0.0.1/")


def test_a_cookie_is_sent_back_with_pages_and_files(http: Http, tmp_path: Path) -> None:
    """A gate that sets a cookie and sends back to the same URL lets pip pass, and its file too (20.3 to 26.3)."""
    head = b"HTTP/1.1 302 Found\r\nLocation: /page\r\nSet-Cookie: gate=open; Path=/\r\nContent-Length: 0\r\n\r\n"
    with FaultyProxy(None, Rule("/page", times=1, raw=head), Rule(body=PAGE)) as proxy:
        answer = http.get(f"{proxy.url}/page")
        (fetched,) = http.fetch_many([(f"{proxy.url}/a.whl", tmp_path / "a.whl")])
        sent = [seen.headers.get("cookie") for seen in proxy.requests]

    assert (200, 200) == (answer.status, fetched.status)
    assert [None, "gate=open", "gate=open"] == sent


@pytest.mark.parametrize(("lines", "read"), [(50, True), (150, False), (1, True)], ids=["many", "too-many", "one"])
def test_a_head_is_as_long_as_pip_reads_it(lines: int, read: bool) -> None:
    """Python's own library, and pip with it, gives up at a hundred headers (measured, 20.3 to 26.3)."""
    answer = asked(Rule(body=PAGE, headers={f"X-{number}": "1" for number in range(lines)}))

    assert (read, None if read else NetworkFailure.NOT_HTTP) == (answer.ok, answer.trouble)


def test_a_header_is_as_long_as_pip_reads_it() -> None:
    """No line of the head may have more than 64 KB."""
    assert NetworkFailure.NOT_HTTP == asked(Rule(body=PAGE, headers={"X-Long": "x" * 66_000})).trouble
