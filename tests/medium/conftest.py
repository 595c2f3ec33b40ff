"""The index of the connected side, and the command that fills `tmp_path / "medium"` from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.cli import main
from airproof.medium.pip_config import PipSettings
from tests.medium.connected import INDEX, Carry, configure_pip
from tests.probes.indexserver import StaticIndex


@pytest.fixture(scope="session")
def index() -> Iterator[StaticIndex]:
    with StaticIndex(INDEX, hashed=True) as server:
        yield server


@pytest.fixture
def carry_by_pip(index: StaticIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Carry:
    """With what pip itself says of its configuration."""
    configure_pip(monkeypatch, tmp_path, **{"index-url": index.url})
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> int:
        return main(["carry", str(tmp_path / "medium"), "--lang", "en", *words])

    return run


@pytest.fixture
def carry(carry_by_pip: Carry, index: StaticIndex, monkeypatch: pytest.MonkeyPatch) -> Carry:
    """The same, without half a second each time in which pip tells it."""
    monkeypatch.setattr("airproof.commands.carry.pip_settings", lambda _python: PipSettings(index_url=index.url))
    return carry_by_pip
