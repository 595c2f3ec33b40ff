"""Text from outside made safe to show: what could steer a terminal or turn the reading order is replaced, visibly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_SUSPECT = re.compile(r"[^\x20-\x7e]")
_PIECES = re.compile(r"\s+|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+|.")
"""Blanks, words, and single CJK characters: a line may break between any two of these."""
_CLOSING = "，。：；、）」！？"
"""Never first on a line."""
_NUMBER = re.compile(r"([0-9]+)")
SHORTEST_RUN = 3
"""Names that are numbered one after another and shown as the first and the last."""
LONGEST_NUMBER = 10
ELLIPSIS = "…"
IDEOGRAPHIC_SPACE = "\u3000"


def printable(text: str) -> str:
    """The text on one line, with every unseen character written as its escape: a backslash, `x1b` or `u202e`."""
    return text if text.isascii() and text.isprintable() else _SUSPECT.sub(_shown, text)


def one_line(text: str, most: int = 400) -> str:
    """Printable, white space folded to single blanks, at most `most` characters."""
    return clip(printable(" ".join(text.split())), most)


def lines(text: str) -> Iterator[str]:
    """The text's own lines, each printable."""
    for line in text.replace("\r\n", "\n").replace("\t", "    ").split("\n"):
        yield printable(line.rstrip(" "))


def naturally(text: str) -> tuple[list[tuple[int, str]], str]:
    """A key that sorts h2 before h10, and tells apart any two texts that differ."""
    parts = re.findall(r"\d+|\D+", text)
    return [_part(part) for part in parts], text


def folded(names: Iterable[str]) -> list[str]:
    """The names in natural order; of three and more that are numbered one after another the first and the last:
    `h1 … h16`.
    """
    runs: list[list[str]] = []
    for name in sorted(dict.fromkeys(names), key=naturally):
        if runs and _follows(runs[-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return [part for run in runs for part in (run if len(run) < SHORTEST_RUN else [f"{run[0]} {ELLIPSIS} {run[-1]}"])]


def gathered(names: Iterable[str], most: int = 8) -> str:
    """The names folded, in one text; of several how many they are, such as `h1 … h16, h18 (17)`."""
    names = list(dict.fromkeys(names))
    parts = folded(names)
    if len(parts) > most:
        parts = [*parts[: most - 2], ELLIPSIS, parts[-1]]
    return ", ".join(parts) + (f" ({len(names)})" if len(names) > SHORTEST_RUN else "")


def _follows(run: list[str], name: str) -> bool:
    """Say whether it continues the run: one and the same number in it goes up by one."""
    stepped = _stepped(run[-1], name)
    return stepped is not None and (len(run) == 1 or _stepped(run[-2], run[-1]) == stepped)


def _stepped(before: str, name: str) -> int | None:
    """Which of the numbers in a name goes up by one, where all else stays; None where that is not so."""
    parts, others = _NUMBER.split(before), _NUMBER.split(name)
    differ = [at for at, (part, other) in enumerate(zip(parts, others, strict=False)) if part != other]
    if len(parts) != len(others) or len(differ) != 1 or not differ[0] % 2:
        return None
    part, other = parts[differ[0]], others[differ[0]]
    whole = max(len(part), len(other)) < LONGEST_NUMBER and str(int(part) + 1).zfill(len(part)) == other
    return differ[0] if whole else None


def _part(text: str) -> tuple[int, str]:
    digits = text.lstrip("0")
    return (len(digits), digits) if text.isdigit() else (-1, text.lower())  # no int(): it refuses thousands of digits


def clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


def width(text: str) -> int:
    """Columns on a terminal: two for each wide (CJK) character, none for a combining one."""
    return sum(_columns(char) for char in text) if not text.isascii() else len(text)


def pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """Printable prose in lines of at most `columns`; breaks at blanks and beside wide characters, never inside a word.

    A word that is longer than a line stays whole: it may be a path to copy.
    """
    wrapped, line, used = [], "", 0
    for piece in _PIECES.findall(text):
        wide = width(piece)
        if line and used + wide > columns and piece not in _CLOSING:
            wrapped.append(line.rstrip())
            line, used = "", 0
        if not line and piece.isspace():
            continue
        line, used = line + piece, used + wide
    return [*wrapped, line.rstrip()] if line.strip() or not wrapped else wrapped


def rewrap(text: str, columns: int) -> str:
    """Text of several lines, each wrapped with its own indentation, and two blanks more behind its first one."""
    shown: list[str] = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip(" "))]
        first, *rest = wrap(line.strip(" "), max(20, columns - len(indent) - 2))
        shown += [indent + first, *(f"{indent}  {more}" for more in rest)]
    return "\n".join(shown)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _shown(found: re.Match[str]) -> str:
    """Python calls unprintable what is not seen: controls, formats (bidi marks, zero widths), surrogates, blanks."""
    char = found.group()
    if char.isprintable() or char == IDEOGRAPHIC_SPACE:
        return char
    return char.encode("ascii", "backslashreplace").decode("ascii") if ord(char) > 0x7F else f"\\x{ord(char):02x}"
