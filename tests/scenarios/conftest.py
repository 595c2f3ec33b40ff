"""One world for each worker: its servers are started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_airproof.servers.world import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with World() as world:
        yield world
