"""The commands on the pages: each line of a console block, and what stands in backticks in the prose."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TABLE = Path(__file__).with_name("commands.toml")
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(airproof [^`]+)`")


class Line(msgspec.Struct, frozen=True, rename={"line": "is"}, forbid_unknown_fields=True):
    """One line of the table; what its keys mean stands at the top of the file."""

    line: str
    ends: int = 0
    says: str = ""
    typed: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    index: str = "root/local"
    instead: str = ""
    thorough: bool = False
    why: str = ""


class Table(msgspec.Struct, frozen=True, rename={"lines": "line"}, forbid_unknown_fields=True):
    fill: dict[str, str]
    lines: tuple[Line, ...]


def read_table() -> Table:
    return msgspec.toml.decode(TABLE.read_bytes(), type=Table)


def lines_of(text: str) -> list[str]:
    """The lines of a page's console blocks, without blank ones."""
    return [line for block in _BLOCK.findall(text) for line in block.splitlines() if line.strip()]


def inline_of(text: str) -> list[str]:
    """The airproof commands that stand in sentences."""
    return _INLINE.findall(_FENCED.sub("", text))


def lines_of_pages() -> dict[str, set[str]]:
    """Line to the names of the pages that show it."""
    found: dict[str, set[str]] = {}
    for path in PAGES:
        for line in lines_of(path.read_text(encoding="utf-8")):
            found.setdefault(line, set()).add(path.name)
    return found


def strings_of(value: Any) -> list[str]:
    """Every text in a document of lists and mappings, in its order."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings_of(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings_of(part)]
    return [value] if isinstance(value, str) else []
