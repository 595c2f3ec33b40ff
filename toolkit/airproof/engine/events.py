"""The log of a run's events: the child that judges appends to it, and its parent reads along.

Code of packages runs under the same account, so the file alone proves nothing. Each line of airproof's own engine is
sealed: it ends with a code over itself and all lines before it, by a key that only the child and its parent know. The
parent keeps what it has read, and notices a line that was changed, taken away or put in.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from pathlib import Path

import msgspec

from airproof.record.fold import Event
from airproof.record.redact import Redactor

_logs: dict[Path, EventLog] = {}
"""One for each file: the seal of a line depends on the line before."""


class EventLog:
    """The writing side; from several threads one line at a time."""

    def __init__(self, file: Path, key: bytes = b"") -> None:
        """`key`: what the lines are sealed with; empty: they are not, as under somebody's own pytest."""
        self.file = file
        self._seal = Seal(key)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, file: Path, key: bytes = b"") -> EventLog:
        """The log of a file; the first caller of this process decides on its key."""
        return _logs.setdefault(file, cls(file, key))

    def write(self, event: object) -> None:
        """Append one event. Raises OSError where the disk is full."""
        try:
            line = msgspec.json.encode(event)
        except UnicodeEncodeError:  # a path or name that is no UTF-8: its escapes are written instead
            line = msgspec.json.encode(Redactor().value(msgspec.to_builtins(event)))
        with self._lock, self.file.open("ab") as log:
            log.write(line + self._seal.of(line) + b"\n")


class EventReader:
    """The reading side: gives each event once, and says whether the file still is what was read."""

    def __init__(self, file: Path, key: bytes = b"") -> None:
        self.events: list[Event] = []
        self.altered = False
        self._file = file
        self._seal = Seal(key)
        self._read = 0
        self._digest = hashlib.sha256()

    def news(self) -> list[Event]:
        """The events since the last call. A line that was cut by a crash is none, and nothing is read beyond it."""
        fresh: list[Event] = []
        for line in [] if self.altered else self._new_lines():
            text = self._seal.opened(line.rstrip(b"\n"))
            if text is None:
                self.altered = True
                break
            try:
                fresh.append(msgspec.json.decode(text, type=Event))
            except msgspec.DecodeError:
                break
            self._read += len(line)
            self._digest.update(line)
        self.events += fresh
        return fresh

    def finish(self) -> None:
        """Read the rest, and compare the whole file with what was read of it."""
        self.news()
        kept = self._file.read_bytes()[: self._read] if self._file.exists() else b""
        self.altered = self.altered or hashlib.sha256(kept).digest() != self._digest.digest()

    def _new_lines(self) -> list[bytes]:
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            size = 0
        if size == self._read:
            return []
        if size < self._read:
            self.altered = True
            return []
        with self._file.open("rb") as log:
            log.seek(self._read)
            return [line for line in log.read(size - self._read).splitlines(keepends=True) if line.endswith(b"\n")]


class Seal:
    """A code for each line of a sequence, over that line and all before it; none where the key is empty."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._last = b""

    def of(self, line: bytes) -> bytes:
        """Give the code that is put behind the line: a tab and 64 hexadecimal digits, or nothing."""
        if not self._key:
            return b""
        self._last = hmac.digest(self._key, self._last + line, "sha256")
        return b"\t" + self._last.hex().encode()

    def opened(self, sealed: bytes) -> bytes | None:
        """The line before its code; None where that is not the code of this line at this place."""
        if not self._key:
            return sealed
        line = sealed.rpartition(b"\t")[0]
        return line if hmac.compare_digest(line + self.of(line), sealed) else None
