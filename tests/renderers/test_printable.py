"""Text from outside, made safe to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airproof.printable import clip, lines, one_line, pad, printable, width, wrap

HIDDEN = ["\x1b", "\x00", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\ud800", "\x07"]


@pytest.mark.parametrize("char", HIDDEN)
def test_what_cannot_be_seen_is_written_out(char: str) -> None:
    """Controls, bidi marks and zero widths become escapes in plain ASCII."""
    shown = printable(f"a{char}b")

    assert shown.isascii() and shown.isprintable()
    assert shown.startswith("a\\") and shown.endswith("b")


@pytest.mark.parametrize("text", ["requests>=2.31", "套件索引", "naïve café", "→ … — ·", "𠮷", "ก็"])
def test_what_can_be_seen_stays(text: str) -> None:
    """Letters of any script, combining marks included, are left alone."""
    assert text == printable(text)


@given(st.text())
def test_nothing_unseen_is_left(text: str) -> None:
    """Whatever comes in, what goes out is one printable line."""
    assert printable(text).replace("\u3000", "").isprintable()


def test_one_line_folds_blanks_and_clips() -> None:
    """Line ends cannot start a line of their own."""
    assert one_line(" a\n\tb\r\nc ") == "a b c"
    assert one_line("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


def test_lines_keep_their_indentation() -> None:
    """A block of text keeps its shape, each line safe."""
    assert list(lines("a \r\n  b\x1b[0m\n")) == ["a", "  b\\x1b[0m", ""]


def test_cjk_takes_two_columns() -> None:
    """Columns line up on a terminal that shows CJK characters wide."""
    assert width("套件abc") == 7
    assert width("e\u0301") == 1
    assert pad("套件", 6) + "|" == "套件  |"
    assert pad("toolong", 3) == "toolong"


def test_prose_is_wrapped_between_words_and_cjk_characters() -> None:
    """English breaks at blanks, Chinese anywhere but before closing punctuation."""
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("套件索引，好", 6) == ["套件索", "引，好"]
    assert wrap("套件索，引", 6) == ["套件索，", "引"]


def test_a_long_word_stays_whole() -> None:
    """A path to copy is not broken, and nothing is lost."""
    assert wrap("see /a/very/long/path now", 8) == ["see", "/a/very/long/path", "now"]
    assert wrap("", 8) == [""]


@given(st.text(alphabet="ab 套件，"), st.integers(1, 20))
def test_wrapping_loses_nothing_but_blanks(text: str, columns: int) -> None:
    """The characters before and after are the same."""
    assert text.replace(" ", "") == "".join(wrap(text, columns)).replace(" ", "")
