"""Files as streams: whole and hashed, or not there."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from airproof.net.http import Fetched, Http, NetworkFailure
from airproof.net.sinks import IN_MEMORY
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.probes.visits import LONG, PAGE, SHORT


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


def test_files_are_streamed_and_hashed(http: Http, tmp_path: Path) -> None:
    """Each file lies where it was wanted, with its hash, size and announced length, in order."""
    bodies = [bytes([number]) * 100_000 for number in range(20)]
    rules = [Rule(f"/{number}", body=body) for number, body in enumerate(bodies)]
    with FaultyProxy(None, *rules) as proxy:
        wanted = [(f"{proxy.url}/{number}", tmp_path / str(number)) for number in range(20)]
        fetched = http.fetch_many(wanted)

    assert [hashlib.sha256(body).hexdigest() for body in bodies] == [file.sha256 for file in fetched]
    assert [(200, 100_000, 100_000, None)] * 20 == [(f.status, f.size, f.announced, f.trouble) for f in fetched]
    assert bodies == [path.read_bytes() for _, path in wanted]


@pytest.mark.parametrize(
    ("rule", "timeout", "seen"),
    [
        (Rule(status=404, body=b"no"), LONG, (404, None, 2)),
        (Rule(body=PAGE, cut=10), LONG, (200, NetworkFailure.CUT, len(PAGE))),
        (Rule(body=PAGE * 5, drip=20), SHORT, (200, NetworkFailure.DRIPS, 5 * len(PAGE))),
        (Rule(hang=True), SHORT, (None, NetworkFailure.TIMEOUT, None)),
        (Rule(body=PAGE, drip_head=20), SHORT, (None, NetworkFailure.TIMEOUT, None)),
        (Rule(refuse=True), LONG, (None, NetworkFailure.RESET, None)),
        (Rule(body=b"x" * 5000, endless=True), LONG, (200, NetworkFailure.ENDLESS, None)),
        (Rule(redirect="http://other.invalid/"), LONG, (302, NetworkFailure.OFF_HOST, 0)),
    ],
    ids=["gone", "cut", "drips", "hang", "head-drips", "reset", "endless", "off-host"],
)
def test_a_file_that_did_not_come_whole_is_not_kept(
    tmp_path: Path, rule: Rule, timeout: float, seen: tuple[int | None, NetworkFailure | None, int | None]
) -> None:
    """It has no hash, and nothing lies on the disk."""
    path = tmp_path / "file"
    with FaultyProxy(None, rule) as proxy, Http(timeout, file_time=2 * timeout) as http:
        (fetched,) = http.fetch_many([(f"{proxy.url}/file", path)], limit=100_000)

    assert (*seen, "") == (fetched.status, fetched.trouble, fetched.announced, fetched.sha256)
    assert not path.exists()


@pytest.mark.parametrize("pace", [50, 400, 8000])
def test_a_slow_file_is_fetched_to_its_end(tmp_path: Path, pace: int) -> None:
    """The limit bounds each silence of a file, not the whole. pip takes one that comes at 50 bytes a second as well
    (measured, 20.3 and 24.2).
    """
    size = int(3 * SHORT * pace)
    with FaultyProxy(None, Rule(body=b"x" * size, drip=pace)) as proxy, Http(SHORT) as http:
        (fetched,) = http.fetch_many([(f"{proxy.url}/file", tmp_path / "file")])

    assert (None, size) == (fetched.trouble, fetched.size)
    assert fetched.seconds > SHORT


def test_after_a_file_that_took_all_its_time_others_are_given_up_sooner(tmp_path: Path) -> None:
    """The verdict is settled, and each is told with what came of it."""
    with FaultyProxy(None, Rule(body=PAGE * 50, drip=20)) as proxy, Http(SHORT / 2, file_time=4 * SHORT) as http:
        fetched = [http.fetch_many([(f"{proxy.url}/{name}", tmp_path / name)])[0] for name in ("first", "second")]

    assert [NetworkFailure.DRIPS, NetworkFailure.DRIPS] == [file.trouble for file in fetched]
    assert fetched[1].seconds < 3 * SHORT < fetched[0].seconds


def test_a_folder_that_is_not_there_is_our_own_trouble(http: Http, tmp_path: Path) -> None:
    """A file that cannot be written is no fault of the server, and raises."""
    with FaultyProxy(None, Rule(body=PAGE)) as proxy, pytest.raises(FileNotFoundError):
        http.fetch_many([(f"{proxy.url}/file", tmp_path / "no" / "file")])


def test_a_resolver_that_hangs_holds_up_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads are left behind, one more file than there are, and what they might still find is not written."""
    released = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        released.wait(LONG)
        raise socket.gaierror(socket.EAI_NONAME, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        started = time.monotonic()
        with Http(SHORT) as http:
            fetched = http.fetch_many([("http://slow.invalid/file", tmp_path / str(number)) for number in range(9)])
        took = time.monotonic() - started
    finally:
        released.set()

    assert [NetworkFailure.TIMEOUT] * 9 == [file.trouble for file in fetched]
    assert took < LONG / 2
    assert [] == list(tmp_path.iterdir())


def test_a_file_can_be_looked_into_where_it_arrives(tmp_path: Path) -> None:
    """A small one in memory, a large one in a file without a name, one that is cut not at all; nothing stays."""
    large = bytes(range(256)) * (IN_MEMORY // 256 + 1)
    rules = [Rule("/small", body=PAGE), Rule("/large", body=large), Rule("/cut", body=PAGE, cut=10)]
    with FaultyProxy(None, *rules) as proxy, Http(LONG) as http:
        wanted = [(f"{proxy.url}/{name}", taken) for name in ("small", "large", "cut")]
        looked = list(http.look_each(wanted, tmp_path))

    assert [(PAGE, None), (large, None)] == [(content, fetched.trouble) for fetched, content in looked[:2]]
    assert NetworkFailure.CUT is looked[2][0].trouble
    assert [hashlib.sha256(body).hexdigest() for body in (PAGE, large)] + [""] == [one.sha256 for one, _ in looked]
    assert [] == list(tmp_path.iterdir())


def taken(fetched: Fetched, file: IO[bytes]) -> tuple[Fetched, bytes]:
    return fetched, file.read()


def test_what_a_look_raises_comes_out(tmp_path: Path) -> None:
    """An error in a thread is an error of whoever asked."""

    def fail(fetched: Fetched, file: IO[bytes]) -> None:
        raise LookupError(fetched.url)

    with (
        FaultyProxy(None, Rule(body=PAGE)) as proxy,
        Http(LONG) as http,
        pytest.raises(LookupError, match="/file"),
    ):
        list(http.look_each([(f"{proxy.url}/file", fail)], tmp_path))


def test_files_that_nobody_takes_are_given_up(tmp_path: Path) -> None:
    """Closing the client shuts what still streams, and does not wait for it."""
    started = time.monotonic()
    with FaultyProxy(None, Rule("/0", body=PAGE), Rule(hang=True)) as proxy, Http(LONG * 10) as patient:
        fetched = patient.fetch_each([(f"{proxy.url}/{number}", tmp_path / str(number)) for number in range(50)])
        first = next(fetched)
        del fetched

    assert len(PAGE) == first.size
    assert time.monotonic() - started < LONG


def test_files_come_over_https_with_credentials(tmp_path: Path) -> None:
    """As pages do: the same trust, the same account, and no URL that shows it."""
    with (
        FaultyProxy(None, Rule(body=PAGE), tls=True) as proxy,
        Http(LONG, ca=proxy.ca, user="me", password="secret") as http,
        Http(LONG) as untrusting,
    ):
        (fetched,) = http.fetch_many([(f"{proxy.url}/file", tmp_path / "one")])
        (refused,) = untrusting.fetch_many([(f"{proxy.url}/file", tmp_path / "two")])
        (seen,) = proxy.requests

    assert (200, None, f"{proxy.url}/file") == (fetched.status, fetched.trouble, fetched.url)
    assert (None, NetworkFailure.CERTIFICATE) == (refused.status, refused.trouble)
    assert "Basic bWU6c2VjcmV0" == seen.headers["authorization"]
