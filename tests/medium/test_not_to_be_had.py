"""A rehearsal that downloads says what could not be had, as `carry` does."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from airproof.ask.typedoptions import TypedOptions
from airproof.commands.carry import fetch_for
from airproof.commands.rehearse import _what_lacks, _wheels, recorded
from airproof.commands.screen.live import Follower
from airproof.engine.finish import finish_run
from airproof.engine.plan import Plan, new_run_dir
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.targets import targets_of
from airproof.record.file import read_report
from airproof.record.fold import RunStart
from airproof.record.report import NotFetched, SiteSummary, Tool
from airproof.site.group import Group
from airproof.site.hosts import Interpreter
from airproof.site.site import Kind, Site
from airproof.words import Text
from tests.medium.connected import WINDOWS, configure_pip
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import host_of

GROUP = Group("Demo / nightly", ("app", "gone"), items={"app": ("fetch",), "gone": ("fetch",)})


@pytest.fixture
def configured(index: StaticIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    configure_pip(monkeypatch, tmp_path, **{"index-url": index.url})
    return index.url


def test_for_a_target(tmp_path: Path, configured: str) -> None:
    """The rest is fetched all the same."""
    site = Site("", kind=Kind.REHEARSAL, groups=(GROUP,), targets=targets_of([WINDOWS]))

    lacking = fetch_for(tmp_path / "medium", site, tmp_path / "work")

    said = _what_lacks(recorded(lacking), "en")
    assert f"This machine asked {configured} for it" in said
    assert f"Not to be had for {WINDOWS}: gone is not in the index" in said
    assert [] != list((tmp_path / "medium" / "wheels").iterdir())


def test_for_the_interpreter_here(tmp_path: Path, configured: str) -> None:
    """Its own pip downloads what can be had."""
    site = Site("", kind=Kind.REHEARSAL, groups=(GROUP,), interpreters=(Interpreter(sys.executable, "here"),))
    lacking: list[tuple[str, Text]] = []

    folder = _wheels(TypedOptions(), site, AskedOnce(), tmp_path / "work", Follower("en", quiet=True), lacking)

    assert folder is not None and configured
    assert f"Not to be had for {host_of().label}: gone is not in the index" in _what_lacks(recorded(lacking), "en")


def test_the_record_and_every_report_tell_it(tmp_path: Path) -> None:
    """A reader of the record did not see the screen, so the record says it too, without the password of a source."""
    gone = Text("gone is not in the index at http://ann:s3cret@192.0.2.9/.", "索引中沒有 gone。")
    site = Site("", kind=Kind.REHEARSAL, groups=(GROUP,))
    lacking = (NotFetched("cp38-win32", gone, ("https://192.0.2.9/simple/",)),)
    plan = Plan(site, "rehearse", "airproof", new_run_dir(tmp_path / "report"), tmp_path, lacking=lacking)
    summary = SiteSummary("rehearsal", "", {}, "pip", False)
    start = RunStart(Tool("airproof", "0", "3"), "rehearse", "airproof", "2026-01-31T08:00:00Z", summary, (), (), False)
    plan.events.write_bytes(msgspec.json.encode(start) + b"\n")

    _, path = finish_run(plan, interrupted=False)

    assert "s3cret" not in path.read_text(encoding="utf-8")
    (told,) = read_report(path).lacking
    assert ("cp38-win32", "索引中沒有 gone。", ("https://192.0.2.9/simple/",)) == (
        told.target,
        told.says.zh_tw,
        told.asked,
    )
    for name in ("report.html", "report.md"):
        assert "Not to be had for cp38-win32: gone is not in the index" in path.with_name(name).read_text(
            encoding="utf-8"
        )
