"""Which kinds of files pip is told to choose from: read as pip's own format control reads it."""

from __future__ import annotations

import pytest

from airproof.site.choosing import PLAIN


@pytest.mark.parametrize(
    ("words", "wheels_only", "no_wheels"),
    [
        ("", "", ""),
        ("--only-binary :all:", "ab", ""),
        ("--only-binary=A", "a", ""),
        ("--no-binary :all: --only-binary a", "a", "b"),
        ("--only-binary a --no-binary :all:", "", "ab"),
        ("--no-binary a,b --no-binary :none:", "", ""),
        ("--only-binary :all: --no-binary a", "b", "a"),
        ("--only-binary a,:all:,:none:,b", "b", ""),
    ],
)
def test_the_options_add_up_from_left_to_right(words: str, wheels_only: str, no_wheels: str) -> None:
    """Measured against the `FormatControl` of pips 20.3.4 and 24.2."""
    told = PLAIN.more(words.split())

    assert wheels_only == "".join(name for name in "ab" if told.wheels_only(name))
    assert no_wheels == "".join(name for name in "ab" if told.no_wheels(name))


def test_what_decides_nothing_here_is_passed_over() -> None:
    """Other words of a command line."""
    assert PLAIN == PLAIN.more(["{python}", "-m", "pip", "install", "--index-url", "{url}", "{requirement}"])
    assert (True, True) == ((told := PLAIN.more(["--pre", "--prefer-binary"])).pre, told.prefer_wheels)
