"""Specifiers that no version at all can meet are told from those that a version could."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from airproof.probes.closure.specifiers import can_be_met


@pytest.mark.parametrize(
    "text",
    [
        *("", ">=2", "<2", "==1.*", "!=1.0,>=1.0", ">1.0,<1.0.1", ">1,<2", "~=1.4.2,!=1.4.2", "==1.0+local"),
        *(
            "==1!0",
            ">1!0",
            "<1!0",
            "==1!2.*,!=1!2.0",
            ">1.0a1,<1.0b1",
            ">=1.0.dev1,<1.0a1",
            "===anything",
            ">1.0.post1",
        ),
    ],
)
def test_a_version_could_meet_it(text: str) -> None:
    """Between two bounds, beside one, in another epoch."""
    assert can_be_met(SpecifierSet(text))


@pytest.mark.parametrize(
    "text", ["<1,>2", "==1,==2", "==1.*,>=2", "<2,>=1!0", "==1.0,!=1.0", ">=2,~=1.4", ">1.0a1,<1.0"]
)
def test_no_version_meets_what_contradicts_itself(text: str) -> None:
    """Nothing that could be fetched helps."""
    assert not can_be_met(SpecifierSet(text))
