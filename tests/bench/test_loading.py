"""The row of a load runs, at a tiny size."""

from __future__ import annotations

from pathlib import Path

from tests.bench.loading import loaded


def test_a_small_load_is_measured(tmp_path: Path) -> None:
    """The row tells how many requests were sent, and its bound."""
    row = loaded(tmp_path, 1, hosts=4, pages=3)

    assert ("≤ 0.4 ×", True) == (row.reach, "12 requests of 4 hosts" in row.what)
