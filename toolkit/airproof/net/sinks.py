"""Download sinks: a file on disk, or a spooled buffer for a file that is only inspected."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import IO, Protocol

IN_MEMORY = 2 << 20
"""Bytes up to which a spooled file stays in memory: creating a file costs more than fetching a small one."""


class Sink(Protocol):
    """A sink: `begin`, then `write` for each piece, then `end` with whether the file arrived whole; or no call
    at all.
    """

    def begin(self) -> None: ...
    def write(self, piece: bytes) -> object: ...
    def end(self, *, whole: bool) -> None: ...


class FileSink:
    """A file on disk, kept only if it arrived whole. Raises OSError if it cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] = io.BytesIO()

    def begin(self) -> None:
        self._file = self._path.open("wb")

    def write(self, piece: bytes) -> object:
        return self._file.write(piece)

    def end(self, *, whole: bool) -> None:
        self._file.close()
        if not whole:
            self._path.unlink()


class SpooledSink:
    """A buffer in memory that becomes a temporary file without a name, in `folder`, from IN_MEMORY bytes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._on_disk = False
        self.file: IO[bytes] = io.BytesIO()

    def begin(self) -> None:
        """Start again, also after a first try that broke off."""
        self._on_disk = False

    def write(self, piece: bytes) -> object:
        if not self._on_disk and self.file.tell() + len(piece) > IN_MEMORY:
            kept = self.file
            self.file, self._on_disk = tempfile.TemporaryFile(dir=self._folder), True  # noqa: SIM115 - looked into later
            kept.seek(0)
            self.file.write(kept.read())
            kept.close()
        return self.file.write(piece)

    def end(self, *, whole: bool) -> None:
        """Return the open file for the inspecting function, which closes it; empty if the file did not arrive whole."""
        if not whole:
            self.file.close()
            self.file = io.BytesIO()
        self.file.seek(0)
