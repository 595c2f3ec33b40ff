"""The index that was meant, told from all that the server lists."""

from __future__ import annotations

import pytest

from airproof.diagnosis.names import nearest_index

KNOWN = ("root/local", "root/pypi", "team/prod")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ROOT/Local", "root/local"),
        ("local/root", "root/local"),
        ("root/locla", "root/local"),
        ("team/prdo", "team/prod"),
        ("root/nothing-like-it", ""),
    ],
)
def test_a_near_miss_is_recognised(typed: str, meant: str) -> None:
    """Capitals, swapped parts and slips of the pen; nothing is guessed of a name that is like none."""
    assert meant == nearest_index(typed, KNOWN)


def test_a_server_that_lists_nothing_has_no_near_miss() -> None:
    """A proxy may keep the list back."""
    assert "" == nearest_index("root/local", ())
