"""The one door for standard output and for complaints on standard error.

A reader that has gone away changes no exit code; an output that cannot be written, such as a full disk, is bad input.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys

from airproof.errors import BadInput
from airproof.renderers.printable import one_line

LONGEST = 2000
"""Characters of a complaint."""
READER_GONE = (errno.EPIPE, errno.EIO, errno.EBADF)
"""The pipe has no reader; the terminal was closed; the descriptor was closed."""


def columns() -> int:
    """How wide the reader's terminal is; wide enough for anything where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def write(text: str) -> None:
    """Write the text and flush. Drop it where nobody reads it any more.

    Raises BadInput where the output cannot take it, such as a redirection to a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # else the interpreter writes the rest again when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in READER_GONE:
            raise BadInput("stdout-unwritable", reason=error.strerror or error) from error


def complain(sentence: str) -> None:
    """Write one sentence to standard error, on one line whatever was typed or read."""
    print(f"airproof: {one_line(sentence, LONGEST)}", file=sys.stderr)  # noqa: T201 - this is the command line
