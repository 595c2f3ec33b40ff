"""What a mirror keeps because it was asked: the one trace that a read-only look leaves.

devpi stores the list and the files of a mirror's upstream as it passes them on (measured with devpi-server 6.20): each
project page that was asked for, and each file. A stage keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.index.devpi import Server


class MirrorKeeps(msgspec.Struct, frozen=True):
    """What airproof and pip had the mirrors among the indexes fetch, or found there already."""

    mirrors: tuple[str, ...]
    """`user/index`."""
    projects: tuple[str, ...]
    """Whose pages were asked for and are there: normalised names, sorted."""
    files: tuple[str, ...]
    """File names, sorted."""


def mirror_keeps(server: Server, got: Iterable[str], installed: Iterable[dict[str, Any]]) -> MirrorKeeps:
    """`got`: URLs that were answered with 200; `installed`: what pip put in place, with `name` and `url`."""
    mirrors = tuple(one.name for one in server.indexes if one.is_mirror)
    below = tuple(f"/{one.name}/" for one in server.indexes)
    projects: set[str] = {canonicalize_name(one["name"]) for one in installed}
    files: set[str] = {_last(one["url"]) for one in installed if one.get("url")}
    for url in got:
        path = unquote(urlsplit(url).path)
        inside = next((path.partition(one)[2] for one in below if one in path), "").removeprefix("+simple/")
        if inside.startswith(("+f/", "+e/")):
            files.add(_last(path))
        elif inside and inside.count("/") <= 1 and not inside.startswith("+"):
            projects.add(canonicalize_name(inside.rstrip("/")))
    return MirrorKeeps(mirrors, tuple(sorted(projects - {""})), tuple(sorted(files)))


def _last(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]
