"""A wheelhouse of tiny wheels of which each third one needs the one after it."""

from __future__ import annotations

from pathlib import Path

from pytest_airproof.wheels import Wheel


def make_wheelhouse(folder: Path, size: int) -> list[str]:
    """Writes `size` wheels into `folder` and returns the names of their projects."""
    names = [f"bench-{number:02}" for number in range(size)]
    for number, name in enumerate(names):
        needs = names[number + 1 : number + 2] if number % 3 == 0 else []
        Wheel(name, requires=tuple(needs)).write(folder)
    return names
