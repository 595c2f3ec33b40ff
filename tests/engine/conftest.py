"""One real, healthy devpi index for each worker, and the facts of one real run against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.stage import Stage, fresh_stage
from tests.engine.rejudged import Rejudge
from tests.engine.running import DEMO, airproof, record


@pytest.fixture(scope="session")
def healthy(airproof_server: DevpiServer) -> Iterator[Stage]:
    """An index of which nothing bad can be said."""
    with fresh_stage(airproof_server) as stage:
        stage.upload(*DEMO)
        yield stage


@pytest.fixture(scope="session")
def healthy_facts(healthy: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the facts of a healthy site."""
    folder = tmp_path_factory.mktemp("healthy")
    ran = airproof("check", healthy.url, "-p", "demo", "--strict", "--quiet", cwd=folder)
    if ran.returncode:
        raise RuntimeError(f"the healthy index was not accepted: {ran.stdout}{ran.stderr}")
    return record(folder).facts


@pytest.fixture
def rejudge(
    pytester: pytest.Pytester, healthy: Stage, healthy_facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Rejudge:
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    return Rejudge(pytester, healthy.url, healthy_facts)
