"""HTML as values: what is not Markup already is escaped on its way in, so no text from outside becomes an element."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeVar

from airproof.printable import clip, lines, one_line, printable

T = TypeVar("T")
_SPACE = re.compile(r"\s+")
_CODE = re.compile(r"`([^`]+)`")


class Markup(str):
    """Text that is HTML. Made only by the functions of this file."""

    __slots__ = ()


def el(name: str, /, *children: str, **attributes: str) -> Markup:
    """An element. Of an attribute's name a last underscore goes (`class_`), others become hyphens; empty ones go."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(one_line(value, 1000))}"'
        for key, value in attributes.items()
        if value
    )
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def void(name: str, /, **attributes: str | bool) -> Markup:
    """An element without content; True stands for an attribute without a value."""
    given = "".join(
        f" {key}" if value is True else f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    )
    return Markup(f"<{name}{given}>")


def raw(trusted: str) -> Markup:
    """Markup that this package wrote itself: the style sheet, a document type. Never text from a record."""
    return Markup(trusted)


def joined(children: Iterable[str]) -> Markup:
    return Markup("".join(child if isinstance(child, Markup) else plain(child) for child in children))


def plain(text: str) -> Markup:
    """Escaped text on one line, unseen characters shown as their escapes; blanks at its ends stay."""
    return Markup(escape(clip(printable(_SPACE.sub(" ", text)), 2000), quote=False))


def rich(text: str, most: int = 1000) -> Markup:
    """As plain; what stands in backticks becomes code."""
    return Markup(_CODE.sub(r"<code>\1</code>", escape(one_line(text, most), quote=False)))


def block(text: str, most: int = 4000) -> Markup:
    """Escaped text that keeps its lines, for `<pre>`."""
    return Markup(escape("\n".join(lines(text if len(text) <= most else text[: most - 1] + "…")), quote=False))


def bdi(text: str, most: int = 200) -> Markup:
    """A value from outside, isolated: its reading direction cannot turn its neighbours."""
    return el("bdi", one_line(text, most))


def within(parts: Iterable[Markup], room: int) -> tuple[list[Markup], bool]:
    """As many parts as fit into `room` bytes of UTF-8, and whether that is all of them."""
    kept: list[Markup] = []
    for part in parts:
        room -= len(part.encode("utf-8", "replace"))
        if room < 0:
            return kept, False
        kept.append(part)
    return kept, True
