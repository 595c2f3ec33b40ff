"""Find out which product serves the index: devpi, another server, or an unknown one.

devpi puts `X-Devpi-*` headers on every answer, but a reverse proxy may remove them, so a missing header proves nothing.
`/+api`, `/+status` and the index's own JSON identify devpi as well, and so do its file links, which always lead through
`+f/` or `+e/` (measured, devpi-server 6.20). Another product is recognised only by a positive fact: its pages link to
files elsewhere, or each of devpi's own addresses is answered and does not exist.
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
"""The version of a devpi that is recognised by its pages alone."""
KINDS = frozenset({"apiconfig", "indexconfig", "status"})
"""The `type` of devpi's own answers in JSON."""
STORED = re.compile(r"/(?:\+|%2B)[ef]/")
HOLDER = re.compile(r"([^/]+/[^/]+)/(?:\+|%2B)[ef]/")
"""The same with the index that holds the file."""
NOT_THERE = frozenset({400, 404, 405, 406, 410})


class Product(str, Enum):
    """The product that serves the index."""

    DEVPI = "devpi"
    OTHER = "other"
    UNKNOWN = "unknown"


class NamedProduct(NamedTuple):
    """A product and, for devpi, its version: `?` if only its pages showed that it is devpi."""

    product: Product
    version: str | None = None


def told_by_headers(answers: Iterable[Answer]) -> NamedProduct | None:
    """Read the product off the headers of all answers; None where none has one of devpi's."""
    devpi_version = next((version for answer in answers if (version := answer.headers.get(DEVPI_VERSION))), None)
    return NamedProduct(Product.DEVPI, devpi_version) if devpi_version else None


def probe_product(http: Http, fronts: Iterable[str], stage: str, links: Iterable[str]) -> NamedProduct:
    """Ask a server whose headers do not name the product.

    `fronts`: URLs that may be devpi's front page; `links`: URLs of listed files.
    """
    asked = [f"{front}/{page}" for front in fronts for page in ("+api", "+status", f"{stage}?no_projects=")]
    answers = [http.get(url, accept=JSON_ACCEPT, agent=AGENT) for url in dict.fromkeys(asked)]
    if (by_headers := told_by_headers(answers)) is not None:
        return by_headers
    results = [about for answer in answers if (about := devpi_says(answer)) is not None]
    if results:
        versions = (result.get("versioninfo", {}).get("devpi-server") for result in results)
        return NamedProduct(Product.DEVPI, next((str(version) for version in versions if version), UNTOLD_VERSION))
    paths = list(links)
    if any(STORED.search(path) for path in paths):
        return NamedProduct(Product.DEVPI, UNTOLD_VERSION)
    if paths or all(_is_not_there(answer) for answer in answers):
        return NamedProduct(Product.OTHER)
    return NamedProduct(Product.UNKNOWN)


def devpi_says(answer: Answer) -> dict[str, Any] | None:
    """Return the `result` of an answer that is devpi's own JSON; None for any other answer."""
    if document_of(answer).get("type") not in KINDS:
        return None
    result = result_of(answer)
    return result if isinstance(result, dict) and isinstance(result.get("versioninfo", {}), dict) else None


def result_of(answer: Answer) -> object:
    """Return the `result` of a JSON answer with status 200, or None."""
    return document_of(answer).get("result") if answer.ok else None


def document_of(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer, whatever its status; an empty one for any other answer."""
    try:
        return mapping(msgspec.json.decode(answer.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def mapping(value: object) -> dict[str, Any]:
    """Return a value that is a JSON object; an empty one for any other."""
    return value if isinstance(value, dict) else {}


def _is_not_there(answer: Answer) -> bool:
    """Say whether the server itself answered that it has no such page, or sent a page that is no answer of devpi."""
    return answer.trouble is None and (answer.status == 200 or answer.status in NOT_THERE)
