"""A rehearsal that downloads says what could not be had, as `carry` does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airproof.ask.site_of import Asked
from airproof.commands.carry import fetch_for
from airproof.commands.rehearse import _what_lacks, _wheels
from airproof.commands.screen.live import Follower
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.targets import targets_of
from airproof.site.site import Group, Interpreter, Kind, Site
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

    said = _what_lacks(lacking, "en")
    assert f"This machine asked {configured} for it" in said
    assert f"Not to be had for {WINDOWS}: gone is not in the index" in said
    assert [] != list((tmp_path / "medium" / "wheels").iterdir())


def test_for_the_interpreter_here(tmp_path: Path, configured: str) -> None:
    """Its own pip downloads what can be had."""
    site = Site("", kind=Kind.REHEARSAL, groups=(GROUP,), interpreters=(Interpreter(sys.executable, "here"),))
    lacking: list[tuple[str, Text]] = []

    folder = _wheels(Asked(), site, AskedOnce(), tmp_path / "work", Follower("en", quiet=True), lacking)

    assert folder is not None and configured
    assert f"Not to be had for {host_of().label}: gone is not in the index" in _what_lacks(lacking, "en")
