"""The environment of the templates: every value that a template writes is made printable first, and then escaped."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from markupsafe import Markup, escape

from airproof.printable import clip, lines, one_line, printable
from airproof.record.outcome import Outcome
from airproof.renderers.parts import matrix
from airproof.renderers.text.wording import Wording
from airproof.words import LANGS

TEMPLATES = Path(__file__).with_name("templates")
LONGEST = 2000
"""Characters of a text that a template writes without a filter."""
MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.BROKEN: "?",
    Outcome.BLOCKED: "…",
    Outcome.WAIVED: "≈",
    Outcome.NOT_APPLICABLE: "–",
}
_SPACE = re.compile(r"\s+")
_CODE = re.compile(r"`([^`]+)`")
_LINE_END = re.compile(r"\n\s*")


class Shown(str):
    """Text that is printable and cut to its length already, perhaps of several lines. It is escaped as any other."""

    __slots__ = ()


def line(text: str, most: int = 400) -> Shown:
    """One line of at most `most` characters."""
    return Shown(one_line(text, most))


def block(text: str, most: int = 4000) -> Shown:
    """Text that keeps its lines, for `<pre>`."""
    return Shown("\n".join(lines(clip(text, most))))


def pieces(text: str, most: int = 1000) -> list[tuple[Shown, bool]]:
    """One line in pieces, each with whether it stood in backticks."""
    return [(Shown(piece), number % 2 == 1) for number, piece in enumerate(_CODE.split(one_line(text, most)))]


@dataclass(frozen=True)
class Fitted:
    """The items of a list that found room."""

    markup: Markup
    count: int


def as_json(value: Any) -> str:
    """JSON where it is that; the record may be made in memory of anything comparable."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError):
        return repr(value)


class Room:
    """Bytes that lists may take in one language, so that the whole page stays a file to mail."""

    def __init__(self, left: int) -> None:
        self.left = left

    def fit(self, macro: Callable[..., Markup], items: Iterable[object], *arguments: object) -> Fitted:
        """Draw items, in order, while they fit; `arguments` follow each item in the call of the macro."""
        drawn = []
        for item in items:
            markup = macro(item, *arguments)
            size = len(markup.encode("utf-8", "replace"))
            if size > self.left:
                break
            self.left -= size
            drawn.append(markup)
        return Fitted(Markup("").join(drawn), len(drawn))


class WithoutIndents(Extension):
    """Line ends of a template, and the blanks that begin its next line, are for its reader alone."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _LINE_END.sub("", source)


class BesideTemplates(BytecodeCache):
    """Compiled templates, kept as Python keeps its own modules: in `__pycache__` beside their text, for each Python.
    They are used only for the very same text. Whoever can write there can change the text as well.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "__pycache__"

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError), self._path(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it if possible: a folder that cannot be written is no failure."""
        if sys.dont_write_bytecode:
            return
        path = self._path(bucket)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            fresh.write_bytes(bucket.bytecode_to_string())
            fresh.replace(path)

    def _path(self, bucket: Bucket) -> Path:
        return self.folder / f"{bucket.key}.{sys.implementation.cache_tag}"


@cache
def environment() -> Environment:
    """The one environment: no text from outside is ever a template, or passes for markup."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        extensions=[WithoutIndents],
        auto_reload=False,
        bytecode_cache=BesideTemplates(TEMPLATES),
    )
    made.filters |= {"line": line, "block": block, "pieces": pieces}
    made.globals |= {"room": Room, "escape": escape, "languages": [Wording(lang) for lang in LANGS]}
    made.globals |= {"outcome_marks": MARKS, "cell_marks": matrix.MARKS}
    return made


@cache
def style() -> Markup:
    """Our own style sheet, the one text that is not escaped."""
    return Markup((TEMPLATES / "page.css").read_text(encoding="utf-8").replace("\r\n", "\n"))  # noqa: S704


def _finalized(value: object) -> object:
    if not isinstance(value, str) or isinstance(value, Markup | Shown):
        return value
    return clip(printable(_SPACE.sub(" ", value)), LONGEST)
