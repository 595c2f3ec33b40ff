"""Imports modules, each in a process of its own, and writes down what became of it.

Stands alone: the interpreter whose modules they are runs its text, with `MARK SECONDS MODULE...`. Where there are
several, it forks for each, since a child costs a millisecond so and thirty to fifty if it starts from nothing; the
parent imports none of them, so that none finds what another one left. To standard error goes, after whatever the
module wrote there, `MARK NUMBER EXIT SECONDS`; EXIT is the exit code, or the signal's number below zero.
CPython 3.6 and later.
"""

import importlib
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass


def main(mark: str, seconds: float, modules: "list[str]") -> None:
    if len(modules) == 1:
        attempt(modules[0])
        return
    for number, module in enumerate(modules):
        started = time.perf_counter()
        child = os.fork()
        if not child:
            signal.setitimer(signal.ITIMER_REAL, seconds)  # its signal ends a process that does not expect it
            attempt(module)
            return
        status = os.waitpid(child, 0)[1]
        ended = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        told = "\n%s %d %d %.3f\n" % (mark, number, ended, time.perf_counter() - started)  # noqa: UP031 -- as above
        os.write(2, told.encode())


def attempt(module: str) -> None:
    """The process ends with exit code 0 if it could be imported; `exit` in a module's own code is no import."""
    sys.argv = sys.orig_argv = [sys.executable, "-c", "import " + module]  # what the guard writes down of a process
    try:
        importlib.import_module(module)
    except SystemExit as error:
        raise ImportError("it ends the process that imports it: " + repr(error))  # noqa: B904


main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
