"""Puts the guard into an environment, says what it allows, and reads what it wrote down."""

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
from airproof.site.site import IndexUrl
from airproof.system.processes import stop_marked

AIRGUARD = SCRIPTS / "airguard.py"
GUARD_ON = "guard.on"
RUN = "AIRPROOF_RUN"
"""As in `airguard`: which process of airproof's own it is."""
SYNC = "sync"
SYNC_TIME = 10.0
"""Seconds that the reader of a pipe may take to come to what was just written."""
MOST_HEARD = 16 * 1024 * 1024
"""Bytes that are kept of what an environment's processes write down."""
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
    """Why the guard's log may not tell everything; empty where it does."""

    altered: tuple[str, ...] = ()
    """The guard's own files that are not as airproof put them: a process of the environment has changed them."""
    silent: tuple[str, ...] = ()
    """Processes that airproof started there, shortened, and that did not report the guard."""
    earlier: tuple[str, ...] = ()
    """`.pth` files of packages that run code before the guard is up."""

    def __bool__(self) -> bool:
        return bool(self.altered or self.silent or self.earlier)


class GuardLog(msgspec.Struct, frozen=True):
    """What the guard wrote down in all processes of an environment."""

    processes: tuple[str, ...]
    """The arguments of each Python process that carried the guard."""
    refused: tuple[Attempt, ...]
    flaws: GuardFlaws = GuardFlaws()
    left: tuple[str, ...] | None = None
    """Processes, shortened, that ran on after those that airproof had started there, and were stopped; None: this
    system does not show them.
    """


def joined(logs: Iterable[GuardLog]) -> GuardLog:
    """The logs of several environments as one."""
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
    """The index's host and port, and those `further` ones, by name and by each address that the name has now; by name
    alone after `timeout` s. Port 0 is any: of a further host that was named without.

    A name that is not ASCII also stands in the form that is looked up (IDNA), an address also as the system writes it.
    """
    parts = [urlsplit(f"//{one}") for one in further]
    ends = {(index.host, index.port), *((one.hostname or "", one.port or 0) for one in parts)}
    found = set(ends)
    names: list[tuple[str, int]] = []
    for host, port in ends:
        with contextlib.suppress(UnicodeError):
            found.add((host.encode("idna").decode(), port))
        try:
            found.add((str(ipaddress.ip_address(host)), port))
        except ValueError:
            names.append((host, port))

    def resolve() -> None:
        for host, port in names:
            with contextlib.suppress(OSError, UnicodeError):
                found.update((str(end[4][0]), port) for end in socket.getaddrinfo(host, port or None))

    if not names:
        return frozenset(found)
    asking = threading.Thread(target=resolve, daemon=True)  # a resolver cannot be interrupted, only left behind
    asking.start()
    asking.join(timeout)
    return frozenset(found.copy())


class Guard:
    """The guard in one environment: its files there, and what its processes write down.

    They write into a named pipe, which this process reads at once, so that nothing can be taken back; where the system
    has no named pipes (Windows), into one file for each process. The files have names that no package can know.
    """

    def __init__(self, site_packages: Path, allowed: frozenset[tuple[str, int]], log: Path) -> None:
        """From now on every Python process of that environment is guarded. `log`: a new folder."""
        log.mkdir(parents=True, exist_ok=True)
        self.site_packages = site_packages
        self.module = f"airguard_{secrets.token_hex(4)}"
        self._log = _PipeLog(log / "pipe") if hasattr(os, "mkfifo") else _FolderLog(log)
        self._expected: dict[str, str] = {}
        """Token of each process that airproof itself has started there, and its arguments."""
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
        """Everything that was written down so far."""
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
        """All processes that were stopped so far. To be called when nothing that airproof started runs there."""
        stopped = stop_marked(RUN, self._expected)
        if stopped is None:
            return None
        self._left += map(shortened, stopped)
        return tuple(self._left)

    def _flaws(self, reported: Set[str]) -> GuardFlaws:
        altered = [name for name, content in self._files.items() if _content(self.site_packages / name) != content]
        beside = {path.name for path in self.site_packages.glob(f"{self.module}*")} - set(self._files)
        altered += sorted(beside)  # a folder or a compiled module of that name is imported in the guard's place
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
    """A file for each process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def lines(self) -> list[str]:
        files = sorted(self.path.glob("*.log"), key=lambda path: int(path.stem))
        return [line for path in files for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]

    def whole(self) -> bool:
        return self.path.is_dir()

    def close(self) -> None:
        """Nothing is open."""


class _PipeLog:
    """A named pipe whose lines are read as they come, by a thread."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path, 0o600)
        self.path = path
        self._reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._writing = os.open(path, os.O_WRONLY)  # while it is open, the pipe has no end, and its writers never wait
        os.set_blocking(self._reading, True)
        self._opened = os.fstat(self._reading)
        self._heard = bytearray()
        self._asked = 0
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._hear, name="airproof-guard", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """All lines of processes that have ended by now."""
        self._asked += 1
        mark = f"{SYNC} {os.getpid()} {self._asked}\n".encode()
        os.write(self._writing, mark)
        with self._news:
            self._news.wait_for(lambda: mark in self._heard, timeout=SYNC_TIME)
            lines = self._heard.decode("utf-8", "replace").splitlines()
        return [line for line in lines if not line.startswith(SYNC)]

    def whole(self) -> bool:
        """Nobody has put something else in the pipe's place."""
        with contextlib.suppress(OSError):
            return os.path.samestat(self.path.lstat(), self._opened)
        return False

    def close(self) -> None:
        if self._writing >= 0:
            os.close(
                self._writing
            )  # the pipe comes to its end, and with it the thread, once no process writes any more
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
    """A process's arguments with file names in place of paths: what a reader recognises it by."""
    shown = (word if "://" in word else re.split(r"[\\/]", word)[-1] for word in words.split())
    return " ".join(shown)[:SHOWN]
