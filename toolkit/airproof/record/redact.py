"""Masks secrets as they are recorded, so that no renderer can forget.

What is masked: the secrets given, also URL-quoted, JSON-escaped or inside base64; user and password of any URL, and
tokens in its query; the values of authentication headers; and strings under a key that names a password or such a
header.

A given secret of fewer than `SHORTEST` characters is masked only where its place shows it (in a URL, in a header, under
such a key): masked everywhere, "12" or "abc" would eat versions and names, and the holes would tell what it was.

What is no text (a lone surrogate: a file name or variable that is not UTF-8) cannot be recorded as JSON, and is written
as its escape.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from airproof.encodable import encodable

MASK = "***"
SHORTEST = 4
"""Characters; also longer than the mask, so that masking always shortens and comes to an end."""
_IN_URL = re.compile(r"""(?P<scheme>\b[a-z][a-z0-9+.-]{0,30}://)(?!\*\*\*@)[^\s/?#"<>\\]+@""", re.IGNORECASE)
_IN_QUERY = re.compile(
    r"(?P<name>[?&;](?:[a-z0-9]+[-_])*(?:token|sig|signature|secret|credential|password|passwd|pwd|auth|apikey|key)=)"
    r"""(?!\*\*\*)[^&;#\s"'<>\\]+""",
    re.IGNORECASE,
)
_HEADERS = r"x-devpi-auth|(?:proxy-)?authorization"
_HEADER = re.compile(
    rf"""(?P<name>\b(?:{_HEADERS})["']?[ \t]*[:=][ \t]*)"""
    r"""(?:(?P<mark>["'])(?P<quoted>[^"'\r\n]*)|(?P<bare>[^"'\r\n]+))""",
    re.IGNORECASE,
)
_SECRET_KEY = re.compile(rf"(?:{_HEADERS}|password|passwd|cookie|set-cookie)", re.IGNORECASE)


class Redactor:
    """Knows the secrets of one run."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
        forms = sorted({form for secret in long for form in _plain_forms(secret)}, key=len, reverse=True)
        cores = sorted({core for secret in long for core in _base64_cores(secret)}, key=len, reverse=True)
        patterns = [re.escape(form) for form in forms]
        if cores:
            patterns.append(f"[A-Za-z0-9+/_-]*(?:{'|'.join(map(re.escape, cores))})[A-Za-z0-9+/_-]*=*")
        self._literal = re.compile("|".join(patterns)) if patterns else None

    def text(self, text: str) -> str:
        """The text with every secret masked; masking twice changes nothing. The empty string stays as it is."""
        while True:
            masked = encodable(self._masked(text))
            if masked == text:
                return text
            text = masked

    def value(self, value: Any) -> Any:
        """The same for JSON-like data: dicts (keys too), lists, tuples, strings and bytes; anything else as it is."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self._masked(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        if isinstance(value, dict):
            masked: dict[Any, Any] = {}
            for key, held in value.items():
                masked[_free(self.value(key), masked)] = self._under(key, held)
            return masked
        if isinstance(value, (list, tuple)):
            held = [self.value(part) for part in value]
            return held if isinstance(value, list) else tuple(held)
        return value

    def _under(self, key: Any, held: Any) -> Any:
        """A value by its key. An empty one stays: that a password is empty is what a check has found."""
        if isinstance(held, str) and held and isinstance(key, str) and _SECRET_KEY.fullmatch(key):
            return MASK
        return self.value(held)

    def _masked(self, text: str) -> str:
        while True:
            masked = self._once(text)
            if masked == text:
                return text
            text = masked

    def _once(self, text: str) -> str:
        if "@" in text:
            text = _IN_URL.sub(rf"\g<scheme>{MASK}@", text)
        if "=" in text:
            text = _IN_QUERY.sub(rf"\g<name>{MASK}", text)
        text = _HEADER.sub(_header, text)
        return self._literal.sub(MASK, text) if self._literal else text


def _header(found: re.Match[str]) -> str:
    held = found["quoted"] if found["mark"] else found["bare"]
    return f"{found['name']}{found['mark'] or ''}{MASK if held.strip() else held}"


def _plain_forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="", errors="surrogatepass")
    yield quote(secret, errors="surrogatepass")
    yield quote_plus(secret, errors="surrogatepass")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]


def _base64_cores(secret: str) -> Iterator[str]:
    """The characters that base64 gives the secret wherever it stands in what was encoded, such as `user:SECRET`.

    Base64 turns three bytes into four characters, so there are three ways; characters that also hold bits of a
    neighbour are left out.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(bytes(before) + raw + bytes(3)).decode()[first:last]
            if len(core) >= SHORTEST:
                yield core


def _free(key: Any, taken: dict[Any, Any]) -> Any:
    """Two keys that become the same by masking stay two."""
    name, number = key, 2
    while name in taken:
        name, number = f"{key}-{number}", number + 1
    return name
