"""The one door for standard output: whoever reads it may have enough of it, and that changes no exit code."""

from __future__ import annotations

import contextlib
import os
import sys


def write(text: str) -> None:
    """Writes and flushes; where the reader of a pipe is gone, what is left is dropped."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # else the interpreter tries again as it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
