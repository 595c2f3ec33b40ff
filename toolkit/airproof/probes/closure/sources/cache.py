"""Metadata of files, kept from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from airproof.probes.closure.resolution import Metadata
from airproof.probes.index.simple import Link


class MetadataCache:
    """Metadata of files by sha256, in a folder; with None nothing is kept. An entry never expires, since a hash names
    fixed bytes.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> MetadataCache:
        """Return a cache in the user's cache folder, as the system names it."""
        folder = user_cache_path("airproof", appauthor=False, opinion=False)
        return cls(folder / "metadata-2" if folder.is_absolute() else None)  # Else the home folder is unknown.

    def get(self, link: Link) -> Metadata | None:
        path = self._path(link)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Metadata) if path is not None else None
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, link: Link, metadata: Metadata) -> None:
        """Keep the metadata if possible: a cache that cannot be written is no failure."""
        path = self._path(link)
        if path is None or not metadata.readable:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(metadata))
            fresh.replace(path)
        except OSError:
            pass

    def _path(self, link: Link) -> Path | None:
        digest = link.hashes.get("sha256", "")
        if self.folder is None or len(digest) != 64 or not digest.isalnum():
            return None
        return self.folder / digest[:2] / f"{digest[2:]}.json"
