"""Puts the guard into an environment, says what it allows, and reads what it wrote down."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import shutil
import socket
import threading
from pathlib import Path

import msgspec

from airproof.site import IndexUrl

AIRGUARD = Path(__file__).with_name("airguard.py")
PTH = "000-airguard.pth"
"""Python reads `.pth` files in the order of their names, and the guard must be up before any other."""
GUARD_ON = "guard.on"
SHOWN = 160
"""Characters of a process's arguments that a report shows."""


class Attempt(msgspec.Struct, frozen=True):
    """A connection or name look-up that the guard refused."""

    destination: str
    """`host:port`, or the host alone for a look-up."""
    event: str
    """The audit event, such as `socket.connect`."""
    process: str
    """The program's first arguments, shortened."""


class GuardLog(msgspec.Struct, frozen=True):
    """What the guard wrote down in all processes of an environment."""

    processes: tuple[str, ...]
    """The arguments of each Python process that carried the guard."""
    refused: tuple[Attempt, ...]


def allowed_ends(index: IndexUrl, timeout: float) -> frozenset[tuple[str, int]]:
    """The index's host and port, by name and by each address that the name has now; by name alone after `timeout` s."""
    found: set[tuple[str, int]] = {(index.host, index.port)}

    def resolve() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.update((str(end[4][0]), index.port) for end in socket.getaddrinfo(index.host, index.port))

    with contextlib.suppress(ValueError):
        ipaddress.ip_address(index.host)
        return frozenset(found)
    asking = threading.Thread(target=resolve, daemon=True)  # a resolver cannot be interrupted, only left behind
    asking.start()
    asking.join(timeout)
    return frozenset(found.copy())


def put_guard(site_packages: Path, allowed: frozenset[tuple[str, int]], log: Path) -> None:
    """From now on every Python process of that environment is guarded."""
    log.mkdir(parents=True, exist_ok=True)
    lines = [str(log.resolve()), *sorted(f"{host} {port}" for host, port in allowed)]
    (site_packages / "airguard.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copyfile(AIRGUARD, site_packages / "airguard_hook.py")
    (site_packages / PTH).write_text("import airguard_hook\n", encoding="ascii")


def read_log(log: Path) -> GuardLog:
    """What was written down so far, process by process, in the order of their numbers."""
    processes: list[str] = []
    refused: list[Attempt] = []
    for path in sorted(log.glob("*.log"), key=lambda path: int(path.stem)):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            event, destination, words = [*line.split("\t"), "", ""][:3]
            if event == GUARD_ON:
                processes.append(words)
            else:
                refused.append(Attempt(destination, event, shortened(words)))
    return GuardLog(tuple(processes), tuple(refused))


def shortened(words: str) -> str:
    """A process's arguments with file names in place of paths: what a reader recognises it by."""
    shown = (word if "://" in word else re.split(r"[\\/]", word)[-1] for word in words.split())
    return " ".join(shown)[:SHOWN]
