"""The benchmark of `report` measures what it says, at a small size."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.renderers import RENDERERS
from tests.bench.reports import FORMATS, reports


@pytest.mark.thorough
def test_every_format_is_measured_and_the_slowest_is_the_row(tmp_path: Path) -> None:
    """A time above nothing, and a number in each row; nothing is held against a bound here."""
    rows = reports(tmp_path, 1, requirements=20, hosts=2)

    assert set(RENDERERS) == set(FORMATS)
    assert ["20 packages × 2 hosts" in rows[0].what, "ordinary" in rows[1].what] == [True, True]
    assert all(0 < row.airproof.median and " s" in row.shown for row in rows)
