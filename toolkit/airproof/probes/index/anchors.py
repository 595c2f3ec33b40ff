"""Read an HTML page as far as an index needs it: its links, and the marks of a page that is made for people."""

from __future__ import annotations

import codecs
from email.message import Message
from html.parser import HTMLParser
from typing import NamedTuple

MAX_LINKS = 200_000
"""Links that are read of one page: an index root may have as many."""
MAX_TEXT = 2_000
"""Characters that are kept of the page's visible text, and of the text of each link."""
PIECE = 1 << 16
MAX_TAG = 1 << 20
"""Characters of one unfinished tag. A longer one is junk, and parsing it again with each piece takes quadratic time."""
FOR_PEOPLE = {"button", "form", "frame", "frameset", "iframe", "input", "object", "script", "select", "svg", "textarea"}
UNSEEN = {"head", "script", "style", "title"}


class Anchor(NamedTuple):
    """One `<a href>`."""

    href: str
    text: str
    attributes: dict[str, str]
    """Attribute names in lower case; an attribute without a value has the empty text."""
    bare: frozenset[str] = frozenset()
    """Names of the attributes that have no value."""


class Html(NamedTuple):
    """An HTML page, parsed."""

    anchors: list[Anchor]
    base: str | None
    text: str
    """The beginning of the visible text, without the text of the links."""
    has_tags: bool
    declared: bool
    """The page declares itself a package index (`pypi:repository-version`, PEP 629)."""
    for_people: bool
    """The page has forms, scripts or the like, which no page for installers has."""
    cut: bool
    """Parsing ended early: the page has more links than are read, or a tag without an end."""
    undecoded: str = ""
    """Why the bytes cannot be decoded with the charset of their header, or as UTF-8 if the header names none; empty if
    they can be decoded.
    """


def read_html(body: bytes, content_type: str, most: int = MAX_LINKS) -> Html:
    """Read a page of whatever quality.

    `content_type`: the whole header, for its charset; `most`: the largest number of links that is read.
    """
    reader = _Reader()
    text, undecoded = _decoded(body, content_type)
    for start in range(0, len(text), PIECE):
        # As in pip, the parser is never closed: an unfinished tag at the end does not count.
        reader.feed(text[start : start + PIECE])
        if len(reader.anchors) > most or len(reader.rawdata) > MAX_TAG:
            break
    else:
        start = len(text)
    reader.end_anchor()
    cut = start < len(text) or len(reader.anchors) > most
    visible = " ".join("".join(reader.texts).split())
    return Html(
        reader.anchors[:most],
        reader.base,
        visible,
        reader.has_tags,
        reader.declared,
        reader.for_people,
        cut,
        undecoded,
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[Anchor] = []
        self.base: str | None = None
        self.texts: list[str] = []
        self.has_tags = self.declared = self.for_people = False
        self._kept = 0
        self._unseen = ""
        self._open: dict[str, str] | None = None
        self._bare: frozenset[str] = frozenset()
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.has_tags = True
        self.for_people = self.for_people or tag in FOR_PEOPLE
        if tag == "a":
            self.end_anchor()
            self._open, self._text = {name: value or "" for name, value in attrs}, []
            self._bare = frozenset(name for name, value in attrs if value is None)
        elif tag == "base" and self.base is None:
            self.base = dict(attrs).get("href")
        elif tag == "meta":
            self._read_meta({name: value or "" for name, value in attrs})
        elif tag == "body":
            self._unseen = ""
        elif tag in UNSEEN:
            self._unseen = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.end_anchor()
        elif tag in (self._unseen, "head"):
            self._unseen = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._text.append(data[:MAX_TEXT])
        elif not self._unseen and self._kept < MAX_TEXT:
            self._kept += len(data)
            self.texts.append(data[:MAX_TEXT])

    def end_anchor(self) -> None:
        if self._open is not None and "href" in self._open:
            text = "".join(self._text).strip()[:MAX_TEXT]
            self.anchors.append(Anchor(self._open["href"], text, self._open, self._bare))
        self._open = None

    def _read_meta(self, attributes: dict[str, str]) -> None:
        self.declared = self.declared or attributes.get("name", "").lower() == "pypi:repository-version"
        self.for_people = self.for_people or attributes.get("http-equiv", "").lower() == "refresh"


def _decoded(body: bytes, content_type: str) -> tuple[str, str]:
    """Decode the body; return the text, and why a strict reader has none (empty if it has one).

    If strict decoding fails, UTF-16 is recognised by its byte order mark and its zero bytes, as in a browser, and
    everything else is read as UTF-8 with replacement characters.
    """
    header = Message()
    header["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = str(header.get_param("charset") or "utf-8")
    try:
        return body.decode(charset), ""
    except (LookupError, UnicodeError) as error:
        undecoded = str(error)
    wide = b"\0" in body and body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return body.decode("utf-16" if wide else "utf-8", "replace"), undecoded
