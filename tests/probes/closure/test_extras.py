"""Extras in several spellings, as the versions of pip compare them."""

from __future__ import annotations

import pytest

from airproof.probes.closure.extras import meant, provided
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from tests.probes.tables import LINUX_311


def target(pip: str) -> TargetMatcher:
    return TargetMatcher(pip, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of(pip))


@pytest.mark.parametrize(
    ("pip", "asked", "written", "applies"),
    [
        ("23.2.1", "x_y", 'extra == "x-y"', False),
        ("23.2.1", "x-y", "extra == 'x-y'", True),
        ("23.2.1", "X-Y", 'extra == "x-y"', True),
        ("23.2.1", "FOO", 'extra == "FOO"', False),
        ("22.2.2", "x", '"x" == extra', True),
        ("22.2.2", "x_y", '"x-y" == extra', False),
        ("20.3.4", "x.y", 'python_version > "3" and extra == "x-y"', False),
        ("23.3", "x_y", 'extra == "x-y"', True),
        ("26.3", "FOO", "extra == 'foo'", True),
    ],
)
def test_an_extra_is_compared_as_that_pip_compares_it(pip: str, asked: str, written: str, applies: bool) -> None:
    """Pips before 23.3 compare letter by letter, and turn only the requested name into small letters."""
    requirements = list(meant([f"b; {written}"], target(pip), frozenset({asked})))

    assert [f"b; {written}"] * applies == [f"b; {written}" for _ in requirements]


@pytest.mark.parametrize(
    ("pip", "asked", "declared", "known"),
    [
        ("23.2.1", "x_y", "x-y", False),
        ("23.2.1", "x--y", "x-y", False),
        ("23.2.1", "X", "x", True),
        ("23.2.1", "x", "X", True),
        ("23.3", "x_y", "x-y", True),
        ("23.3", "x--y", "X.Y", True),
    ],
)
def test_an_extra_is_provided_in_the_spellings_that_the_pip_knows(
    pip: str, asked: str, declared: str, known: bool
) -> None:
    """The pip also decides if a file provides an extra: the older ones warn, and install without it."""
    assert known == bool(provided({asked}, [declared], PipBehaviour.of(pip)))
