"""The one door for child processes: no shell, bounded in time, output kept, nothing left behind."""

from __future__ import annotations

import contextlib
import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from airproof.errors import CannotLook

KEPT_HEAD = KEPT_TAIL = 1024 * 1024
"""Bytes kept of the start and of the end of each output; what lies between is cut, and the text says so."""
GRACE = 5.0
"""Seconds that a pipe may stay open after its process has ended: somebody who left the tree holds it."""
GLANCE = 0.2
"""Seconds between two looks at a wait: Windows delivers Ctrl-C only between waits."""

if sys.platform == "win32":
    _OWN_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _OWN_GROUP = 0  # a session of its own does it


SECRET_VARIABLES = ("AIRPROOF_OMFLOW_PASSWORD",)
"""Variables for airproof itself: no child is given them, since packages that are built and imported could read them."""


class Children:
    """The child processes of one piece of work, in all of its threads: `stop` ends these and no others."""

    def __init__(self) -> None:
        self.running: set[subprocess.Popen[bytes]] = set()

    def enter(self) -> None:
        """Every child that the current context starts from now on is one of these, and one of those around it."""
        _groups.set((*_groups.get(), self))

    def stop(self) -> None:
        """Stop the children that are running, each with its own children."""
        for process in list(self.running):
            _stop_tree(process)


_all = Children()
_groups: contextvars.ContextVar[tuple[Children, ...]] = contextvars.ContextVar("children", default=(_all,))
"""Threads inherit it where they are started through `airproof.net.threads`."""


class Ran(msgspec.Struct, frozen=True):
    """A child process that has ended."""

    command: tuple[str, ...]
    exit_code: int | None
    """None: it was stopped when its time was over."""
    seconds: float
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


def run(
    command: Sequence[str | Path],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | bytes = "",
    heard: Callable[[bytes], None] | None = None,
) -> Ran:
    """Runs a command to its end, at most `timeout` seconds; then it and its children are stopped.

    `heard` is told each piece of standard output as it comes, in a thread of its own, for whoever shows how far it is.

    Children that it leaves behind are stopped as well, unless they have left its session (POSIX) or its parent has
    already ended (Windows). Output is decoded as UTF-8 with replacement.
    Raises CannotLook("cannot-start") where it cannot be started.
    """
    words = tuple(str(word) for word in command)
    raw = stdin.encode() if isinstance(stdin, str) else stdin
    started = time.monotonic()
    process = _start(words, env, cwd)
    with _stopped_at_the_end(process):
        out, err = _Kept(process.stdout, heard), _Kept(process.stderr)
        threading.Thread(target=_feed, args=(process.stdin, raw), daemon=True).start()
        exit_code = _exit_code(process, timeout)
    return Ran(words, exit_code, round(time.monotonic() - started, 3), out.text(), err.text())


class Conversation:
    """A child process that is asked over its standard input, and answers on its standard output."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._stdin, self._stdout = process.stdin, process.stdout

    def say(self, data: bytes | memoryview) -> None:
        """Write all of it. Raises OSError where the process has ended."""
        left = memoryview(data)
        while left and self._stdin is not None:
            left = left[self._stdin.write(left) :]

    def hear(self, size: int) -> bytes:
        """Read so many bytes. Raises EOFError where the process has ended."""
        heard = b""
        while len(heard) < size:
            piece = self._stdout.read(size - len(heard)) if self._stdout is not None else b""
            if not piece:
                raise EOFError(size)
            heard += piece
        return heard


@contextlib.contextmanager
def conversing(command: Sequence[str | Path], env: Mapping[str, str]) -> Iterator[Conversation]:
    """Starts a command, and stops it and its children at the end. It must end by itself when its standard input does.

    Raises CannotLook("cannot-start") where it cannot be started.
    """
    with _start(tuple(str(word) for word in command), env, None) as process, _stopped_at_the_end(process):
        yield Conversation(process)


def without_python_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a Python or a pytest of airproof's own: without secrets, and without what decides for them."""
    kept = without_secrets(environment)
    return {name: value for name, value in kept.items() if not name.startswith(("PYTEST_", "PYTHON"))}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without airproof's own passwords."""
    return {name: value for name, value in environment.items() if name.upper() not in SECRET_VARIABLES}


