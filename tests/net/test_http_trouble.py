"""Servers that misbehave: every wait has its end, and every trouble its name."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.net.http import Http, NetworkFailure
from pytest_airproof.servers.faulty import FaultyProxy, Rule, closed_port
from tests.probes.visits import LONG, PAGE, SHORT, asked


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


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

    assert NetworkFailure.TIMEOUT is answer.trouble
    assert SHORT <= answer.seconds < LONG


def test_a_page_that_drips_comes_whole() -> None:
    """pip's own limit holds for each silence (20.3 to 26.3), so a project page may take longer than it in all."""
    with FaultyProxy(None, Rule(body=PAGE, drip=len(PAGE) / (3 * SHORT))) as proxy, Http(SHORT) as http:
        (answer,) = http.get_each([proxy.url], slowly=True)

    assert (PAGE, None, True) == (answer.body, answer.trouble, 2 * SHORT < answer.seconds)


@pytest.mark.parametrize(
    "rule",
    [Rule(hang=True), Rule(body=PAGE, drip_head=20), Rule(body=PAGE, drip=0.5), Rule(body=b"x", endless=True, drip=20)],
    ids=["hang", "head-drips", "falls-silent", "endless-drips"],
)
def test_a_page_that_drips_without_an_end_ends_all_the_same(rule: Rule) -> None:
    """The head and each silence within the limit, the whole within that of a pip process."""
    with FaultyProxy(None, rule) as proxy, Http(SHORT, file_time=3 * SHORT) as http:
        (answer,) = http.get_each([proxy.url], slowly=True)

    assert NetworkFailure.TIMEOUT is answer.trouble
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
    """The rest is not awaited, and nothing of what came is kept: half an answer is none."""
    answer = asked(Rule(body=b"x" * 1000, endless=True), limit=10_000)

    assert (NetworkFailure.ENDLESS, b"") == (answer.trouble, answer.body)


def test_a_body_of_just_the_limit_is_whole() -> None:
    """The limit itself is still allowed."""
    answer = asked(Rule(body=b"x" * 10_000), limit=10_000)

    assert (None, 10_000) == (answer.trouble, len(answer.body))


def test_a_compressed_bomb_is_cut_at_the_limit() -> None:
    """The limit counts bytes as they are unpacked."""
    bomb = gzip.compress(b"\0" * 50_000_000)
    answer = asked(Rule(body=bomb, headers={"Content-Encoding": "gzip"}), limit=10_000)

    assert (NetworkFailure.ENDLESS, b"") == (answer.trouble, answer.body)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),  # as some servers send it, without head and checksum
        ("identity", PAGE),
        ("none", PAGE),
        ("utf-8", PAGE),
        ("br", PAGE),
        ("GZIP", gzip.compress(PAGE)),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE))),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE))),
        ("gzip", gzip.compress(PAGE[:20]) + gzip.compress(PAGE[20:])),
        ("gzip", gzip.compress(PAGE) + b"not a member"),
        ("gzip", gzip.compress(PAGE)[:-8]),
        ("deflate", zlib.compress(PAGE) + b"rest"),
    ],
    ids=[
        *("gzip", "deflate", "raw-deflate", "identity", "none", "charset", "not-offered", "capitals", "twice", "both"),
        *("two-members", "gzip-and-rest", "gzip-without-end", "deflate-and-rest"),
    ],
)
def test_a_compressed_page_is_unpacked(encoding: str, body: bytes) -> None:
    """A page is unpacked as pip unpacks it, for whom an unknown encoding is none (measured, 20.3 to 26.3)."""
    answer = asked(Rule(body=body, headers={"Content-Encoding": encoding}))

    assert (PAGE, None) == (answer.body, answer.trouble)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", PAGE),
        ("deflate", PAGE),
        ("gzip, br", gzip.compress(PAGE)),  # beside a known encoding, an unknown one counts as deflate
    ],
    ids=["not-gzip", "not-deflate", "one-unknown"],
)
def test_a_body_that_cannot_be_unpacked_is_a_trouble(encoding: str, body: bytes) -> None:
    """A body that contradicts its encoding is never taken for a page."""
    answer = asked(Rule(body=body, headers={"Content-Encoding": encoding}))

    assert (NetworkFailure.NOT_HTTP, 200) == (answer.trouble, answer.status)


