"""Snapshot of the project pages that a run read: files of the index by name and hash, for a later comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from airproof.encodable import encodable
from airproof.probes.index.listing import HASHES
from airproof.probes.index.simple import Page

MOST_FILES = 20_000
"""Files that are kept by name. For the projects beyond that number, a digest shows that something changed, but not
what.
"""


class PagesRead(msgspec.Struct, frozen=True):
    """The files on the pages that were read. A project without a page is listed without files; a project whose page
    could not be read is left out.
    """

    files: dict[str, dict[str, str]]
    """Project to file name to `sha256:...`, or "" if no hash is published."""
    digests: dict[str, str]
    """Projects beyond MOST_FILES: a sha256 of their list."""
    count: int
    """The number of files on all of these pages."""


def pages_read(pages: Mapping[str, Page]) -> PagesRead:
    """Build the snapshot, in the order of the project names."""
    files: dict[str, dict[str, str]] = {}
    digests: dict[str, str] = {}
    count = kept = 0
    for project, page in sorted(pages.items()):
        if page.trouble is not None or page.status not in (200, 404) or not page.readable:
            continue
        in_order = sorted(page.links, key=lambda link: link.filename)
        by_name = {encodable(link.filename): encodable(_hash(link.hashes)) for link in in_order}
        count += len(by_name)
        if kept + len(by_name) <= MOST_FILES:
            files[encodable(project)] = by_name
            kept += len(by_name)
        else:
            digests[encodable(project)] = hashlib.sha256(msgspec.json.encode(by_name)).hexdigest()
    return PagesRead(files, digests, count)


def _hash(hashes: Mapping[str, str]) -> str:
    return next((f"{kind}:{hashes[kind]}" for kind in HASHES if kind in hashes), "")
