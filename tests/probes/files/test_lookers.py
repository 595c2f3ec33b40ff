"""Files that are looked into in other processes: what is found is the same."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.net.http import IN_MEMORY, Http
from airproof.probes.files import lookers as module
from airproof.probes.files.audit import Audit, audit_served, audit_stored
from airproof.probes.files.lookers import MANY, Lookers
from airproof.probes.files.problems import Looked, Question
from airproof.probes.index.simple import Link
from airproof.system import processors as machine
from airproof.system.processes import Conversation
from pytest_airproof.packages import Wheel
from tests.probes.files.test_audit import retagged, stored, untrue_record
from tests.probes.indexserver import StaticIndex
from tests.scenarios.test_jobs import pinned

LARGE = Wheel("large", files={"large.bin": os.urandom(IN_MEMORY)})
PACKAGES = (Wheel("good"), LARGE, untrue_record(), Wheel("changed"), retagged(), Wheel("gone"))


@pytest.fixture
def serverdir(tmp_path: Path) -> tuple[Path, list[tuple[str, Link]]]:
    """Six files: sound, sound and large, and four with a problem each."""
    links = [stored(tmp_path, package) for package in PACKAGES]
    for path in tmp_path.rglob("changed*"):
        path.write_bytes(b"x")
    for path in tmp_path.rglob("gone*"):
        path.unlink()
    return tmp_path, [(link.filename.partition("-")[0], link) for link in links]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started for few files too."""
    monkeypatch.setattr(module, "MANY", 1)


def found(audit: Audit) -> tuple[object, ...]:
    return audit.files, audit.bytes, audit.largest, audit.troubled, audit.problems, audit.stray


def both(serverdir: tuple[Path, list[tuple[str, Link]]], jobs: int) -> Iterator[tuple[object, ...]]:
    """The audit of the folder, and of the same files over HTTP."""
    folder, links = serverdir
    listed = [link for _, link in links]
    yield found(audit_stored(folder, "root/local", links, listed=listed, tell=lambda *_: None, jobs=jobs))
    with StaticIndex({"any": [package for package in PACKAGES if package.filename[:4] != "gone"]}) as server:
        moved = [(name, Link(link.filename, server.file(link.filename), link.hashes)) for name, link in links]
        with Http(10) as http:
            yield found(audit_served(http, moved, folder / "passing", tell=lambda *_: None, jobs=jobs))


def test_an_audit_is_the_same_for_any_number_of_processes(
    serverdir: tuple[Path, list[tuple[str, Link]]], few: None
) -> None:
    """Looked into here, or in eight others."""
    alone, many = list(both(serverdir, 1)), list(both(serverdir, 8))

    assert alone == many
    assert ([6, 6], [4, 3]) == ([audit[0] for audit in many], [audit[3] for audit in many])


def test_a_process_that_ends_leaves_nothing_out(
    serverdir: tuple[Path, list[tuple[str, Link]]], few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file, and those after it, are looked into here."""
    alone = list(both(serverdir, 1))
    monkeypatch.setattr(module, "BEGIN", "import sys; sys.stdin.buffer.read(1)")

    assert alone == list(both(serverdir, 8))


def test_each_file_is_looked_into_elsewhere(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the two tests above would compare nothing with nothing."""
    asked: list[Conversation] = []
    answer = module._answer_from

    def noted(looker: Conversation, question: Question, file: io.BytesIO) -> Looked:
        asked.append(looker)
        return answer(looker, question, file)

    monkeypatch.setattr(module, "_answer_from", noted)

    with StaticIndex({"any": [Wheel("good")]}) as server, Http(10) as http, Lookers(1, 4) as lookers:
        url = server.file(Wheel("good").filename)
        audit = audit_served(http, [("good", Link(Wheel("good").filename, url))], Path(), tell=lambda *_: None, jobs=4)

    assert (4, 1, ("hash-none",)) == (lookers.processes, len(asked), tuple(each.cause for each in audit.problems))


def test_a_process_ends_with_the_one_that_asks() -> None:
    """Its standard input ends then, however the other has ended."""
    ended = subprocess.run(
        [sys.executable, "-I", "-c", module.BEGIN, *sys.path], stdin=subprocess.DEVNULL, check=False, timeout=60
    )

    assert 0 == ended.returncode


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has affinities and cgroups here")
def test_one_processor_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By affinity or by the quota of a cgroup; nothing would be gained. For few files neither."""
    with pinned(1):
        by_affinity = Lookers(MANY, 0).processes
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4))
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    monkeypatch.setattr(machine, "_cgroups", lambda: [tmp_path])
    by_quota = Lookers(MANY, 0).processes
    (tmp_path / "cpu.max").write_text("max 100000\n")

    assert (0, 0, 4, 0) == (by_affinity, by_quota, Lookers(MANY, 0).processes, Lookers(MANY - 1, 0).processes)
