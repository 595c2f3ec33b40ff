"""Sizes of a medium: bytes for each target, files that devpi refuses as it is, and the room that the server needs."""

from __future__ import annotations

from collections.abc import Iterable

from airproof.site.manifest import CarriedFile, ServerNeeds

BODY_SIZE = "--max-request-body-size"
DEFAULT = 1 << 30
"""Bytes; what devpi-server 6 takes if it is told nothing (measured, 6.20: a larger upload is answered with 413)."""
BESIDE = 1 << 20
"""Bytes of an upload beside the file: its description, for the most part."""
STEP = 1 << 30
PER_FILE = 8 << 10
"""Bytes that devpi's database grows by for each file, rounded up (measured, 6.20.3: 4,800 for a small wheel)."""
COPIES = 3
"""Temporary copies of a file while it is uploaded, in the system's folder for temporary files (measured, 6.20.3: three
deleted files of 80 MB were open during the upload of 80 MB; the serverdir itself grew by the file once).
"""


def raised_for(largest: int, limit: int = DEFAULT) -> int:
    """Return the value of the option for a file of that size, in whole GiB; 0 if the limit will do."""
    needed = largest + BESIDE
    return -(-needed // STEP) * STEP if needed > limit else 0


def server_needs(files: Iterable[CarriedFile]) -> ServerNeeds:
    """Return what the upload of these files takes there. Files that are there already take nothing more."""
    new = [file for file in files if not file.there]
    largest = max((file.size for file in new), default=0)
    return ServerNeeds(
        files=len(new),
        size=sum(file.size for file in new),
        room=sum(file.size + PER_FILE for file in new),
        temporary=COPIES * largest,
        too_large=tuple(sorted(file.path for file in new if raised_for(file.size))),
        body_size=raised_for(largest),
    )


def megabytes(size: int) -> str:
    """Return a size in whole megabytes, rounded up: it is room that somebody has to have."""
    return f"{-(-size // 1_000_000):,} MB"
