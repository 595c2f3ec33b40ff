"""Pages whose text or type a certain pip cannot read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from airproof.diagnosis.gaps.causes import cause_of
from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.listing import JSON_TYPE
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from pytest_airproof.packages.wheels import Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.probes.tables import LINUX_311

WHEEL = Wheel("a")
TITLE = "\u5957\u4ef6 \u529f\u8a31\u84cb"
PAGE = f'<!DOCTYPE html><title>{TITLE}</title><a href="/{WHEEL.filename}">{WHEEL.filename}</a>'
LISTED = f'{{"meta": {{"api-version": "1.0"}}, "name": "a", "files": [{{"url": "/{WHEEL.filename}"}}]}}'


def causes(pip: str, body: bytes, content_type: str, folder: Path) -> list[str]:
    """The causes for which that pip gets nothing from such a page; none where it takes the wheel."""
    page = Rule("/simple/a/", headers={"Content-Type": content_type}, body=body)
    with FaultyProxy(None, page, Rule(f"/{WHEEL.filename}", body=WHEEL.content())) as proxy, Http(10) as http:
        source = IndexSource(http, f"{proxy.url}/simple/", folder).seen_by(PipBehaviour.of(pip))
        target = TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of(pip))
        reading = read_closure(source, target, ["a"])
    assert [WHEEL.filename for _ in reading.pins] == [pin.link.filename for pin in reading.pins]
    return [cause_of(gap) for gap in reading.gaps]


@pytest.mark.parametrize(
    ("encoding", "content_type", "old", "new"),
    [
        ("utf-8", "text/html", [], []),
        ("big5", "text/html; charset=big5", [], []),
        ("big5", "text/html", [], ["page-not-decoded"]),
        ("utf-16", "text/html; charset=utf-16", [], []),
        ("utf-16", "text/html", [], ["page-not-decoded"]),
        ("utf-8", "text/html; charset=klingon", [], ["page-not-decoded"]),
        ("utf-8", "text/html; charset=hex", [], ["page-not-decoded"]),
    ],
)
def test_a_page_that_cannot_be_decoded_ends_a_newer_pip(
    encoding: str, content_type: str, old: list[str], new: list[str], tmp_path: Path
) -> None:
    """html5lib reads whatever comes; from 22 on pip decodes strictly (measured, 20.3.4, 22.2.2, 24.2 and 26.3)."""
    body = PAGE.encode(encoding)

    found = [causes(pip, body, content_type, tmp_path) for pip in ("20.3.4", "22.2.2", "26.3")]

    assert [old, new, new] == found


def test_a_pip_that_reads_html_alone_is_told_of_json(tmp_path: Path) -> None:
    """pip before 22.2 passes over a page in JSON; the page is served, and in order."""
    found = [causes(pip, LISTED.encode(), JSON_TYPE, tmp_path) for pip in ("20.3.4", "22.2.2")]

    assert [["page-newer-than-pip"], []] == found


@pytest.mark.parametrize("path", ["/simple/a/", f"/{WHEEL.filename}", f"/{WHEEL.filename}.metadata"])
def test_a_gateway_error_now_and_then_ends_a_pip_before_24(path: str, tmp_path: Path) -> None:
    """pip repeats a request for status 502 from 24.0 on only (measured, 22.2.2 to 26.3)."""
    digest = hashlib.sha256(WHEEL.metadata.encode()).hexdigest()
    link = f'<a href="/{WHEEL.filename}" data-core-metadata="sha256={digest}">{WHEEL.filename}</a>'
    rules = (
        Rule(path, status=502, times=1),
        Rule("/simple/a/", headers={"Content-Type": "text/html"}, body=link.encode()),
        Rule(f"/{WHEEL.filename}.metadata", body=WHEEL.metadata.encode()),
        Rule(f"/{WHEEL.filename}", body=WHEEL.content()),
    )
    with FaultyProxy(None, *rules) as proxy, Http(10) as http:
        source = IndexSource(http, f"{proxy.url}/simple/", tmp_path)
        found = {}
        for pip in ("26.3", "23.2.1"):
            view = source.seen_by(PipBehaviour.of(pip))
            target = TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of(pip))
            reading = read_closure(view, target, ["a"])
            problems = [broken.problem for broken in view.ends_at(reading)]
            found[pip] = (*problems, *(gap.trouble for gap in reading.gaps))

    assert () == found["26.3"]
    assert [True] == ["status 502 at the first request" in problem for problem in found["23.2.1"]]