def test_a_cut_body_is_told_from_a_whole_one() -> None:
    """A connection that ends before Content-Length is reached is a cut."""
    answer = asked(Rule(body=PAGE, cut=10))

    assert (NetworkFailure.CUT, 200, PAGE[:10]) == (answer.trouble, answer.status, answer.body)


@pytest.mark.parametrize(
    ("rule", "trouble"),
    [
        (Rule(refuse=True), NetworkFailure.RESET),
        (Rule(raw=b""), NetworkFailure.CUT),
        (Rule(raw=b"220 mail.example ESMTP\r\n\r\n"), NetworkFailure.NOT_HTTP),
        (Rule(raw=b"\x15\x03\x03\x00\x02\x02\x46"), NetworkFailure.NOT_HTTP),
        (Rule(status=400, body=b"<h1>400</h1>The plain HTTP request was sent to HTTPS port"), NetworkFailure.SCHEME),
    ],
    ids=["reset", "closed", "another-protocol", "tls-alert", "says-https"],
)
def test_no_answer_is_told_apart(rule: Rule, trouble: NetworkFailure) -> None:
    """A server that speaks no HTTP, ends early, or wants https is named."""
    answer = asked(rule)

    assert trouble is answer.trouble
    assert answer.detail


def test_a_port_on_which_nobody_listens_refuses(http: Http) -> None:
    """A closed port is told from a silent one."""
    answer = http.get(f"http://127.0.0.1:{closed_port()}/")

    assert (NetworkFailure.REFUSED, None) == (answer.trouble, answer.status)


def test_a_server_that_never_accepts_is_a_time_out() -> None:
    """A listener whose queue is full, like a firewall that drops, ends with the limit."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        with socket.socket() as first, Http(SHORT) as http:
            first.connect(silent.getsockname())
            answer = http.get(f"http://127.0.0.1:{silent.getsockname()[1]}/")

    assert NetworkFailure.TIMEOUT is answer.trouble


def test_an_unknown_name_is_told_as_such(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver's no is the trouble, with its words."""

    def no(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no)
    answer = http.get("http://nowhere.invalid/")

    assert NetworkFailure.NAME is answer.trouble
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

    assert NetworkFailure.TIMEOUT is answer.trouble
    assert took < LONG / 2


def test_a_trusted_certificate_is_accepted() -> None:
    """With the authority's file, https is read."""
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy, Http(LONG, ca=proxy.ca) as http:
        answer = http.get(f"{proxy.url}/page")

    assert (PAGE, None) == (answer.body, answer.trouble)


def test_an_unknown_certificate_is_refused(http: Http) -> None:
    """Without it the trouble is the certificate, not the network."""
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy:
        answer = http.get(f"{proxy.url}/page")

    assert (NetworkFailure.CERTIFICATE, None) == (answer.trouble, answer.status)
    assert "self-signed" in answer.detail or "self signed" in answer.detail


def test_a_certificate_of_the_surroundings_is_not_trusted(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE adds no trust: pip of another account would not have it."""
    with FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", proxy.ca)
        answer = http.get(f"{proxy.url}/page")

    assert NetworkFailure.CERTIFICATE is answer.trouble


def test_an_unreadable_certificate_file_is_said_at_once(tmp_path: Path) -> None:
    """A file that is none raises before anything is asked."""
    with pytest.raises(OSError, match="No such file"), Http(LONG, ca=str(tmp_path / "none.pem")):
        pass


def test_https_to_an_http_server_is_a_mix_up(http: Http) -> None:
    """A server that answers the TLS greeting in plain text is told as such."""
    with FaultyProxy(None) as proxy:
        answer = http.get(proxy.url.replace("http:", "https:"))

    assert (NetworkFailure.SCHEME, None) == (answer.trouble, answer.status)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[::bad/x", "http://a..b/", "nothing", "http:///x", ""])
def test_a_url_that_is_none_is_an_answer_without_status(http: Http, url: str) -> None:
    """Junk from a page's links never raises, and opens nothing."""
    answer = http.get(url)

    assert answer.status is None
    assert answer.trouble in (NetworkFailure.NOT_HTTP, NetworkFailure.NAME)


def test_a_greeting_that_hangs_leaves_no_connection_open() -> None:
    """TLS that is never agreed on ends with the limit; pytest would complain of the socket."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        with Http(SHORT) as http:
            answer = http.get(f"https://127.0.0.1:{silent.getsockname()[1]}/")

    assert NetworkFailure.TIMEOUT is answer.trouble
