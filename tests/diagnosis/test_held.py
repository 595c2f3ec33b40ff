"""Packages that lie on this side already."""

from __future__ import annotations

import pytest

from airproof.diagnosis.remedies.held import is_held

FILES = ["Flask_Cors-4.0-py3-none-any.whl", "numpy-2.0-cp311-cp311-win_amd64.whl", "old-1.0.tar.gz", "README.txt"]


@pytest.mark.parametrize(
    ("wanted", "held"),
    [("flask-cors>=4", True), ("flask.cors>=5", False), ("old", True), ("numpy", False), ("no requirement!", False)],
)
def test_a_file_for_every_platform_counts(wanted: str, held: bool) -> None:
    """A wheel of one platform may be another target's, and then it has to be fetched after all."""
    assert held is is_held(wanted, FILES)
