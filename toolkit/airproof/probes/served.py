"""The files of a closure as they are served: their bytes, and what is inside."""

from __future__ import annotations

from pathlib import Path

import msgspec

from airproof.http import Http
from airproof.probes.files import ServedFile, probe_files
from airproof.probes.readings import Readings


class Served(msgspec.Struct, frozen=True):
    """Every file that a closure takes, each once."""

    files: tuple[ServedFile, ...]


def probe_served(readings: Readings, http: Http, folder: Path) -> Served:
    """Fetches and opens each file; links that leave the host are not followed."""
    return Served(probe_files(http, [(project, link) for project, link in readings.links if not link.off_host], folder))
