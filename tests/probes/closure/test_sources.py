"""Files of an index as a certain pip takes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.sources.hashes import hash_for
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from pytest_airproof.packages.wheels import Wheel, zipped
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.probes.tables import LINUX_311

WHEEL = Wheel("a")
TRUE = hashlib.sha256(WHEEL.content()).hexdigest()
UNTRUE = "0" * 64


@pytest.mark.parametrize(
    ("query", "fragment", "hashes", "heeded"),
    [
        (f"?sha256={UNTRUE}", "", {}, {"20.3.4": UNTRUE, "22.2.2": UNTRUE, "23.0": UNTRUE, "23.2.1": "", "26.3": ""}),
        (f"?x=1&sha256={UNTRUE}", "", {}, dict.fromkeys(("22.2.2", "23.0", "23.2.1", "26.3"), UNTRUE)),
        (f"?sha256={UNTRUE}", f"sha256={TRUE}", {}, {"22.2.2": UNTRUE, "23.2.1": TRUE, "26.3": TRUE}),
        (f"?x=1&sha256={UNTRUE}", "", {"sha256": TRUE}, {"22.2.2": TRUE, "24.2": UNTRUE}),
    ],
)
def test_a_hash_in_the_query_of_a_url_is_one(
    query: str, fragment: str, hashes: dict[str, str], heeded: dict[str, str]
) -> None:
    """pip searches the whole URL (measured, 20.3.4, 22.2.2, 23.2.1, 24.2 and 26.3; read in 23.0)."""
    stated = f"sha256={TRUE}" if hashes else ""
    link = Link(WHEEL.filename, f"http://192.0.2.1/{WHEEL.filename}{query}", hashes, fragment=fragment, stated=stated)

    assert heeded == {pip: hash_for(link, PipBehaviour.of(pip))[1] for pip in heeded}


@pytest.mark.parametrize(
    ("pip", "causes"), [("22.2.2", ["name-inside-differs"]), ("23.2.1", ["name-inside-differs"]), ("24.2", [])]
)
def test_a_folder_with_a_longer_name_is_another_project(pip: str, causes: list[str], tmp_path: Path) -> None:
    """pip on Python 3.11 compares the folder's name before 24.2, and the Name inside from then on (measured)."""
    members = {name.replace("a-1.0.dist-info", "ab-1.0.dist-info"): body for name, body in WHEEL.members().items()}
    page = f'<a href="/{WHEEL.filename}">{WHEEL.filename}</a>'.encode()
    ways = PipBehaviour.of(pip)
    target = TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, ways=ways)
    rules = (Rule("/simple/a/", body=page), Rule(f"/{WHEEL.filename}", body=zipped(members)))
    with FaultyProxy(None, *rules) as proxy, Http(10) as http:
        source = IndexSource(http, f"{proxy.url}/simple/", tmp_path).seen_by(ways)
        ends = source.ends_at(read_closure(source, target, ["a"]))

    assert causes == [broken.cause for broken in ends]