def stop_marked(name: str, values: Collection[str]) -> tuple[str, ...] | None:
    """Stop every process of this account whose environment holds `name` with one of the values; give their arguments.

    It is how children are found that have left their session. None where the system does not show environments (only
    Linux does); a program that was started with an environment of its own is not found.
    """
    if sys.platform != "linux":
        return None
    marks = [f"{name}={value}\0".encode() for value in values]
    stopped = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # another account's, or it has ended meanwhile
            environment = (folder / "environ").read_bytes()
            if any(mark in environment for mark in marks):
                arguments = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                os.kill(int(folder.name), signal.SIGKILL)
                stopped += [" ".join(arguments).strip()] if any(arguments) else []  # without: it has ended already
                _wait_until_gone(folder)
    return tuple(stopped)


def _wait_until_gone(folder: Path) -> None:
    """A process that was killed takes a moment to go; then it has no environment any more."""
    bound = time.monotonic() + GRACE
    with contextlib.suppress(OSError):
        while (folder / "environ").read_bytes() and time.monotonic() < bound:
            time.sleep(0.005)


def stop_all() -> None:
    """Stop every child that is running, for a process that must end at once."""
    _all.stop()


def _start(words: tuple[str, ...], env: Mapping[str, str] | None, cwd: Path | None) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=without_secrets(os.environ if env is None else env),
            cwd=cwd,
            start_new_session=sys.platform != "win32",
            creationflags=_OWN_GROUP,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CannotLook("cannot-start", command=words[0], reason=reason) from error


def _exit_code(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    """The exit code as soon as there is one; None after `timeout` seconds.

    On POSIX `Popen.wait(timeout)` looks at ever longer intervals, up to 0.05 s: for an import that takes 0.02 s, and
    there may be hundreds, it would double the time. A thread that waits without a bound is told at once.
    """
    waiting = threading.Thread(target=process.wait, name="airproof-wait", daemon=True)
    waiting.start()
    bound = time.monotonic() + timeout
    while waiting.is_alive() and (left := bound - time.monotonic()) > 0:
        waiting.join(min(left, GLANCE))
    return process.returncode


@contextlib.contextmanager
def _stopped_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whatever happens inside, an interrupt from the keyboard too: afterwards the process and its children are gone."""
    groups = _groups.get()
    for group in groups:
        group.running.add(process)
    try:
        yield
    finally:
        _stop_tree(process)
        process.wait()
        for group in groups:
            group.running.discard(process)


def _stop_tree(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        if process.poll() is None:
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(tree, capture_output=True, check=False, timeout=GRACE)
            process.kill()
        return
    # The child leads a group of its own. PermissionError: macOS, where only zombies are left of it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    if pipe is None:
        return
    with contextlib.suppress(OSError):  # it did not want to read
        while data:
            data = data[pipe.write(data) :]
    with contextlib.suppress(OSError):
        pipe.close()


class _Kept:
    """Reads a pipe to its end in a thread, and keeps the start and the end of what came."""

    def __init__(self, pipe: IO[bytes] | None, heard: Callable[[bytes], None] | None = None) -> None:
        self._heard = heard
        self._head = bytearray()
        self._tail = bytearray()
        self._cut = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._drain, args=(pipe,), daemon=True)
        self._thread.start()

    def _drain(self, pipe: IO[bytes] | None) -> None:
        if pipe is None:
            return
        with pipe:
            while chunk := pipe.read(65536):
                with self._lock:
                    self._keep(chunk)
                if self._heard is not None:
                    self._heard(chunk)

    def _keep(self, chunk: bytes) -> None:
        room = KEPT_HEAD - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        if len(self._tail) > 2 * KEPT_TAIL:
            self._trim()

    def _trim(self) -> None:
        surplus = len(self._tail) - KEPT_TAIL
        if surplus > 0:
            del self._tail[:surplus]
            self._cut += surplus

    def text(self) -> str:
        self._thread.join(GRACE)
        with self._lock:
            self._trim()
            middle = f"\n[airproof: {self._cut} bytes cut]\n".encode() if self._cut else b""
            whole = bytes(self._head) + middle + bytes(self._tail)
        return whole.decode("utf-8", "replace").replace("\r\n", "\n")
