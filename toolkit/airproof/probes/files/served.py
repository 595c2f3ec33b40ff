"""The files of a closure as they are served: their bytes, and their metadata."""

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
    """Fetch and inspect each file that is not `known` yet from another closure, and add it there.

    Links that leave the host are not followed.
    """
    links = {msgspec.json.encode(pair): pair for pair in readings.links if not pair[1].off_host}
    fresh = {key: pair for key, pair in links.items() if key not in known}
    files = probe_files(http, list(fresh.values()), folder)
    known.update((key, _with_plus(file, http)) for key, file in zip(fresh, files, strict=True))
    return Served(tuple(known[key] for key in links))


def _with_plus(file: ServedFile, http: Http) -> ServedFile:
    """Ask again under the bare plus for a file that was refused under `%2B`: a proxy may fail to decode it."""
    if PLUS not in file.url or file.status is None or not 400 <= file.status < 500:
        return file
    bare = http.get(file.url.replace(PLUS, "+"), accept="*/*", limit=1)  # Only the status matters.
    return msgspec.structs.replace(file, bare_plus=is_success(bare.status))
