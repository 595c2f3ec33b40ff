"""Put the guard into an environment, state what it allows, and read its log."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from airproof.probes.onhost import SCRIPTS
from airproof.site.indexurl import IndexUrl
from airproof.system.processes import stop_marked

AIRGUARD = SCRIPTS / "airguard.py"
GUARD_ON = "guard.on"
RUN = "AIRPROOF_RUN"
"""Variable of `airguard` that identifies a process of airproof's own."""
SYNC = "sync"
SYNC_TIME = 10.0
"""Seconds that the reader of a pipe may take to receive what was just written."""
MOST_HEARD = 16 * 1024 * 1024
"""Largest number of bytes that are kept of the log of an environment's processes."""
_RUNS_CODE = re.compile(rb"^import[ \t]", re.MULTILINE)
"""A line of a `.pth` file that Python executes (the `site` module)."""
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


class GuardFlaws(msgspec.Struct, frozen=True):
    """Why the guard's log may be incomplete; empty if it is complete."""

    altered: tuple[str, ...] = ()
    """Files of the guard that differ from what airproof installed: a process of the environment changed them."""
    silent: tuple[str, ...] = ()
    """Processes that airproof started there, shortened, and that did not report the guard."""
    earlier: tuple[str, ...] = ()
    """`.pth` files of packages that run code before the guard is up."""

    def __bool__(self) -> bool:
        return bool(self.altered or self.silent or self.earlier)


class GuardLog(msgspec.Struct, frozen=True):
    """The guard's records from all processes of an environment."""

    processes: tuple[str, ...]
    """The arguments of each Python process that carried the guard."""
    refused: tuple[Attempt, ...]
    flaws: GuardFlaws = GuardFlaws()
    left: tuple[str, ...] | None = None
    """Processes, shortened, that outlived those that airproof had started there, and were stopped; None: this system
    cannot list them.
    """


def joined(logs: Iterable[GuardLog]) -> GuardLog:
    """Merge the logs of several environments."""
    each = list(logs)
    return GuardLog(
        tuple(words for log in each for words in log.processes),
        tuple(attempt for log in each for attempt in log.refused),
        GuardFlaws(
            tuple(dict.fromkeys(name for log in each for name in log.flaws.altered)),
            tuple(words for log in each for words in log.flaws.silent),
            tuple(dict.fromkeys(name for log in each for name in log.flaws.earlier)),
        ),
        None if any(log.left is None for log in each) else tuple(words for log in each for words in log.left or ()),
    )


def allowed_ends(index: IndexUrl, timeout: float, further: Iterable[str] = ()) -> frozenset[tuple[str, int]]:
    """Resolve the index's host and port, and the `further` ones, to names and to all of their present addresses.

    After `timeout` seconds only the names count. Port 0 means any port: a further host that was named without one. A
    name that is not ASCII is also listed in the form that is looked up (IDNA), and an address also as the system writes
    it.
    """
    parts = [urlsplit(f"//{text}") for text in further]
    ends = {(index.host, index.port), *((part.hostname or "", part.port or 0) for part in parts)}
    reachable = set(ends)
    names: list[tuple[str, int]] = []
    for host, port in ends:
        with contextlib.suppress(UnicodeError):
            reachable.add((host.encode("idna").decode(), port))
        try:
            reachable.add((str(ipaddress.ip_address(host)), port))
        except ValueError:
            names.append((host, port))

    def resolve() -> None:
        for host, port in names:
            with contextlib.suppress(OSError, UnicodeError):
                reachable.update((str(end[4][0]), port) for end in socket.getaddrinfo(host, port or None))

    if not names:
        return frozenset(reachable)
    asking = threading.Thread(target=resolve, daemon=True)  # A resolver cannot be interrupted, only abandoned.
    asking.start()
    asking.join(timeout)
    return frozenset(reachable.copy())


