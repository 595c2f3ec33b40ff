"""Requests are repeated as pip repeats them, and answers are taken that are odd and work."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.net.http import Http, NetworkFailure
from airproof.net.patience import PAUSES, RETRIES, Patience
from airproof.probes.index.simple import fetch_pages
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.probes.visits import LONG, PAGE

LISTING = b'<html><body><a href="alpha-1.0-py3-none-any.whl">x</a></body></html>'


@pytest.mark.parametrize(
    ("first", "flapped"),
    [
        (Rule(status=503, body=b"busy", times=2), "status 503"),
        (Rule(status=500, body=b"oh", times=1), "status 500"),
        (Rule(status=429, body=b"slowly", headers={"Retry-After": "0"}, times=1), "status 429"),
        (Rule(body=PAGE, cut=5, times=1), "cut"),
        (Rule(refuse=True, times=1), "reset"),
    ],
    ids=["503", "500", "429", "cut", "reset"],
)
def test_what_passes_is_asked_again(first: Rule, flapped: str, tmp_path: Path) -> None:
    """Pages and files alike, and what had to be asked again is counted."""
    for_file = Rule(**{**first.__dict__, "path": "/file"})
    for_page = Rule(**{**first.__dict__, "path": "/page"})
    with FaultyProxy(None, for_page, for_file, Rule(body=PAGE)) as proxy, Http(LONG) as http:
        answer = http.get(f"{proxy.url}/page")
        (fetched,) = http.fetch_many([(f"{proxy.url}/file", tmp_path / "file")])
        told = http.flapped

    assert (True, PAGE) == (answer.ok, answer.body)
    assert (200, None, len(PAGE)) == (fetched.status, fetched.trouble, fetched.size)
    assert {flapped: 2} == told


@pytest.mark.parametrize(
    ("rule", "flapped"),
    [(Rule(status=503, body=b"busy", every=3), "status 503"), (Rule(body=PAGE, cut=5, every=3), "cut")],
    ids=["503", "cut"],
)
def test_every_third_answer_may_fail(rule: Rule, flapped: str, tmp_path: Path) -> None:
    """pip's five retries survive that: all pages and files arrive, and the failed answers are named."""
    with FaultyProxy(None, rule, Rule(body=PAGE)) as proxy, Http(LONG) as http:
        answers = http.get_many([f"{proxy.url}/{number}" for number in range(9)])
        files = http.fetch_many([(f"{proxy.url}/file-{number}", tmp_path / str(number)) for number in range(9)])
        told = http.flapped

    assert [PAGE] * 9 == [answer.body for answer in answers]
    assert [len(PAGE)] * 9 == [fetched.size for fetched in files]
    assert {flapped} == set(told)


@pytest.mark.parametrize("rule", [Rule(status=404, body=b""), Rule(status=429, body=b""), Rule(status=403, body=b"")])
def test_an_answer_that_will_not_pass_is_taken_at_once(rule: Rule) -> None:
    """A 429 that names no time is one to pip as well."""
    with FaultyProxy(None, rule) as proxy, Http(LONG) as http:
        answer = http.get(f"{proxy.url}/page")
        asked = len(proxy.requests)

    assert (rule.status, 1) == (answer.status, asked)


def test_pauses_are_pips_own_and_end() -> None:
    """Five retries; once they were in vain, the next question is asked again once."""
    patience = Patience()
    pauses = [patience.pause(tried, 503, {}, None) for tried in range(RETRIES + 1)]

    assert [*PAUSES, None] == pauses
    assert [0.0, None] == [patience.pause(tried, None, {}, NetworkFailure.CUT) for tried in range(2)]
    assert patience.gentle


def test_a_timeout_is_not_asked_again() -> None:
    """It has taken all the time that an answer has."""
    assert Patience().pause(0, None, {}, NetworkFailure.TIMEOUT) is None


@pytest.mark.parametrize("status", [203, 206])
def test_any_answer_that_pip_takes_is_one(status: int, tmp_path: Path) -> None:
    """A proxy that changes what it passes on says 203."""
    with FaultyProxy(None, Rule("/simple/*", status=status, body=LISTING)) as proxy, Http(LONG) as http:
        (page,) = fetch_pages(http, f"{proxy.url}/simple/", ["alpha"])
        (fetched,) = http.fetch_many([(f"{proxy.url}/simple/file", tmp_path / "file")])

    assert (200, ["alpha-1.0-py3-none-any.whl"]) == (page.status, [link.filename for link in page.links])
    assert (200, len(LISTING)) == (fetched.status, fetched.size)


def test_twenty_redirects_are_followed() -> None:
    """pip follows thirty."""
    rules = [Rule(f"/{number}", redirect=f"/{number + 1}") for number in range(20)]
    with FaultyProxy(None, *rules, Rule("/20", body=PAGE)) as proxy, Http(LONG) as http:
        answer = http.get(f"{proxy.url}/0")

    assert (True, 20) == (answer.ok, len(answer.redirects))


def test_files_are_asked_for_as_pip(tmp_path: Path) -> None:
    """Some proxies admit nobody else."""
    with FaultyProxy(None, Rule(body=PAGE)) as proxy, Http(LONG) as http:
        http.fetch_many([(f"{proxy.url}/file", tmp_path / "file")])
        (request,) = proxy.requests

    assert request.agent.startswith("pip/")


JSON_TYPE = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
DOCUMENT = '{"files": [{"filename": "alpha-1.0-py3-none-any.whl", "url": "a/alpha-1.0-py3-none-any.whl", "hashes": {}'


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + f"{DOCUMENT}}}]}}".encode(),
        f"{DOCUMENT}}}]}}".encode("utf-16"),
        f'{DOCUMENT}, "size": NaN}}]}}'.encode(),
    ],
    ids=["mark", "utf-16", "nan"],
)
def test_json_is_read_as_pips_library_reads_it(body: bytes) -> None:
    """Also where a strict reader refuses it."""
    with FaultyProxy(None, Rule(body=body, headers=JSON_TYPE)) as proxy, Http(LONG) as http:
        (page,) = fetch_pages(http, f"{proxy.url}/simple/", ["alpha"])

    assert ["alpha-1.0-py3-none-any.whl"] == [link.filename for link in page.links]


def test_a_further_host_may_be_led_to_and_gets_no_login() -> None:
    """A redirect there is followed, a link there is no other host's; the index's login stays at home."""
    with FaultyProxy(None, Rule(body=LISTING)) as files:
        further = files.url.partition("//")[2]
        page = LISTING.replace(b'href="', f'href="{files.url}/'.encode())
        rules = (Rule("/moved", redirect=f"{files.url}/there"), Rule("/simple/*", body=page))
        with FaultyProxy(None, *rules) as proxy, Http(LONG, user="me", password="x", further=[further]) as http:
            answer = http.get(f"{proxy.url}/moved")
            (listed,) = fetch_pages(http, f"{proxy.url}/simple/", ["alpha"])
        with FaultyProxy(None, *rules) as proxy, Http(LONG) as http:
            strict = http.get(f"{proxy.url}/moved")
            (strange,) = fetch_pages(http, f"{proxy.url}/simple/", ["alpha"])
        headers = [request.headers for request in files.requests]

    assert (True, NetworkFailure.OFF_HOST) == (answer.ok, strict.trouble)
    assert [False, True] == [page.links[0].off_host for page in (listed, strange)]
    assert [] == [header for header in headers if "authorization" in header]
