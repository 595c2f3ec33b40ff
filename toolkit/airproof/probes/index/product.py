"""Which product answers as the index: devpi, another server, or nobody can tell.

devpi puts `X-Devpi-*` headers on every answer, but a reverse proxy may take them away. So the absence of the header
says nothing. `/+api`, `/+status` and the index's own JSON name devpi as well, and so do its file links, which always
lead through `+f/` or `+e/` (measured, devpi-server 6.20). Another product is only told by a positive fact: its pages
list files elsewhere, or each of devpi's own addresses is answered and is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from airproof.net.http import AGENT, JSON_ACCEPT, Answer, Http

DEVPI_VERSION = "x-devpi-server-version"
UNTOLD_VERSION = "?"
"""The version of a devpi that is told by its pages alone."""
KINDS = frozenset({"apiconfig", "indexconfig", "status"})
"""The `type` of devpi's own answers in JSON."""
STORED = re.compile(r"/(?:\+|%2B)[ef]/")
NOT_THERE = frozenset({400, 404, 405, 406, 410})


class Product(str, Enum):
    """The product that serves the index."""

    DEVPI = "devpi"
    OTHER = "other"
    UNKNOWN = "unknown"


class Told(NamedTuple):
    """A product, and of devpi the version, `?` where only its pages told it."""

    product: Product
    version: str | None = None


def told_by_headers(answers: Iterable[Answer]) -> Told | None:
    """Read the product off the headers of all answers; None where none has one of devpi's."""
    found = next((version for one in answers if (version := one.headers.get(DEVPI_VERSION))), None)
    return Told(Product.DEVPI, found) if found else None


def probe_product(http: Http, fronts: Iterable[str], stage: str, links: Iterable[str]) -> Told:
    """Asks a server whose headers do not tell. `fronts`: where devpi's own pages may be; `links`: to listed files."""
    asked = [f"{front}/{page}" for front in fronts for page in ("+api", "+status", f"{stage}?no_projects=")]
    answers = [http.get(url, accept=JSON_ACCEPT, agent=AGENT) for url in dict.fromkeys(asked)]
    if (told := told_by_headers(answers)) is not None:
        return told
    found = [about for one in answers if (about := devpi_says(one)) is not None]
    if found:
        versions = (one.get("versioninfo", {}).get("devpi-server") for one in found)
        return Told(Product.DEVPI, next((str(one) for one in versions if one), UNTOLD_VERSION))
    paths = list(links)
    if any(STORED.search(one) for one in paths):
        return Told(Product.DEVPI, UNTOLD_VERSION)
    if paths or all(_is_not_there(one) for one in answers):
        return Told(Product.OTHER)
    return Told(Product.UNKNOWN)


def devpi_says(answer: Answer) -> dict[str, Any] | None:
    """The `result` of an answer that is devpi's own JSON; None for any other."""
    try:
        document = msgspec.json.decode(answer.body) if answer.ok else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("type") not in KINDS:
        return None
    result = document.get("result")
    return result if isinstance(result, dict) and isinstance(result.get("versioninfo", {}), dict) else None


def _is_not_there(answer: Answer) -> bool:
    """The server answered by itself that it has no such page, or with a page that is no answer of devpi."""
    return answer.trouble is None and (answer.status == 200 or answer.status in NOT_THERE)
