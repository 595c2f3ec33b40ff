"""The index that misbehaves on demand: its rules; what pip makes of each fault is shown by the page's examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pytest_airproof import FaultyIndex, Mirror, Wheel


def status(faulty: FaultyIndex, path: str = "+simple/demo/") -> int:
    return httpx.get(faulty.url + path, trust_env=False, timeout=30).status_code


def test_it_is_the_index_until_a_fault_is_asked_for(airproof_faulty: FaultyIndex) -> None:
    """Uploads and listings go past it, requests through it, and links lead to it."""
    airproof_faulty.upload(Wheel("demo"))
    airproof_faulty.status(500)
    listed = airproof_faulty.projects()
    airproof_faulty.heal()

    page = httpx.get(airproof_faulty.simple_url + "demo/", trust_env=False)
    file = httpx.get(str(page.url.join(page.text.partition('href="')[2].partition('"')[0])), trust_env=False)

    assert ("demo",) == listed
    assert (Wheel("demo").content(), airproof_faulty.url) == (file.content, str(file.url)[: len(airproof_faulty.url)])
    assert ["GET", "GET"] == [request.method for request in airproof_faulty.requests]


def test_the_newest_fault_counts_and_one_that_is_used_up_makes_room(airproof_faulty: FaultyIndex) -> None:
    """Afterwards the older one answers, and after `heal` the index."""
    airproof_faulty.upload(Wheel("demo"))
    airproof_faulty.status(500)
    airproof_faulty.status(503, times=1)

    seen = [status(airproof_faulty), status(airproof_faulty)]
    airproof_faulty.heal()

    assert [503, 500, 200] == [*seen, status(airproof_faulty)]


def test_each_fault_counts_its_own_requests(airproof_faulty: FaultyIndex) -> None:
    """A fault that was taken back leaves no count to the next one, which may lie at its address in memory."""
    airproof_faulty.upload(Wheel("demo"))
    seen = []
    for _ in range(5):
        airproof_faulty.status(503, times=1)
        seen.append(status(airproof_faulty))
        airproof_faulty.heal()

    assert [503] * 5 == seen


def test_a_fault_holds_where_it_is_asked_for(airproof_faulty: FaultyIndex) -> None:
    """The pattern is that of a shell, and an asterisk crosses slashes."""
    airproof_faulty.upload(Wheel("demo"), Wheel("other"))
    airproof_faulty.status(404, on="*/demo/")

    assert [404, 200] == [status(airproof_faulty, f"+simple/{name}/") for name in ("demo", "other")]


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "Content-Length", "content-length"])
def test_a_header_is_left_out_however_it_is_spelt(airproof_faulty: FaultyIndex, name: str) -> None:
    """An answer without a length ends with its connection."""
    airproof_faulty.upload(Wheel("demo"))
    airproof_faulty.strip_headers(name)

    answer = httpx.get(airproof_faulty.simple_url + "demo/", trust_env=False, timeout=30)

    assert name not in answer.headers
    assert "demo-1.0" in answer.text


def test_a_mirror_can_be_behind_it(airproof_mirror: Mirror) -> None:
    """It is a context manager for any index."""
    airproof_mirror.upstream.upload(Wheel("demo"))
    with FaultyIndex(airproof_mirror) as faulty:
        well = status(faulty)
        faulty.portal()

        assert (200, 200) == (well, status(faulty))
        assert "Sign in" in httpx.get(faulty.url, trust_env=False).text


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda faulty: faulty.status(4040), "status=4040: give a status from 200 to 599"),
        (lambda faulty: faulty.status(404, times=0), "times=0: give a number from 1 on"),
        (lambda faulty: faulty.drip(0), "bytes_per_second=0: give a number above 0"),
        (lambda faulty: faulty.strip_headers(), r'headers \(\): name them one by one, such as "Content-Type"'),
        (lambda faulty: faulty.drip("fast"), "bytes_per_second='fast': give a number above 0"),
        (lambda faulty: faulty.hang(3), "on=3: give a pattern"),
        (lambda faulty: faulty.hang(on=""), "on='': give a pattern such as \"\\*.whl\""),
    ],
)
def test_a_fault_that_is_none_is_named(airproof_faulty: FaultyIndex, call: Callable[[Any], None], words: str) -> None:
    """The error has the argument, its value and the mend."""
    with pytest.raises(ValueError, match=words):
        call(airproof_faulty)
