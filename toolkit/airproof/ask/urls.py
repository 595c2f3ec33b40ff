"""The URL of an index as people type it: each slip is named for what it is, with the URL that would be right."""

from __future__ import annotations

import difflib
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from airproof.errors import BadInput
from airproof.site.indexurl import IndexUrl, masked

PLACEHOLDERS = frozenset({"HOST", "SERVER", "IP", "HOSTNAME", "YOUR-SERVER", "URL"})
"""Words of documentations that stand for the server's name."""
LARGEST_PORT = 65_535
USUAL_PORT = 3141
_LOOKS_LIKE_DIGIT = str.maketrans("lIoOsSB", "1100558")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z]{3,7})(?::?/{1,3}(?=[^/])|:(?=[A-Za-z]))")
_LIKE_HTTP = 0.7
"""How alike a word and `http` or `https` must be, from 0 to 1, for the word to be a slip of them."""
_AUTHORITY = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[^\]]*\]|[^/:?#]*)(?::(?P<port>[^/?#]*))?(?P<rest>.*)", re.DOTALL
)


def read_url(text: str) -> str:
    """An absolute http(s) URL with a slash at the end, which pip adds as well. pip writes the project's name behind the
    URL, so with a query or a fragment it never asks for a project. Raises BadInput.
    """
    plain, bare = plain_of(text), text.rpartition("@")[2]
    _refuse_slips(plain)
    try:
        index = IndexUrl.of(plain)
    except ValueError as error:
        raise BadInput("url", url=bare) from error
    for mark in "?#":
        if mark in plain:
            raise BadInput("url-ends-early", url=bare, mark=mark, index=index.shown)
    try:
        unquote(f"{index.user or ''}{index.password or ''}").encode("latin-1")
    except UnicodeEncodeError as error:
        raise BadInput("url-credentials") from error
    credentials = f"{index.user}:{index.password or ''}@" if index.user is not None else ""
    return f"{index.scheme}://{credentials}{index.netloc}{index.path}"


def plain_of(text: str) -> str:
    """Without what a paste leaves around it."""
    return text.strip().strip("\"'").strip()


def _refuse_slips(plain: str) -> None:
    """Raises BadInput for a URL in which one character or word is wrong, and says what would be right."""
    before, at, typed = plain.rpartition("@")
    shown = typed if at else plain
    narrow = unicodedata.normalize("NFKC", shown).replace("\u3002", ".")
    if narrow != shown and any("\uff01" <= char <= "\uff5e" or char == "\u3002" for char in shown):
        raise BadInput("url-full-width", url=shown, right=_mended(narrow))
    if "\\" in shown:
        raise BadInput("url-backslash", url=shown, right=_mended(shown.replace("\\", "/")))
    if not at and not re.match(r"https?://", plain, re.IGNORECASE):
        _refuse_scheme(plain)
    parts = _AUTHORITY.match(shown if not at else f"{_scheme_of(before)}://{shown}")
    if parts is None:
        return
    host, port, rest = parts["host"], parts["port"] or "", parts["rest"] or "/"
    if host in PLACEHOLDERS:
        raise BadInput("url-placeholder", url=shown, word=host)
    if port and not (port.isascii() and port.isdigit()):
        raise BadInput("url-port", url=shown, port=port, right=f"{parts['scheme']}://{host}:{_port(port)}{rest}")
    if port and int(port) > LARGEST_PORT:
        right = f"{parts['scheme']}://{host}:{USUAL_PORT}{rest}"
        raise BadInput("url-port-large", url=shown, port=port, largest=LARGEST_PORT, right=right)


def _refuse_scheme(plain: str) -> None:
    """Raises BadInput where only the beginning is wrong, and for a folder in the place of a URL."""
    if plain and "://" not in plain and Path(plain).is_dir():
        raise BadInput("url-is-folder", path=plain)
    found = _SCHEME.match(plain)
    if found and not difflib.get_close_matches(found["scheme"].lower(), ("http", "https"), cutoff=_LIKE_HTTP):
        found = None
    rest = plain[found.end() :] if found else plain
    if not (found or re.match(r"[\w.-]+(:\w+)?/", plain) or re.fullmatch(r"[\w.-]+:\d+", plain)):
        return
    secure = found is not None and found["scheme"].lower().startswith("https")
    right = _mended(f"{'https' if secure else 'http'}://{rest.lstrip('/:')}")
    raise BadInput("url-scheme", url=masked(plain), right=right)


def _mended(text: str) -> str:
    """The URL that would be right, with the slash at its end that pip adds."""
    try:
        return IndexUrl.of(text).shown
    except ValueError:
        return text


def _scheme_of(before: str) -> str:
    return "https" if urlsplit(before).scheme.lower() == "https" else "http"


def _port(typed: str) -> str:
    """The port that was meant, where only letters stand for digits that look alike; else the manual's."""
    digits = typed.translate(_LOOKS_LIKE_DIGIT)
    return digits if digits.isdigit() and digits.isascii() and int(digits) <= LARGEST_PORT else str(USUAL_PORT)
