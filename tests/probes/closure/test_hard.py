"""Indexes that are hard to resolve: airproof finds what a real pip finds, or fails where it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from airproof.net.http import Http
from airproof.probes.closure import resolver
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.interpreters.target import TargetMatcher
from airproof.system.processes import run
from tests.bench.closures import PIP, clean
from tests.bench.hard import Hard, corpus, lay
from tests.bench.static import serving
from tests.probes.pythons import host_of
from tests.probes.tables import LINUX_311, Table

PART = 2


@pytest.mark.parametrize("hard", corpus(part=PART), ids=lambda hard: hard.name)
def test_a_hard_index_resolves_as_with_pip(hard: Hard, tmp_path: Path) -> None:
    """The same releases are taken; where no choice meets all requirements, both fail."""
    lay(tmp_path, hard)
    with serving(tmp_path) as url, Http(60) as http:
        taken = taken_by_pip(url, hard, tmp_path / "report.json")
        source = IndexSource(http, url, tmp_path / "files", installs=False)
        reading = read_closure(source, TargetMatcher.of(host_of(sys.executable)), hard.asked)

    assert hard.resolves == reading.resolves == (taken is not None)
    if taken is not None:
        assert taken == {pin.project: pin.version for pin in reading.pins}


def test_a_conflict_is_searched_for_once() -> None:
    """A file meets each requirement, so no second search looks for gaps; only the project in conflict is left out."""
    made: list[tuple[bool, int]] = []

    class Noted(resolver.Provider):
        def __init__(self, *words: Any, lenient: bool, given_up: Collection[str], **more: Any) -> None:
            made.append((lenient, len(given_up)))
            super().__init__(*words, lenient=lenient, given_up=given_up, **more)

    table = Table({"a-1.0-py3-none-any.whl": ["z<2"], "z-1.0-py3-none-any.whl": [], "z-2.0-py3-none-any.whl": []})
    conflict = read_closure(table, LINUX_311, ["a", "z>=2"], order=Noted)
    searches_of_conflict, made = made, []
    gap = read_closure(table, LINUX_311, ["a", "z>=2", "absent"])

    assert ([(False, 0), (True, 1)], ["z"]) == (searches_of_conflict, [found.project for found in conflict.conflicts])
    assert ["absent"] == [found.project for found in gap.gaps]


def taken_by_pip(url: str, hard: Hard, report: Path) -> dict[str, str] | None:
    """Return the releases that this interpreter's pip would install; None if no choice meets all requirements."""
    command = [*PIP, "--index-url", url, "--report", str(report), *hard.asked]
    ran = run(command, timeout=300, env=dict(clean()))
    if not ran.ok:
        assert "ResolutionImpossible" in ran.stderr
        return None
    items = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {item["metadata"]["name"]: item["metadata"]["version"] for item in items}
