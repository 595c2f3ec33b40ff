"""How the devpi-server on a serverdir was started, as far as Linux shows it on devpi's own machine.

The process is the devpi-server that names the serverdir in its command line. It cannot be told by its open files: while
nobody asks it, devpi-server has the database closed (measured, 6.20).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

PROC = Path("/proc")
OPTION = "--serverdir"
SERVER = re.compile(r"(^|/)devpi-server$|^devpi_server(\.main(:main)?)?$")
"""The word by which a command line is that of a server: its program, or its module after `-m`."""
PROGRAM = re.compile(r"(^|/)((python|pypy)[\d.]*|devpi-server)$")
"""The program of a server: itself, or the interpreter that runs it. `sudo`, `grep` and an editor name it too."""
OF_USERS = "/user.slice/"
"""Control groups of people who have logged in: what runs there ends when they log out."""
OF_LOGINS = re.compile(
    r"(sshd?|dropbear|getty|serial-getty|console-getty|login|tmux|screen|run-[0-9a-zA-Z]+|"
    r"crond?|anacron|atd|display-manager|gdm3?|sddm|lightdm|xrdp(-sesman)?)(@.*)?\.service"
)
"""Units below which people and schedulers start processes that are no services; `run-`: made by `systemd-run`."""


class Started(msgspec.Struct, frozen=True):
    """The process that serves, and what it belongs to."""

    pid: int | None
    """None: no devpi-server names the serverdir in its command line."""
    terminal: bool = False
    """It runs in the foreground of a terminal, and ends with it."""
    unit: str = ""
    """Name of the systemd unit that it is a process of; empty: none, or one below which people log in."""
    shown: bool = True
    """False: the system does not show any of this."""


def probe_started(serverdir: str) -> Started:
    """Find the devpi-server that names the serverdir in its command line. On another system than Linux nothing is
    looked at.
    """
    if sys.platform != "linux" or not PROC.joinpath("self", "cmdline").is_file():
        return Started(None, shown=False)
    folder = Path(serverdir).resolve()
    pid = next((pid for pid, words in _commands() if _serves(words, folder, PROC / str(pid) / "cwd")), None)
    if pid is None:
        return Started(None)
    try:
        return Started(pid, _in_foreground(pid), _unit_of(pid))
    except (OSError, ValueError, IndexError):  # it has ended meanwhile
        return Started(None)


def _commands() -> Iterator[tuple[int, list[str]]]:
    """Yield id and command line of each process; those of other accounts may be read as well."""
    for process in PROC.iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            yield int(process.name), line.rstrip("\0").split("\0")


def _serves(words: Sequence[str], folder: Path, current: Path) -> bool:
    """Say whether a command line is that of a devpi-server on the folder. `current`: that process's current folder,
    from which a relative path is meant; of another account's process it cannot be seen.
    """
    # A serverdir may be called `devpi-server` itself, and airproof names it too.
    named = [word for before, word in pairwise(("", *words)) if before != OPTION and word[:2] != "--"]
    if not PROGRAM.search(words[0]) or not any(SERVER.search(word) for word in named):
        return False
    texts = [after for word, after in pairwise(words) if word == OPTION]
    texts += [word.removeprefix(f"{OPTION}=") for word in words if word.startswith(f"{OPTION}=")]
    try:
        return any((current / text).resolve() == folder for text in texts)
    except OSError:  # a folder that nobody may follow
        return False


def _in_foreground(pid: int) -> bool:
    """Say whether a process is in the foreground group of its terminal (proc(5): `pgrp`, `session`, `tty_nr` and
    `tpgid`). The terminal of process 1 is that of a container, which starts again what it was made for; seen from
    outside, that process has another id as well (`NSsid`, the innermost last).
    """
    fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    group, session, terminal, foreground = fields[2:6]
    status = (PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    inside = next((line.split()[-1] for line in status.splitlines() if line.startswith("NSsid:")), session)
    return terminal != "0" and group == foreground and inside != "1"


def _unit_of(pid: int) -> str:
    """Return the unit at the end of the process's control group (cgroup v2, or systemd's own of v1)."""
    for line in (PROC / str(pid) / "cgroup").read_text(encoding="utf-8", errors="replace").splitlines():
        _, controllers, path = line.split(":", 2)
        unit = path.rpartition("/")[2]
        is_service = unit.endswith(".service") and not OF_LOGINS.fullmatch(unit) and OF_USERS not in path
        if controllers in ("", "name=systemd") and is_service:
            return unit
    return ""
