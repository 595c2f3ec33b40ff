"""The one door for HTTP, in front of servers that behave and servers that do not."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.http import MAX_PAGE, PIP_AGENT, SIMPLE_ACCEPT, Answer, Http, Trouble, same_origin, shown
from pytest_airproof.faulty import FaultyProxy, Rule, closed_port

SHORT = 0.4
"""Seconds for answers that never come."""
LONG = 30.0
"""Seconds for answers that do come, and above which a test has caught a hang."""
PAGE = b"<!DOCTYPE html><html><body><a href='alpha/'>alpha</a></body></html>"


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


def asked(rule: Rule, *, timeout: float = LONG, path: str = "/page", limit: int = MAX_PAGE) -> Answer:
    """One GET of a server with that rule; fails where it takes much longer than it may."""
    started = time.monotonic()
    with FaultyProxy(None, rule) as proxy, Http(timeout) as http:
        answer = http.get(proxy.url + path, limit=limit)
    if time.monotonic() - started > LONG:
        pytest.fail("the time limit did not hold")
    return answer


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


@pytest.mark.parametrize(
    "rule",
    [
        Rule(hang=True),
        Rule(body=PAGE, drip_head=20),
        Rule(body=PAGE, drip=20),
        Rule(body=b"x", endless=True, drip=20),
        Rule(redirect="/again", delay=0.15),
    ],
    ids=["hang", "head-drips", "body-drips", "endless-drips", "redirects-drip"],
)
def test_no_answer_takes_longer_than_the_time_limit(rule: Rule) -> None:
    """The limit holds for one whole answer, however it is drawn out."""
    answer = asked(rule, timeout=SHORT)

    assert Trouble.TIMEOUT is answer.trouble
    assert SHORT <= answer.seconds < LONG


def test_what_arrived_before_the_time_was_over_is_kept() -> None:
    """A body that hangs still leaves its status and its beginning."""
    answer = asked(Rule(body=PAGE, drip=20), timeout=SHORT)

    assert 200 == answer.status
    assert PAGE.startswith(answer.body)


def test_a_slow_answer_within_the_limit_is_whole() -> None:
    """Slowness alone is no trouble."""
    answer = asked(Rule(body=PAGE, drip=2000, delay=0.1))

    assert (PAGE, None) == (answer.body, answer.trouble)


def test_an_endless_body_is_cut_at_the_limit() -> None:
    """No more than the limit is kept, and the rest is not awaited."""
    answer = asked(Rule(body=b"x" * 1000, endless=True), limit=10_000)

    assert (Trouble.ENDLESS, 10_000) == (answer.trouble, len(answer.body))


def test_a_body_of_just_the_limit_is_whole() -> None:
    """The limit itself is still allowed."""
    answer = asked(Rule(body=b"x" * 10_000), limit=10_000)

    assert (None, 10_000) == (answer.trouble, len(answer.body))


def test_a_compressed_bomb_is_cut_at_the_limit() -> None:
    """The limit counts bytes as they are unpacked."""
    bomb = gzip.compress(b"\0" * 50_000_000)
    answer = asked(Rule(body=bomb, headers={"Content-Encoding": "gzip"}), limit=10_000)

    assert (Trouble.ENDLESS, 10_000) == (answer.trouble, len(answer.body))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE, wbits=-zlib.MAX_WBITS)),
        ("identity", PAGE),
    ],
    ids=["gzip", "deflate", "raw-deflate", "identity"],
)
def test_a_compressed_page_is_unpacked(encoding: str, body: bytes) -> None:
    """Both encodings that are offered are understood."""
    answer = asked(Rule(body=body, headers={"Content-Encoding": encoding}))

    assert (PAGE, None) == (answer.body, answer.trouble)


@pytest.mark.parametrize(
    ("encoding", "body", "trouble"),
    [
        ("gzip", PAGE, Trouble.NOT_HTTP),
        ("br", PAGE, Trouble.NOT_HTTP),
        ("gzip", gzip.compress(PAGE)[:-12], Trouble.CUT),
    ],
    ids=["not-gzip", "not-offered", "gzip-without-end"],
)
def test_a_body_that_cannot_be_unpacked_is_a_trouble(encoding: str, body: bytes, trouble: Trouble) -> None:
    """What is not what its encoding says is never taken for a page."""
    answer = asked(Rule(body=body, headers={"Content-Encoding": encoding}))

    assert (trouble, 200) == (answer.trouble, answer.status)


def test_a_cut_body_is_told_from_a_whole_one() -> None:
    """A connection that ends before Content-Length is reached is a cut."""
    answer = asked(Rule(body=PAGE, cut=10))

    assert (Trouble.CUT, 200, PAGE[:10]) == (answer.trouble, answer.status, answer.body)


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        (Rule(refuse=True), Trouble.CUT),
        (Rule(raw=b""), Trouble.CUT),
        (Rule(raw=b"220 mail.example ESMTP\r\n\r\n"), Trouble.NOT_HTTP),
        (Rule(raw=b"\x15\x03\x03\x00\x02\x02\x46"), Trouble.NOT_HTTP),
        (Rule(status=400, body=b"<h1>400</h1>The plain HTTP request was sent to HTTPS port"), Trouble.SCHEME),
    ],
    ids=["reset", "closed", "another-protocol", "tls-alert", "says-https"],
)
def test_no_answer_is_told_apart(rule: Rule, trouble: Trouble) -> None:
    """What speaks no HTTP, ends early, or wants https is named."""
    answer = asked(rule)

    assert trouble is answer.trouble
    assert answer.detail


def test_a_port_on_which_nobody_listens_refuses(http: Http) -> None:
    """A closed port is told from a silent one."""
    answer = http.get(f"http://127.0.0.1:{closed_port()}/")

    assert (Trouble.REFUSED, None) == (answer.trouble, answer.status)


def test_a_server_that_never_accepts_is_a_time_out() -> None:
    """A listener whose queue is full, like a firewall that drops, ends with the limit."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        with socket.socket() as first, Http(SHORT) as http:
            first.connect(silent.getsockname())
            answer = http.get(f"http://127.0.0.1:{silent.getsockname()[1]}/")

    assert Trouble.TIMEOUT is answer.trouble


