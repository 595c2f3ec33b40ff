"""Files and pages that a mirror stored because it was asked for them: the one trace that a read-only run leaves.

devpi stores the list and the files of a mirror's upstream as it passes them on (measured with devpi-server 6.20): each
project page that was asked for, and each file. A stage stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.index.devpi import Server
from airproof.probes.pip.installed import Installed


class MirrorKeeps(msgspec.Struct, frozen=True):
    """Pages and files that airproof and pip made the mirrors among the indexes fetch, or that were already there."""

    mirrors: tuple[str, ...]
    """`user/index`."""
    projects: tuple[str, ...]
    """Projects whose pages were asked for and exist: normalised names, sorted."""
    files: tuple[str, ...]
    """File names, sorted."""


def mirror_keeps(server: Server, got: Iterable[str], installed: Iterable[Installed]) -> MirrorKeeps:
    """Work out which pages and files the mirrors keep.

    `got`: URLs that were answered with 200; `installed`: the distributions that pip installed.
    """
    below = tuple(f"/{index.name}/" for index in server.indexes)
    projects: set[str] = {canonicalize_name(distribution.name) for distribution in installed}
    files: set[str] = {_last(distribution.url) for distribution in installed if distribution.url}
    for url in got:
        path = unquote(urlsplit(url).path)
        inside = next((path.partition(prefix)[2] for prefix in below if prefix in path), "").removeprefix("+simple/")
        if inside.startswith(("+f/", "+e/")):
            files.add(_last(path))
        elif inside and inside.count("/") <= 1 and not inside.startswith("+"):
            projects.add(canonicalize_name(inside.rstrip("/")))
    return MirrorKeeps(server.mirrors, tuple(sorted(projects - {""})), tuple(sorted(files)))


def _last(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]
