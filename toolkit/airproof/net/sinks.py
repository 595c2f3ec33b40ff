"""Where a file arrives: at a path of its own, or in passing, for somebody who only looks into it."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import IO, Protocol

IN_MEMORY = 2 << 20
"""Bytes up to which a file in passing needs no disk: making a file costs more than fetching a small one."""


class Arriving(Protocol):
    """`begin`, then each piece to `write`, then `end`, which is told whether it came whole; or none of them."""

    def begin(self) -> None: ...
    def write(self, piece: bytes) -> object: ...
    def end(self, *, whole: bool) -> None: ...


class AtPath:
    """A file of its own, left there only if it came whole. Raises OSError where it cannot be written."""

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


class InPassing:
    """In memory, and from IN_MEMORY bytes on in a temporary file without a name, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._on_disk = False
        self.file: IO[bytes] = io.BytesIO()

    def begin(self) -> None:
        """Anew, also where a first try broke off."""
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
        """Open for whoever looks into it, who closes it; empty where it did not come whole."""
        if not whole:
            self.file.close()
            self.file = io.BytesIO()
        self.file.seek(0)
