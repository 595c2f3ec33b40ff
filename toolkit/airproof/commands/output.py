"""The one door for standard output. Whoever reads it may have enough of it, and that changes no exit code."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys


def columns() -> int:
    """How wide the reader's terminal is; wide enough for anything where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def write(text: str) -> None:
    """Writes and flushes; where the reader of a pipe is gone, what is left is dropped."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # else the interpreter tries again as it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
