"""A run on the next day judges what is there then: nothing that airproof saw before stands in for a question."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.record.outcome import Outcome
from pytest_airproof.drill.making import AnyFile
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.static import StaticIndex
from tests.engine.running import DEMO, airproof, record


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("-p", "demo", "--all"), id="all"),
        pytest.param(("-p", "demo", "--target", "cp311-win_amd64"), id="target", marks=pytest.mark.thorough),
    ],
)
def test_a_file_that_was_deleted_overnight_is_missed(words: tuple[str, ...], tmp_path: Path) -> None:
    """The page still lists it and the first day read it; both days share the user's cache and home."""
    places = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    served = tmp_path / "served"
    files = [AnyFile(wheel.filename, wheel.content()) for wheel in (*DEMO, Wheel("apart"))]
    with StaticIndex(served, files) as index:
        url = f"{index.origin}/simple/"
        first = airproof("check", url, *words, cwd=tmp_path, **places)
        assert (0, []) == (first.returncode, _failed(tmp_path)), first.stdout

        gone = next(path for path in served.rglob("*.whl") if path.name == DEMO[1].filename)
        gone.unlink()
        second = airproof("check", url, *words, cwd=tmp_path, **places)

        assert (1, True) == (second.returncode, gone.name in second.stdout), second.stdout
        assert _failed(tmp_path)


def _failed(cwd: Path) -> list[str]:
    return [entry.id for entry in record(cwd).checks if entry.outcome is Outcome.FAILED]
