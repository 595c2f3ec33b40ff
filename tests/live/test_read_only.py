"""`airproof check` only looks: all that it sends is recorded, and all that the server holds is compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_airproof.packages import Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Request, Rule
from pytest_airproof.servers.stage import Mirror, Stage
from tests.engine.running import DEMO, airproof, record
from tests.live.served import State, keys_since, state_of, writing

LOGIN = ("POST", "/+login")
INSTALLER = '"installer":{"name":"pip"'
"""In the User-Agent of a real pip; airproof asks in pip's name, and without it."""


def pip_itself(requests: Sequence[Request]) -> list[str]:
    """The paths that pip asked for."""
    return [request.path for request in requests if INSTALLER in request.agent]


@pytest.mark.parametrize(
    ("options", "logins"),
    [
        pytest.param((), 1, id="plain", marks=pytest.mark.thorough),
        pytest.param(("--no-login", "--all", "--deep"), 0, id="deep, no login"),
    ],
)
def test_a_stage_is_asked_and_not_changed(
    airproof_index: Stage, options: tuple[str, ...], logins: int, tmp_path: Path
) -> None:
    """GET and HEAD, by airproof and by pip, and at most one login with an empty password; not a byte changes."""
    server = airproof_index.server
    airproof_index.upload(*DEMO)
    before = state_of(server)
    with FaultyProxy(server.url) as recorder:
        ran = airproof("check", f"{recorder.url}/{airproof_index.name}/", "-p", "demo", *options, cwd=tmp_path)
        requests = recorder.requests

    written = writing(requests)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert [LOGIN] * logins == [(method, path) for method, path, _ in written]
    assert [""] * logins == [json.loads(body)["password"] for _, _, body in written]
    assert pip_itself(requests)
    assert before == state_of(server)
    assert [] == [name for name in record(tmp_path).facts if name.startswith("mirror-keeps")]


def test_a_change_by_somebody_else_is_no_trouble(airproof_index: Stage, tmp_path: Path) -> None:
    """An upload in the middle of the run, as soon as pip asks: the verdict stands, and the server holds just that."""
    server = airproof_index.server
    airproof_index.upload(*DEMO)
    before = state_of(server)
    late = Wheel("late")

    def upload(body: bytes) -> bytes:
        airproof_index.upload(late)
        return body

    with FaultyProxy(server.url, Rule(f"/{airproof_index.name}/demo/", times=1, rewrite=upload)) as proxy:
        ran = airproof("check", f"{proxy.url}/{airproof_index.name}/", "-p", "demo", cwd=tmp_path)
        written = writing(proxy.requests)
    after = state_of(server)

    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert [LOGIN] == [(method, path) for method, path, _ in written]
    assert [late.filename] == [path.rpartition("/")[2] for path in set(after.files) - set(before.files)]


def test_what_a_mirror_keeps_is_named(airproof_mirror: Mirror, tmp_path: Path) -> None:
    """A mirror stores what it passes on: the record names each project and each file, and nothing else came."""
    airproof_mirror.upstream.upload(*DEMO, Wheel("untouched"))
    before = state_of(airproof_mirror.server)

    ran = airproof("check", airproof_mirror.simple_url, "-p", "demo", "--form", "online", cwd=tmp_path)
    after = state_of(airproof_mirror.server)
    (kept,) = (value for name, value in record(tmp_path).facts.items() if name.startswith("mirror-keeps-"))

    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert [airproof_mirror.name] == kept["mirrors"]
    assert projects_since(before, after) == set(kept["projects"]) == {"demo", "demo-lib"}
    assert files_since(before, after) == set(kept["files"]) == {package.filename for package in DEMO}


def projects_since(before: State, after: State) -> set[str]:
    keys = keys_since(before, after)
    return {key.split("/")[-2] for key in keys if key.endswith("/.simple")}


def files_since(before: State, after: State) -> set[str]:
    return {path.rpartition("/")[2] for path in set(after.files) - set(before.files)}