def test_an_unknown_name_is_told_as_such(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver's no is the trouble, with its words."""

    def no(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no)
    answer = http.get("http://nowhere.invalid/")

    assert Trouble.NAME is answer.trouble
    assert "not known" in answer.detail


def test_a_resolver_that_hangs_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up is left behind: neither the answer nor the end of the client waits for it."""
    released = threading.Event()

    def hang(*_: object) -> list[object]:
        released.wait(LONG)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        started = time.monotonic()
        with Http(SHORT) as http:
            answer = http.get("http://slow.invalid/")
        took = time.monotonic() - started
    finally:
        released.set()

    assert Trouble.TIMEOUT is answer.trouble
    assert took < LONG / 2


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[::bad/x", "http://a..b/", "nothing", "http:///x", ""])
def test_a_url_that_is_none_is_an_answer_without_status(http: Http, url: str) -> None:
    """Junk from a page's links never raises, and opens nothing."""
    answer = http.get(url)

    assert answer.status is None
    assert answer.trouble in (Trouble.NOT_HTTP, Trouble.NAME)


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

        assert (Trouble.OFF_HOST, 302) == (answer.trouble, answer.status)
        assert 1 == len(answer.redirects)
        assert () == stranger.requests


def test_a_ring_of_redirects_ends(http: Http) -> None:
    """After five redirects no more is asked."""
    with FaultyProxy(None, Rule(redirect="/again/")) as proxy:
        answer = http.get(f"{proxy.url}/again/")

        assert Trouble.OFF_HOST is answer.trouble
        assert 6 == len(proxy.requests)


def test_a_login_is_posted_once_and_not_redirected(http: Http) -> None:
    """The only request that is no GET carries JSON, and goes nowhere else."""
    with FaultyProxy(None, Rule("/+login", redirect="/elsewhere")) as proxy:
        answer = http.post_json(f"{proxy.url}/+login", {"user": "root", "password": ""})
        seen = [(one.method, one.path, one.headers["content-type"]) for one in proxy.requests]

    assert (302, None) == (answer.status, answer.trouble)
    assert [("POST", "/+login", "application/json")] == seen


@pytest.mark.parametrize("in_url", [True, False])
def test_credentials_are_sent_and_never_recorded(in_url: bool) -> None:
    """They go as Basic authentication, unquoted, and no URL of the answer shows them."""
    given = {} if in_url else {"user": "me", "password": "s%40cret"}
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
        seen = [one.path for one in proxy.requests]

    assert [f"{proxy.url}/{number}" for number in range(40)] == [one.url for one in answers]
    assert [b"late" if number == 3 else b"soon" for number in range(40)] == [one.body for one in answers]
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


def test_it_is_used_in_a_with_statement_only() -> None:
    """Outside of it there is no loop to ask on, which is said."""
    with pytest.raises(RuntimeError, match="with statement"):
        Http(LONG).get("http://127.0.0.1/")


def test_a_trusted_certificate_is_accepted() -> None:
    """With the authority's file, https is read."""
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy, Http(LONG, ca=proxy.ca) as http:
        answer = http.get(f"{proxy.url}/page")

    assert (PAGE, None) == (answer.body, answer.trouble)


def test_an_unknown_certificate_is_refused(http: Http) -> None:
    """Without it the trouble is the certificate, not the network."""
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy:
        answer = http.get(f"{proxy.url}/page")

    assert (Trouble.CERTIFICATE, None) == (answer.trouble, answer.status)
    assert "self-signed" in answer.detail or "self signed" in answer.detail


def test_a_certificate_of_the_surroundings_is_not_trusted(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE adds no trust: pip of another account would not have it."""
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", proxy.ca)
        answer = http.get(f"{proxy.url}/page")

    assert Trouble.CERTIFICATE is answer.trouble


def test_an_unreadable_certificate_file_is_said_at_once(tmp_path: Path) -> None:
    """A file that is none raises before anything is asked."""
    with pytest.raises(OSError, match="No such file"), Http(LONG, ca=str(tmp_path / "none.pem")):
        pass


def test_https_to_an_http_server_is_a_mix_up(http: Http) -> None:
    """A server that answers the TLS greeting in plain text is told as such."""
    with FaultyProxy(None) as proxy:
        answer = http.get(proxy.url.replace("http:", "https:"))

    assert (Trouble.SCHEME, None) == (answer.trouble, answer.status)


def test_a_greeting_that_hangs_leaves_no_connection_open() -> None:
    """TLS that is never agreed on ends with the limit; pytest would complain of the socket."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        with Http(SHORT) as http:
            answer = http.get(f"https://127.0.0.1:{silent.getsockname()[1]}/")

    assert Trouble.TIMEOUT is answer.trouble


def test_files_are_streamed_and_hashed(http: Http, tmp_path: Path) -> None:
    """Each file lies where it was wanted, with its hash, size and announced length, in order."""
    bodies = [bytes([number]) * 100_000 for number in range(20)]
    rules = [Rule(f"/{number}", body=body) for number, body in enumerate(bodies)]
    with FaultyProxy(None, *rules) as proxy:
        wanted = [(f"{proxy.url}/{number}", tmp_path / str(number)) for number in range(20)]
        fetched = http.fetch_many(wanted)

    assert [hashlib.sha256(body).hexdigest() for body in bodies] == [one.sha256 for one in fetched]
    assert [(200, 100_000, 100_000, None)] * 20 == [(f.status, f.size, f.announced, f.trouble) for f in fetched]
    assert bodies == [path.read_bytes() for _, path in wanted]


@pytest.mark.parametrize(
    ("rule", "timeout", "seen"),
    [
        (Rule(status=404, body=b"no"), LONG, (404, None, 2)),
        (Rule(body=PAGE, cut=10), LONG, (200, Trouble.CUT, len(PAGE))),
        (Rule(body=PAGE, drip=20), SHORT, (200, Trouble.TIMEOUT, len(PAGE))),
        (Rule(hang=True), SHORT, (None, Trouble.TIMEOUT, None)),
        (Rule(body=b"x" * 5000, endless=True), LONG, (200, Trouble.ENDLESS, None)),
        (Rule(redirect="http://other.invalid/"), LONG, (302, Trouble.OFF_HOST, 0)),
    ],
    ids=["gone", "cut", "drips", "hang", "endless", "off-host"],
)
def test_a_file_that_did_not_come_whole_is_not_kept(
    tmp_path: Path, rule: Rule, timeout: float, seen: tuple[int | None, Trouble | None, int | None]
) -> None:
    """It has no hash, and nothing lies on the disk."""
    path = tmp_path / "file"
    with FaultyProxy(None, rule) as proxy, Http(timeout) as http:
        (fetched,) = http.fetch_many([(f"{proxy.url}/file", path)], limit=100_000)

    assert (*seen, "") == (fetched.status, fetched.trouble, fetched.announced, fetched.sha256)
    assert not path.exists()


def test_a_slow_file_is_fetched_to_its_end(tmp_path: Path) -> None:
    """The limit bounds each silence of a file, not the whole."""
    with FaultyProxy(None, Rule(body=b"x" * 8000, drip=8000)) as proxy, Http(SHORT) as http:
        (fetched,) = http.fetch_many([(f"{proxy.url}/file", tmp_path / "file")])

    assert (None, 8000) == (fetched.trouble, fetched.size)
    assert fetched.seconds > SHORT


def test_a_folder_that_is_not_there_is_our_own_trouble(http: Http, tmp_path: Path) -> None:
    """What cannot be written is no fault of the server, and raises."""
    with FaultyProxy(None, Rule(body=PAGE)) as proxy, pytest.raises(FileNotFoundError):
        http.fetch_many([(f"{proxy.url}/file", tmp_path / "no" / "file")])


def test_the_client_is_closed_with_its_last_use() -> None:
    """What belongs to it ends with the with statement."""
    before = threading.active_count()
    with Http(LONG) as http:
        during = threading.active_count()
        http.get(f"http://127.0.0.1:{closed_port()}/")

    assert (before + 1, before) == (during, threading.active_count())


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
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    """What is no http URL has no origin."""
    assert same is same_origin(one, other)


def test_a_url_is_shown_without_its_credentials() -> None:
    """Also one that cannot be taken apart."""
    assert "http://h/a" == shown("http://me:secret@h/a")
    assert "secret" not in shown("http://me:secret@[bad/a")
