"""The run of an audit: an index that changes under it, and what its progress shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from airproof.facts import auditing
from airproof.net.http import Http
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.audit import Audit, audit_served
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import target_of
from airproof.site.group import Group
from airproof.site.site import Site
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.stage import Stage, fresh_stage

TARGET = target_of("cp37-win32")


@pytest.fixture
def stage(airproof_server: DevpiServer) -> Iterator[Stage]:
    with fresh_stage(airproof_server) as stage:
        stage.upload(Wheel("app"))
        yield stage


def audited(
    stage: Stage,
    folder: Path,
    meanwhile: Callable[[], object],
    patch: pytest.MonkeyPatch,
    *,
    all_projects: bool = False,
) -> Audit:
    """The audit of `app`, at whose end something happens before anybody looks at the index again."""

    def served(*words: object, **more: object) -> Audit:
        found = audit_served(*words, **more)  # type: ignore[arg-type] # as it is called
        meanwhile()
        return found

    patch.setattr(auditing, "audit_served", served)
    site = Site(stage.url, groups=(Group("app", ("app",)),), targets=(TARGET,), deep=True, all_projects=all_projects)
    with Http(15) as http:
        source = IndexSource(http, stage.url, folder / "passing")
        return auditing.run_audit(
            source,
            [TargetMatcher.by(TARGET)],
            site,
            payload=(),
            stage=stage.name,
            folder=folder / "audit",
            announce=lambda step, /, **values: None,
        )


@pytest.mark.parametrize(
    "package", [Wheel("app", "2.0"), Wheel("app", summary="Another one.")], ids=["new", "replaced"]
)
def test_an_index_that_changes_meanwhile_is_told(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: Wheel
) -> None:
    """A file more, or another one under the same name."""
    found = audited(stage, tmp_path, lambda: stage.upload(package), monkeypatch)

    assert (1, True) == (found.files, found.changed)


def test_a_new_project_changes_what_all_is(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the whole index it is a change; for the requirements that were asked for it is none."""
    whole = audited(stage, tmp_path, lambda: stage.upload(Wheel("new")), monkeypatch, all_projects=True)
    part = audited(stage, tmp_path, lambda: stage.upload(Wheel("newer")), monkeypatch)

    assert [True, False] == [whole.changed, part.changed]


def test_a_change_of_another_index_is_none(
    stage: Stage, airproof_server: DevpiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """devpi counts changes for the whole server: its count alone proves nothing of this index."""
    with fresh_stage(airproof_server) as other:
        found = audited(stage, tmp_path, lambda: other.upload(Wheel("app")), monkeypatch)

    assert (1, False) == (found.files, found.changed)


def test_progress_has_a_rate_and_the_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then, not with every file."""
    said: list[dict[str, str]] = []
    now = iter([0.0, 1.0, 5.0, 5.1])
    monkeypatch.setattr(auditing, "time", SimpleNamespace(monotonic=lambda: next(now)))
    telling = auditing.Telling(lambda step, /, **values: said.append({"name": step, **values}))

    for done in (1, 25, 26):
        telling(done, 100, done * 1_000_000)

    assert [{"name": "audit", "rate": "5.0", "done": "25", "files": "100", "left": "15"}] == said


@pytest.mark.parametrize(("pip", "files"), [("20.3.4", 1), ("22.2.2", 0)])
def test_the_files_of_a_page_that_only_an_old_pip_can_decode_are_read(pip: str, files: int, tmp_path: Path) -> None:
    """pip before 22 takes the file of a page in an undeclared Big5 (`test_page_text`); so it is audited."""
    wheel = Wheel("app")
    body = f'<!DOCTYPE html><title>套件</title><a href="/{wheel.filename}">{wheel.filename}</a>'.encode("big5")
    page = Rule("/simple/app/", headers={"Content-Type": "text/html"}, body=body)
    target = target_of(f"cp37-win32-pip{pip}")
    with FaultyProxy(None, page, Rule(f"/{wheel.filename}", body=wheel.content())) as proxy, Http(15) as http:
        site = Site(f"{proxy.url}/simple/", groups=(Group("app", ("app",)),), targets=(target,), deep=True)
        found = auditing.run_audit(
            IndexSource(http, site.url, tmp_path / "passing"),
            [TargetMatcher.by(target)],
            site,
            payload=(),
            stage=None,
            folder=tmp_path / "audit",
            announce=lambda step, /, **values: None,
        )

    assert (files, False) == (found.files, found.changed)
