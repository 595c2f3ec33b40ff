"""How the devpi-server on a serverdir was started, as far as Linux shows it on devpi's own machine.

The process is the one that has the database of the serverdir open (measured, devpi-server 6.20: it never closes it).
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

PROC = Path("/proc")
DATABASE = ".sqlite"
MOST_FILES = 200_000
"""Open files, of all processes, that are looked at."""
OF_LOGINS = re.compile(r"(sshd?|crond?|atd|getty|login|user|run|session|gnome-terminal|display-manager|gdm|xrdp)\b.*")
"""Units below which people and schedulers start processes that are no services; `run-`: made by `systemd-run`."""


class Started(msgspec.Struct, frozen=True):
    """The process that serves, and what it belongs to."""

    pid: int | None
    """None: no process that this account may look into has the serverdir open."""
    terminal: bool = False
    """It runs in the foreground of a terminal, and ends with it."""
    unit: str = ""
    """Name of the systemd unit that it is a process of; empty: none, or one below which people log in."""
    shown: bool = True
    """False: the system does not show any of this."""


def probe_started(serverdir: str) -> Started:
    """Find the process that has the serverdir's database open. On another system than Linux nothing is looked at."""
    if sys.platform != "linux" or not PROC.joinpath("self", "fd").is_dir():
        return Started(None, shown=False)
    database = os.path.realpath(os.path.join(serverdir, DATABASE))  # noqa: PTH118 -- compared with what readlink says
    opened = itertools.islice(_open_files(), MOST_FILES)
    pid = next((pid for pid, file in opened if file == database), None)
    if pid is None:
        return Started(None)
    try:
        return Started(pid, _in_foreground(pid), _unit_of(pid))
    except (OSError, ValueError, IndexError):  # it has ended meanwhile
        return Started(None)


def _open_files() -> Iterator[tuple[int, str]]:
    """Yield process id and path of each open file that this account may see."""
    for process in PROC.iterdir():
        if not process.name.isdigit():
            continue
        try:
            names = os.listdir(process / "fd")  # noqa: PTH208 -- names alone, each is read as a link
        except OSError:
            continue
        for name in names:
            try:
                yield int(process.name), os.readlink(process / "fd" / name)  # noqa: PTH115 -- its text, which is no path at times
            except OSError:
                continue


def _in_foreground(pid: int) -> bool:
    """Say whether a process is in the foreground group of its terminal (proc(5): `pgrp`, `tty_nr` and `tpgid`)."""
    fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    group, terminal, foreground = fields[2], fields[4], fields[5]
    return terminal != "0" and group == foreground


def _unit_of(pid: int) -> str:
    """Return the unit at the end of the process's control group (cgroup v2, or systemd's own of v1)."""
    for line in (PROC / str(pid) / "cgroup").read_text(encoding="utf-8", errors="replace").splitlines():
        _, controllers, path = line.split(":", 2)
        unit = path.rpartition("/")[2]
        if controllers in ("", "name=systemd") and unit.endswith(".service") and not OF_LOGINS.fullmatch(unit):
            return unit
    return ""