class EnvironmentGuard:
    """The guard in one environment: its files there, and the log of the processes.

    The processes write into a named pipe, which this process reads at once, so that no record can be withdrawn. On
    systems without named pipes (Windows) each process writes a file of its own. The files have random names, so that no
    package can know them.
    """

    def __init__(self, site_packages: Path, allowed: frozenset[tuple[str, int]], log: Path) -> None:
        """Install the guard: from now on every Python process of that environment is guarded. `log`: a new folder."""
        log.mkdir(parents=True, exist_ok=True)
        self.site_packages = site_packages
        self.module = f"airguard_{secrets.token_hex(4)}"
        self._log = _PipeLog(log / "pipe") if hasattr(os, "mkfifo") else _FolderLog(log)
        self._expected: dict[str, str] = {}
        """Token of each process that airproof itself started there, and its arguments."""
        self._left: list[str] = []
        lines = [str(self._log.path.resolve()), *sorted(f"{host} {port}" for host, port in allowed)]
        self._files = {
            f"{self.module}.txt": "\n".join(lines).encode() + b"\n",
            f"{self.module}.py": AIRGUARD.read_bytes(),
            # Python reads `.pth` files in the order of their names, and the guard must be up before any other.
            f"!{self.module}.pth": f"import {self.module}\n".encode(),
        }
        for name, content in self._files.items():
            (site_packages / name).write_bytes(content)

    def expect(self, command: Sequence[str | Path]) -> dict[str, str]:
        """Give the variables of a process that is about to be started there, and that has to carry the guard."""
        token = secrets.token_hex(4)
        self._expected[token] = shortened(" ".join(map(str, command)))
        return {RUN: token}

    def log(self) -> GuardLog:
        """Return all records so far."""
        lines = [(*line.split("\t"), "", "", "", "", "")[:5] for line in self._log.lines()]
        carried = [line for line in lines if line[1] == GUARD_ON]
        return GuardLog(
            tuple(words for *_, words in carried),
            tuple(
                Attempt(destination, event, shortened(words))
                for _, event, destination, _, words in lines
                if event.startswith("socket.")
            ),
            self._flaws({token for *_, token, _ in carried}),
            self._stop_left(),
        )

    def close(self) -> None:
        self._stop_left()
        self._log.close()

    def _stop_left(self) -> tuple[str, ...] | None:
        """Return all processes that were stopped so far. Call it when nothing that airproof started runs there."""
        stopped = stop_marked(RUN, self._expected)
        if stopped is None:
            return None
        self._left += map(shortened, stopped)
        return tuple(self._left)

    def _flaws(self, reported: Set[str]) -> GuardFlaws:
        altered = [name for name, content in self._files.items() if _content(self.site_packages / name) != content]
        beside = {path.name for path in self.site_packages.glob(f"{self.module}*")} - set(self._files)
        altered += sorted(beside)  # A folder or a compiled module of that name would be imported instead of the guard.
        if not self._log.whole():
            altered.append(self._log.path.name)
        own = f"!{self.module}.pth"
        before = (path for path in self.site_packages.glob("*.pth") if path.name < own)
        return GuardFlaws(
            altered=tuple(altered),
            silent=tuple(words for token, words in self._expected.items() if token not in reported),
            earlier=tuple(sorted(path.name for path in before if _RUNS_CODE.search(_content(path) or b""))),
        )


class _FolderLog:
    """A log in which each process writes a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def lines(self) -> list[str]:
        files = sorted(self.path.glob("*.log"), key=lambda path: int(path.stem))
        return [line for path in files for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]

    def whole(self) -> bool:
        return self.path.is_dir()

    def close(self) -> None:
        """Do nothing: no file is open."""


class _PipeLog:
    """A log in a named pipe, whose lines a thread reads as they arrive."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path, 0o600)
        self.path = path
        self._reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        # While this descriptor is open, the pipe has no end, and its writers never wait.
        self._writing = os.open(path, os.O_WRONLY)
        os.set_blocking(self._reading, True)
        self._opened = os.fstat(self._reading)
        self._heard = bytearray()
        self._asked = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._hear, name="airproof-guard", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """Return all lines of the processes that have ended by now."""
        self._asked += 1
        mark = f"{SYNC} {os.getpid()} {self._asked}\n".encode()
        os.write(self._writing, mark)
        with self._news:
            self._news.wait_for(lambda: mark in self._heard, timeout=SYNC_TIME)
            lines = self._heard.decode("utf-8", "replace").splitlines()
        return [line for line in lines if not line.startswith(SYNC)]

    def whole(self) -> bool:
        """Say whether the pipe is still in its place, and nobody has replaced it."""
        with contextlib.suppress(OSError):
            return os.path.samestat(self.path.lstat(), self._opened)
        return False

    def close(self) -> None:
        if self._writing >= 0:
            os.close(self._writing)  # The pipe ends, and the thread with it, once no process writes any more.
            self._writing = -1

    def _hear(self) -> None:
        with os.fdopen(self._reading, "rb", buffering=0) as pipe:
            while piece := pipe.read(65536):
                with self._news:
                    self._heard += piece[: max(0, MOST_HEARD - len(self._heard))]
                    self._news.notify_all()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def shortened(words: str) -> str:
    """Return a process's arguments with file names instead of paths, short enough for a reader to recognise the
    process.
    """
    shown = (word if "://" in word else re.split(r"[\\/]", word)[-1] for word in words.split())
    return " ".join(shown)[:SHOWN]
