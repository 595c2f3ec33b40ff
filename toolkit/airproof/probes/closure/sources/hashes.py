"""The hash that a pip verifies of a file."""

from __future__ import annotations

import hashlib
import re

from airproof.probes.index.listing import HASHES
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.pipbehaviour import PipBehaviour


def kinds_of(link: Link) -> set[str]:
    """Return the kinds of hash that some pip may verify."""
    stated = link.stated.partition("=")[0]
    kinds = {*link.hashes, stated, *(kind for kind in HASHES if f"{kind}=" in whole_url(link))}
    return {kind for kind in kinds if kind in hashlib.algorithms_available and not kind.startswith("shake")}


def whole_url(link: Link) -> str:
    """Return the URL with its fragment."""
    return f"{link.url}#{link.fragment}" if link.fragment else link.url


def hash_for(link: Link, ways: PipBehaviour) -> tuple[str, str]:
    """Return the kind and the value of the hash that a pip verifies of a file; two empty texts if it verifies none.

    A file may have a hash in its URL, and several on a page in JSON. From 22.3 on pip takes the one in the URL, else
    the first of the page. Older versions take the strongest of the page, else the one in the URL. `ways` says how the
    URL is read, and whether an empty value and capital letters count.
    """
    # The whole URL is searched, also its query (measured, 20.3.4 to 26.3).
    match = _FRAGMENTS[ways.fragments].search(whole_url(link))
    kind, value = (match[1], match[2]) if match else ("", "")
    strongest = next((algorithm for algorithm in HASHES if algorithm in link.hashes), "")
    if match is None and link.stated and ways.first_hash:
        kind, _, value = link.stated.partition("=")
    elif strongest and link.stated and not ways.first_hash:  # A page in JSON counts more than the URL (22.2.2).
        first, _, stated = link.stated.partition("=")
        kind, value = strongest, stated if first == strongest else link.hashes.get(strongest, "")
    elif match is None and not link.fragment:
        kind, value = next(iter(link.hashes.items()), ("", ""))
    if not value and not ways.heeds_empty:
        return "", ""
    return kind, value.lower() if ways.takes_capitals else value


_KINDS = "|".join(HASHES)
_FRAGMENTS = {
    "hex": re.compile(rf"({_KINDS})=([a-f0-9]+)"),
    "rest": re.compile(rf"({_KINDS})=(.*)"),
    "exact": re.compile(rf"[#&]({_KINDS})=([^&]*)"),
}
