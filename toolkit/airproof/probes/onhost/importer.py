"""Imports modules, each in a process of its own, and writes down what became of it.

Stands alone: the interpreter whose modules they are runs its text, with `SECONDS MODULE...` and a secret mark as the
first line of standard input. Where there are several modules it forks for each: a fork costs a millisecond, a new
interpreter thirty to fifty. The parent imports none of them, so that none finds what another one left.

Each line that it writes to standard error is `MARK NUMBER WORD SECONDS`. WORD is `returned` or `raised`, written by the
very process that imports, once the import is over; or, by the parent, the exit code of that process, or the signal's
number below zero. A process that ends before its import returned has therefore written no `returned`, whatever its
exit code is. CPython 3.6 and later.
"""

import importlib
import os
import signal
import sys
import time
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

OUTPUT = os.dup(2)
"""Standard error as it was given: a module may close or replace its own."""


def main(seconds: float, modules: "list[str]") -> None:
    mark = sys.stdin.readline().strip()  # not an argument: the module could read it there
    if len(modules) == 1:
        attempt(modules[0], reporter(mark, 0))
        return
    for number, module in enumerate(modules):
        report = reporter(mark, number)
        child = os.fork()
        if not child:
            signal.setitimer(signal.ITIMER_REAL, seconds)  # its signal ends a process that does not expect it
            attempt(module, report)
        status = os.waitpid(child, 0)[1]
        report(str(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)))


def reporter(mark: str, number: int) -> "Callable[[str], None]":
    """Give the function that writes one line about this module."""
    started = time.perf_counter()

    def report(word: str) -> None:
        line = "\n%s %d %s %.3f\n" % (mark, number, word, time.perf_counter() - started)
        os.write(OUTPUT, line.encode())

    return report


def attempt(module: str, report: "Callable[[str], None]") -> None:
    """Import the module, report, and end the process at once: threads that the module has left do not hold it.

    A process that the module has forked is not the one that was asked to import, and reports nothing.
    """
    asked = os.getpid()
    sys.argv = sys.orig_argv = [sys.executable, "-c", "import " + module]  # what the guard writes down of a process
    word = "returned"
    try:
        importlib.import_module(module)
    except SystemExit as error:
        word = "raised"
        os.write(OUTPUT, ("ImportError: it ends the process that imports it: " + repr(error)).encode())
    except BaseException:
        word = "raised"
        os.write(OUTPUT, traceback.format_exc().encode("utf-8", "backslashreplace"))
    if os.getpid() == asked:
        if word == "returned":
            tell_loaded(module)
        report(word)
    os._exit(0 if word == "returned" else 1)


def tell_loaded(module: str) -> None:
    """Into the folder that AIRPROOF_LOADED names: the file of every module that the import has loaded. Without that
    file, the caller does not rely on what other packages are there.
    """
    try:
        each = [object.__getattribute__(entry, "__dict__") for entry in list(sys.modules.values())]
        files = sorted({str(result.get("__file__") or "") for result in each})
        path = os.path.join(os.environ["AIRPROOF_LOADED"], module + ".txt")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as loaded:
            loaded.write("\n".join(files))
    except Exception:  # noqa: S110 -- whatever a module has put into sys.modules
        pass


main(float(sys.argv[1]), sys.argv[2:])
