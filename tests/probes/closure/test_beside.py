"""METADATA beside a wheel, compared with the wheel's own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from pytest_airproof.packages.wheels import Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.probes.tables import LINUX_311

WHEEL = Wheel("a", requires=("B >= 1",))
NEEDED = Wheel("b")


@pytest.mark.parametrize(
    ("announced", "pip", "causes"),
    [
        ("b>=1", "26.3", []),
        ("b (>=1)", "26.3", []),
        ("b>=1.0", "26.3", []),
        ("b>=0.5", "26.3", ["metadata-beside"]),
        ("b>=0.5", "26.1", []),
    ],
)
def test_requirements_spelled_otherwise_beside_a_wheel_are_the_same(
    announced: str, pip: str, causes: list[str], tmp_path: Path
) -> None:
    """pip compares parsed requirements from 26.2 on, and none before (measured, 24.2 and 26.3)."""
    beside = WHEEL.metadata.replace("Requires-Dist: B >= 1", f"Requires-Dist: {announced}")
    rules = (
        Rule("/simple/a/", body=f'<a href="/{WHEEL.filename}" data-core-metadata="true">{WHEEL.filename}</a>'.encode()),
        Rule("/simple/b/", body=f'<a href="/{NEEDED.filename}">{NEEDED.filename}</a>'.encode()),
        Rule(f"/{WHEEL.filename}.metadata", body=beside.encode()),
        Rule(f"/{WHEEL.filename}", body=WHEEL.content()),
        Rule(f"/{NEEDED.filename}", body=NEEDED.content()),
    )
    ways = PipBehaviour.of(pip)
    target = TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, ways=ways)
    with FaultyProxy(None, *rules) as proxy, Http(10) as http:
        source = IndexSource(http, f"{proxy.url}/simple/", tmp_path).seen_by(ways)
        reading = read_closure(source, target, ["a"])
        found = [broken.cause for broken in source.ends_at(reading)]

    assert causes == found
    assert ["a", "b"] == sorted(pin.project for pin in reading.pins)


@pytest.mark.parametrize(
    ("hashes", "fails"),
    [
        ({"sha256": False, "sha512": True}, False),
        ({"sha256": True, "sha512": False}, False),
        ({"md5": False, "sha256": True}, False),
        ({"md5": False, "sha256": False}, True),
        ({"blake9": False}, False),
    ],
)
def test_one_of_the_announced_hashes_is_enough(hashes: dict[str, bool], fails: bool, tmp_path: Path) -> None:
    """As for pip, which compares the kinds that it knows (measured, 23.2.1, 24.2 and 26.3)."""
    beside = NEEDED.metadata.encode()
    stated = {kind: hashlib.new(kind, beside).hexdigest() if right else "00" for kind, right in hashes.items()}
    file = {"filename": NEEDED.filename, "url": f"/{NEEDED.filename}", "hashes": {}, "core-metadata": stated}
    page = json.dumps({"meta": {"api-version": "1.1"}, "name": "b", "files": [file]}).encode()
    rules = (
        Rule("/simple/b/", body=page, headers={"Content-Type": "application/vnd.pypi.simple.v1+json"}),
        Rule(f"/{NEEDED.filename}.metadata", body=beside),
        Rule(f"/{NEEDED.filename}", body=NEEDED.content()),
    )
    with FaultyProxy(None, *rules) as proxy, Http(10) as http:
        source = IndexSource(http, f"{proxy.url}/simple/", tmp_path).seen_by(PipBehaviour.of("26.3"))
        reading = read_closure(
            source, TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, ways=source.ways), ["b"]
        )
        causes = [broken.cause for broken in source.ends_at(reading)]

    assert (["metadata-beside"] if fails else []) == causes
