"""Files of a closure as they are served."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.net.http import Http
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.files.files import ServedFile
from airproof.probes.files.served import probe_served
from airproof.probes.index.simple import Link
from pytest_airproof.packages.wheels import Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule

WHEEL = Wheel("a", "1.0+cpu")


def reading(link: Link) -> GroupReading:
    return GroupReading("a", ("a",), False, Reading((Pin("a", WHEEL.version, link),)))


@pytest.mark.parametrize(("refused", "bare"), [("%2B", True), ("a-1.0", False)])
def test_a_file_that_is_there_under_a_bare_plus_is_told(refused: str, bare: bool, tmp_path: Path) -> None:
    """pip quotes a plus; what answers only where it stands bare is not lost."""
    rules = [Rule(sent=refused, status=404, body=b"no"), Rule(body=WHEEL.content())]
    with FaultyProxy(None, *rules) as proxy, Http(10) as http:
        link = Link(WHEEL.filename, f"{proxy.url}/{WHEEL.filename.replace('+', '%2B')}")
        (served,) = probe_served(Readings("here", "24.2", (reading(link),)), http, tmp_path, {}).files

    assert (404, bare) == (served.status, served.bare_plus)


def test_a_file_that_another_interpreter_takes_too_is_fetched_once(tmp_path: Path) -> None:
    """A hundred hosts alike need no hundred downloads of each file; another published hash is another question."""
    with FaultyProxy(None, Rule(body=WHEEL.content())) as proxy, Http(10) as http:
        link = Link(WHEEL.filename, f"{proxy.url}/{WHEEL.filename}")
        other = Link(WHEEL.filename, link.url, {"sha256": "0" * 64})
        known: dict[bytes, ServedFile] = {}
        found = [
            probe_served(Readings("here", "24.2", (reading(file),)), http, tmp_path, known).files
            for file in (link, link, other)
        ]

    assert found[0] == found[1]
    assert [None, None, False] == [one.matches for (one,) in found]
    assert 2 == len(proxy.requests)
