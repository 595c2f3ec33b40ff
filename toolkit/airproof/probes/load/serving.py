"""Look at the process that serves the index, on the machine on which airproof runs as well: its threads, its processor
time, its memory and what it reads from the disk.

From another machine nothing of this can be seen: devpi's `/+status` tells neither threads nor requests that wait
(measured, devpi-server 6.20). So it is looked at on Linux alone, for a process of this account, and else left out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from airproof.probes.load.measured import ServerSight

PROC = Path("/proc")
LISTENS = "0A"
"""The state of a socket that waits for connections, in the tables of `/proc/net` (proc(5))."""


def serving_process(port: int) -> int | None:
    """Return the id of the process that listens on a port of this machine; None if it cannot be seen."""
    if sys.platform != "linux":
        return None
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(table, port)}
    for process in PROC.glob("[0-9]*/fd"):
        with suppress(OSError):  # another account's, or it has ended meanwhile
            if any(_link(entry) in sockets for entry in process.iterdir()):
                return int(process.parent.name)
    return None


class Watch:
    """One process during one step: `look` now and then, `sight` at its end."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._threads = self._memory = 0
        self._busy, self._read = self._used()

    def look(self) -> None:
        with suppress(OSError, ValueError, IndexError):
            for line in (PROC / str(self._pid) / "status").read_text(encoding="ascii", errors="replace").splitlines():
                name, _, value = line.partition(":")
                if name == "Threads":
                    self._threads = max(self._threads, int(value))
                elif name == "VmRSS":
                    self._memory = max(self._memory, int(value.split()[0]) * 1024)

    def sight(self) -> ServerSight | None:
        """Return what was seen; None if nothing was."""
        self.look()
        busy, read = self._used()
        if self._pid is None or busy is None or self._busy is None:
            return None
        from_disk = read - self._read if read is not None and self._read is not None else None
        used = round(busy - self._busy, 2)
        return ServerSight(self._pid, _program(self._pid), self._threads, used, self._memory, from_disk)

    def _used(self) -> tuple[float | None, int | None]:
        """Return the processor seconds of the process so far, and the bytes that it has read from the disk."""
        if self._pid is None:
            return None, None
        folder = PROC / str(self._pid)
        try:
            fields = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            busy = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None, None
        with suppress(OSError, ValueError):
            for line in (folder / "io").read_text(encoding="ascii").splitlines():
                if line.startswith("read_bytes:"):
                    return busy, int(line.partition(":")[2])
        return busy, None


def _listening(table: str, port: int) -> Iterator[str]:
    with suppress(OSError):
        for line in (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _link(entry: Path) -> str:
    try:
        return os.readlink(entry)  # noqa: PTH115 - a socket is no path
    except OSError:
        return ""


def _program(pid: int) -> str:
    """Return the program of a process; of a Python that runs a program, that one."""
    words = (PROC / str(pid) / "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    names = [word.rpartition("/")[2] for word in words[:2] if word]
    is_script = len(names) > 1 and names[0].startswith("python") and not names[1].startswith("-")
    return names[1] if is_script else names[0] if names else "?"
