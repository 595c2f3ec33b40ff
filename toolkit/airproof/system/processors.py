"""How much of the machine this process may use: its processors, by affinity and cgroup, and the memory that is free."""

from __future__ import annotations

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
MEMORY = Path("/proc/meminfo")


def side_by_side(asked: int, memory: int) -> int:
    """Return how many jobs run at a time: as many as were asked for, else one for each processor and at least two, as
    far as free memory allows. `memory`: bytes that one job needs at most.
    """
    if asked:
        return asked
    free = free_memory()
    room = max(1, free // memory) if free is not None else processors()
    return min(max(2, processors()), room)


def processors() -> int:
    """Return the processors that this process may use: those of its affinity, or fewer if a cgroup has a quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota()
    return count if quota is None else max(1, min(count, quota))


def free_memory() -> int | None:
    """Return the bytes that this process may still take without swapping; None where the system does not tell."""
    lines = _read(MEMORY).splitlines()
    told = next((line.split() for line in lines if line.startswith("MemAvailable:")), None)
    free = int(told[1]) * 1024 if told is not None and len(told) > 1 and told[1].isdigit() else None
    for folder in _cgroups():
        most, used = _read(folder / "memory.max").strip(), _read(folder / "memory.current").strip()
        if most.isdigit() and used.isdigit():
            left = max(0, int(most) - int(used))
            free = left if free is None else min(free, left)
    return free


def _quota() -> int | None:
    """Return the processors that a cgroup allows, rounded up; None without a limit."""
    least = None
    for folder in _cgroups():
        quota, _, period = _read(folder / "cpu.max").strip().partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            allowed = -(-int(quota) // int(period))
            least = allowed if least is None else min(least, allowed)
    return least


def _cgroups() -> list[Path]:
    """Return the folders of this process's cgroup (version 2) and of those above it; none on another system."""
    path = next((line[3:] for line in _read(OWN).splitlines() if line.startswith("0::")), None)
    if path is None:
        return []
    folder = CGROUPS.joinpath(*Path(path).parts[1:])
    return [each for each in (folder, *folder.parents) if each.is_relative_to(CGROUPS)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
