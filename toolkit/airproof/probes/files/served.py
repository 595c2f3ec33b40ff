"""The files of a closure as they are served: their bytes, and what is inside."""

from __future__ import annotations

from pathlib import Path

import msgspec

from airproof.net.http import Http, is_success
from airproof.probes.closure.readings import Readings
from airproof.probes.files.files import ServedFile, probe_files

PLUS = "%2B"


class Served(msgspec.Struct, frozen=True):
    """Every file that a closure takes, each once."""

    files: tuple[ServedFile, ...]


def probe_served(readings: Readings, http: Http, folder: Path, known: dict[bytes, ServedFile]) -> Served:
    """Fetches and opens each file that is not `known` yet from another closure, and adds it there; links that leave the
    host are not followed.
    """
    links = {msgspec.json.encode(one): one for one in readings.links if not one[1].off_host}
    fresh = {key: one for key, one in links.items() if key not in known}
    found = probe_files(http, list(fresh.values()), folder)
    known.update((key, _with_plus(one, http)) for key, one in zip(fresh, found, strict=True))
    return Served(tuple(known[key] for key in links))


def _with_plus(one: ServedFile, http: Http) -> ServedFile:
    """Asks once more for what was refused under its quoted name: a proxy may not decode it."""
    if PLUS not in one.url or one.status is None or not 400 <= one.status < 500:
        return one
    bare = http.get(one.url.replace(PLUS, "+"), accept="*/*", limit=1)  # that it is there is all that is asked
    return msgspec.structs.replace(one, bare_plus=is_success(bare.status))
