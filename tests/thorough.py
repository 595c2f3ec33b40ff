"""Which variants of a test every run takes, and which are left to `python noxfile.py -s thorough`."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet


def variant(value: object, *, daily: bool, id: str | None = None) -> ParameterSet:
    """One parameter of a test. `daily`: every run takes it."""
    return pytest.param(value, id=id, marks=() if daily else (pytest.mark.thorough,))
