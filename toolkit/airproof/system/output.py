"""The one door for standard output and for complaints on standard error.

A reader that has gone away changes no exit code; an output that cannot be written, such as a full disk, is bad input.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import sys

from airproof.errors import BadInput
from airproof.printable import one_line, rewrap

LONGEST = 2000
"""Characters of a complaint."""
RUNNERS = ("GITHUB_ACTIONS", "TF_BUILD")
"""Variables that a runner sets which reads its jobs' output."""
_STEERING = re.compile(r"^([^\S\n]*)::|##(?=\[|vso\[)", re.MULTILINE)
STEERED = {"json": ("#\\u0023", ": :"), "junit": ("&#35;#", "&#58;:"), "html": ("&#35;#", "&#58;:")}
"""By format: what stands for `##`, and for `::` at the beginning of a line (which JSON never has)."""
DOCUMENTS = ("json", "junit", "html")
READER_GONE = (errno.EPIPE, errno.EIO, errno.EBADF)
"""The pipe has no reader; the terminal was closed; the descriptor was closed."""


def columns() -> int:
    """How wide the reader's terminal is; wide enough for anything where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def write_prose(text: str) -> None:
    """Write text for people, in lines that fit their terminal. Raises BadInput, as `write`."""
    write(rewrap(text, columns()) if sys.stdout.isatty() else text)


def write(text: str, format: str = "terminal") -> None:
    """Write the text and flush. Drop it where nobody reads it any more.

    A document that names its own encoding is written as UTF-8, whatever code page a redirected output has.

    Raises BadInput where the output cannot take it, such as a redirection to a full disk.
    """
    try:
        shown = without_steering(text, format)
        if format in DOCUMENTS and not sys.stdout.isatty() and hasattr(sys.stdout, "buffer"):
            sys.stdout.buffer.write(shown.encode("utf-8", "backslashreplace"))
        else:
            sys.stdout.write(shown)
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # else the interpreter writes the rest again when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in READER_GONE:
            raise BadInput("stdout-unwritable", reason=error.strerror or error) from error


def complain(sentence: str) -> None:
    """Write one sentence to standard error: on one line whatever was typed or read, but for a terminal, whose reader
    gets no word in two halves.
    """
    line = f"airproof: {one_line(sentence, LONGEST)}"
    if sys.stderr.isatty():
        line = rewrap(line, shutil.get_terminal_size().columns)
    print(without_steering(line), file=sys.stderr)  # noqa: T201 - the command line


def without_steering(text: str, format: str = "terminal") -> str:
    """On a runner of GitHub or Azure: the text without what the runner would take for a command to itself.

    A line that begins with `::`, blanks before it included, is one, and so is `##[` or `##vso[` anywhere in a line. In
    JSON, XML and HTML the same characters are written in another way, in text for people a blank comes between them.
    The annotations of the format `github` are such commands, and escape what they show themselves.
    """
    if format == "github" or not any(os.environ.get(name) for name in RUNNERS):
        return text
    hash_, colon = STEERED.get(format, ("# #", ": :"))
    return _STEERING.sub(lambda found: hash_ if found[0] == "##" else f"{found[1]}{colon}", text)
