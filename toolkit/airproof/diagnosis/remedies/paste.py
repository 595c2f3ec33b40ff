"""Commands filled with values from outside, such that sh, cmd and PowerShell read them alike, or not at all.

A value of harmless characters stands bare, any other in double quotes. What one of the shells would expand there, or
take for the closing quote, is refused: a command that could do something else when it is pasted is never offered.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from airproof.site.indexurl import IndexUrl

_BARE = re.compile(r"[A-Za-z0-9./][A-Za-z0-9_./:+-]*")
_WINDOWS_PROGRAM = re.compile(r"[A-Za-z]:(?:\\[A-Za-z0-9_.+-]+)+")
"""Bare, since PowerShell takes a quoted first word for a text; sh never sees such a path."""
_MARKS = frozenset(" _-./:+=,;@~^*?<>|&()[]{}#'\\")
"""Characters that all three shells leave alone between double quotes. Not `$`, `%`, the backtick, nor the double quote.
"""
_LETTERS = frozenset(("Lu", "Ll", "Lo", "Nd"))
"""Categories of letters and digits, of any script. Modifier letters are left out: code pages turn some into a quote."""
_EXPANDED = re.compile(r"!(?!=)|\\\\|\\$")
"""History expansion (`!=` is none), and a backslash that sh or a program's own reading would take for an escape."""

_MOST = 400
"""Characters of a value: no file name is longer, and no report cuts such a command."""


def filled(template: str, values: Mapping[str, object]) -> str | None:
    """The command with its `{placeholders}` replaced; None where a value is empty or cannot be pasted safely.

    Raises KeyError for a placeholder without a value.
    """
    command = ""
    for literal, name, _, _ in string.Formatter().parse(template):
        command += literal
        if name is not None:
            pasted = word(str(values[name])) if command else _program(str(values[name]))
            if pasted is None:
                return None
            command += pasted
    return command


class PastedIndex(NamedTuple):
    """Values of two commands of which one is left out: `--index-url {plain} --trusted-host {trusted}` for plain http,
    and `--index-url {secure}` for https, or for an index that is not known.
    """

    plain: str
    trusted: str
    secure: str


def pasted_index(index: IndexUrl | None) -> PastedIndex:
    if index is not None and index.scheme == "http":
        return PastedIndex(index.shown, index.host, "")
    return PastedIndex("", "", index.shown if index is not None else "URL")


def word(value: str) -> str | None:
    """One word of a command that every shell reads alike; None where none would."""
    if len(value) > _MOST:
        return None
    if _BARE.fullmatch(value):
        return value
    # A leading hyphen would make an option of it, quoted or not.
    safe = value and not value.startswith("-") and not _EXPANDED.search(value) and all(map(_quotable, value))
    return f'"{value}"' if safe else None


def _program(value: str) -> str | None:
    bare = _BARE.fullmatch(value) or _WINDOWS_PROGRAM.fullmatch(value)
    return value if bare and len(value) <= _MOST else None


def _quotable(char: str) -> bool:
    return char in _MARKS or char == "!" or unicodedata.category(char) in _LETTERS
