"""The row of advisories runs, at a tiny size."""

from __future__ import annotations

from pathlib import Path

from tests.bench.advisories import advised


def test_a_small_database_is_measured(tmp_path: Path) -> None:
    """The row tells how many advisories were read, and its bound."""
    row = advised(tmp_path, 1, count=20)

    assert ("≤ 3 s, ≤ 300 MB", True) == (row.reach, row.what.startswith("20 advisories"))
