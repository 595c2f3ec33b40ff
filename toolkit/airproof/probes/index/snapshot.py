"""What the project pages that a run read list: the files of the index by name and hash, kept for a later comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from airproof.encodable import encodable
from airproof.probes.index.simple import Page

MOST_FILES = 20_000
"""Files that are kept by name; of the projects beyond, a digest tells that something changed, not what."""
STRONGEST = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")


class PagesRead(msgspec.Struct, frozen=True):
    """A project that has no page is here too, without files; one whose page could not be read is not."""

    files: dict[str, dict[str, str]]
    """Project to file name to `sha256:...`, or "" where no hash is published."""
    digests: dict[str, str]
    """Projects beyond MOST_FILES: a sha256 of their list."""
    count: int
    """All files of all of these pages."""


def pages_read(pages: Mapping[str, Page]) -> PagesRead:
    """Tells what was read, in the order of the projects' names."""
    files: dict[str, dict[str, str]] = {}
    digests: dict[str, str] = {}
    count = kept = 0
    for project, page in sorted(pages.items()):
        if page.trouble is not None or page.status not in (200, 404) or not page.readable:
            continue
        in_order = sorted(page.links, key=lambda one: one.filename)
        mine = {encodable(link.filename): encodable(_hash(link.hashes)) for link in in_order}
        count += len(mine)
        if kept + len(mine) <= MOST_FILES:
            files[encodable(project)] = mine
            kept += len(mine)
        else:
            digests[encodable(project)] = hashlib.sha256(msgspec.json.encode(mine)).hexdigest()
    return PagesRead(files, digests, count)


def _hash(hashes: Mapping[str, str]) -> str:
    return next((f"{kind}:{hashes[kind]}" for kind in STRONGEST if kind in hashes), "")
