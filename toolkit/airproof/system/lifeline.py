"""Nothing outlives its parent, however that dies.

The parent holds the writing end of a pipe, the child reads the other one. When the parent is gone, even by SIGKILL,
the system closes its end and the child ends at once. Nothing here depends on signals, so it is the same on Windows.

Run as a file this module is the child's start-up: `boot_command` gives its argv. It uses the standard library only and
does not import airproof, so that a child needs nothing but its own program.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence

PARENT_GONE = 75
"""Exit code of a child whose parent is gone (EX_TEMPFAIL)."""
THEN = "--then"
"""Stands between the calls of a boot command."""
LET_GO = "let go"
"""The last line of a parent that ends the child and clears up itself."""
_held: set[Lifeline] = set()
"""The lifelines of this process's own children."""


class Lifeline:
    """A pipe to one child: hand it `child_end` as stdin, then call `handed_over`.

    A child that this process *forks* without exec also holds the parent's end, and so keeps the line alive.
    """

    def __init__(self) -> None:
        _held.add(self)
        self.child_end, self._held = os.pipe()  # not inheritable: no other child can hold the line by accident
        self._child_has_it = False

    def handed_over(self) -> None:
        """The child has its end (or will never be started): this process lets go of that one."""
        if not self._child_has_it:
            self._child_has_it = True
            os.close(self.child_end)

    def say(self, text: str) -> None:
        """Write one line to the child, which reads it with `read_line` before it watches; a short one never waits."""
        os.write(self._held, f"{text}\n".encode())

    def let_go(self) -> None:
        """Tell the child that its parent is alive and clears up itself, then cut."""
        with contextlib.suppress(OSError):  # the child is gone already
            self.say(LET_GO)
        self.cut()

    def cut(self) -> None:
        """Lets go of both ends: the child ends. May be called twice."""
        self.handed_over()
        _held.discard(self)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


def read_line(fd: int = 0) -> str:
    """The line that the parent has said, read before `watch`; empty where the pipe has ended."""
    line = b""
    while (byte := os.read(fd, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode()


def watch(fd: int = 0, at_end: Callable[[bool], object] | None = None) -> None:
    """Ends this process when the pipe `fd` reaches its end. In its place `fd` becomes the null device.

    `at_end` is called before, on a thread of its own, once every lifeline that this process holds has been cut; with
    True where the parent has let go, and with False where it is gone.

    The exchange keeps the line private: a child that inherits fd 0 does not read from it, and on Windows does not wait
    for the pending read. Raises OSError where `fd` is not open.
    """
    import threading  # noqa: PLC0415 -- after boot() has cleaned sys.path

    line = os.dup(fd)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, fd)
    os.close(null)
    threading.Thread(target=_end_with, args=(line, at_end), name="airproof-lifeline", daemon=True).start()


def _end_with(line: int, at_end: Callable[[bool], object] | None) -> None:
    said = b""
    try:
        while piece := os.read(line, 1024):
            said = (said + piece)[-len(LET_GO) - 1 :]  # whatever is written is no reason to go
    except OSError:
        pass  # a broken line is a cut line
    try:
        for held in list(_held):
            held.cut()
        if at_end is not None:
            at_end(said == f"{LET_GO}\n".encode())
    finally:
        os._exit(PARENT_GONE)


def boot_command(*calls: Sequence[str], python: str = sys.executable) -> list[str]:
    """The argv of a child that makes each call in turn, in one process, and that watches its stdin.

    A call is `("module:function", *arguments)`; the function finds the arguments in `sys.argv`, as a console script
    does. The first call that returns something true ends the child with it as exit code.
    """
    command = [python, __file__]
    for number, call in enumerate(calls):
        command += [THEN, *call] if number else call
    return command


def boot(words: Sequence[str]) -> None:
    """The child's side of `boot_command`. Always raises SystemExit."""
    import importlib  # noqa: PLC0415 -- after the file's own folder has left sys.path

    rest = list(words)
    watch(0)
    while rest:
        end = rest.index(THEN) if THEN in rest else len(rest)
        call, rest = rest[:end], rest[end + 1 :]
        module, _, function = call[0].partition(":")
        sys.argv = [function, *call[1:]]
        code = getattr(importlib.import_module(module), function)()
        if code:
            sys.exit(code)
    sys.exit(0)


if __name__ == "__main__":
    if sys.path[:1] == [os.path.dirname(os.path.abspath(__file__))]:  # noqa: PTH100, PTH120 -- pathlib is not needed yet
        del sys.path[0]  # this folder's files are no top-level modules of the child's program
    boot(sys.argv[1:])
