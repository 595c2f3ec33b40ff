"""A disk without room: why pip ends half-way although the index holds everything."""

from __future__ import annotations

from airproof.check import Finding
from airproof.probes.interpreters.host import Host
from airproof.probes.pip.facts import PipRun

ROOM = 512 * 1024 * 1024
"""Bytes that should be free where pip unpacks, and where packages go."""


DISK_FULL = "server-disk-full"


def has_no_room(free: int | None) -> bool:
    return free is not None and free < ROOM


def no_room(label: str, run: PipRun, host: Host) -> Finding:
    """Explain a pip that failed with almost no room left: it unpacks below the account's temporary folder."""
    values = {"name": label, "folder": "TEMP", "user": host.user, "free": mega(run.free)}
    return Finding("disk-nearly-full", run.free, ROOM, run.requirements, values)


def server_disk_full(folder: str | None, free: int, needed: int) -> Finding:
    """Tell of the disk of devpi's serverdir, in bytes."""
    values = {"folder": folder, "free": mega(free), "needed": mega(needed)}
    return Finding(DISK_FULL, free, needed, (), values)


def mega(size: int | None) -> str:
    return "?" if size is None else f"{size >> 20} MB"
