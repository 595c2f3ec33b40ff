"""Import modules with the interpreter for which they were installed, each as if it were alone."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from airproof.probes.onhost import SCRIPTS
from airproof.system.processes import Ran

IMPORTER = SCRIPTS / "importer.py"
IMPORT_TIME = 60.0
"""Seconds that one `import` may take."""
SIDE_BY_SIDE = 2
"""Number of imports that run at a time where nobody says otherwise."""
FORKS = sys.platform == "linux"
"""Elsewhere each import starts an interpreter: Windows cannot fork, and a fork on macOS can crash in its libraries."""


class TriedImport(msgspec.Struct, frozen=True):
    """One `import` of a requested distribution's module, in a process of its own."""

    project: str
    module: str
    ok: bool
    seconds: float
    error: str = ""
    """The last line of the exception."""


Run = Callable[[Sequence[str], float, str], Ran]
"""Runs the interpreter with these arguments, a bound in seconds, and this standard input."""


def try_imports(
    run: Run, wanted: Sequence[tuple[str, str]], *, forks: bool = FORKS, at_once: int = SIDE_BY_SIDE
) -> tuple[TriedImport, ...]:
    """Import each pair's module; one result for each pair of a project and its module, in their order. `at_once`: how
    many are imported at a time.

    An import is good if the importing process itself said that it returned. Its exit code proves nothing: a module can
    end the process with code 0, or replace it (`os.execv`), or leave the work to a child that nobody waits for.
    """
    shares = [wanted[at::at_once] for at in range(at_once)] if forks else []
    known: dict[tuple[str, str], TriedImport] = {}
    with ThreadPoolExecutor(at_once) as pool:
        for share in pool.map(lambda pairs: _forked(run, pairs), shares):
            known |= share
        rest = [pair for pair in wanted if pair not in known]
        known |= zip(rest, pool.map(lambda pair: _alone(run, *pair), rest), strict=True)
    return tuple(known[pair] for pair in wanted)


def _forked(run: Run, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], TriedImport]:
    """Import several modules in forks of one parent. A module that writes a lot may hide its neighbour's line: then
    the neighbour is not among the results.
    """
    if len(wanted) < 2:
        return {}
    mark, ran = _run(run, [module for _, module in wanted])
    known: dict[tuple[str, str], TriedImport] = {}
    for text, number, word, seconds in _lines(mark, ran.stderr):
        pair = wanted[number]
        if pair not in known:
            known[pair] = _judge(*pair, word, seconds, text)
    return known


def _alone(run: Run, project: str, module: str) -> TriedImport:
    mark, ran = _run(run, [module])
    for text, _, word, seconds in _lines(mark, ran.stderr):
        return _judge(project, module, word, seconds, text)
    return _judge(project, module, "" if ran.exit_code is None else str(ran.exit_code), ran.seconds, ran.stderr)


def _run(run: Run, modules: Sequence[str]) -> tuple[str, Ran]:
    """Run the importer and collect the lines that carry its secret mark."""
    mark = secrets.token_hex(8)
    arguments = ["-c", IMPORTER.read_text("utf-8"), f"{IMPORT_TIME:g}", *modules]
    return mark, run(arguments, IMPORT_TIME * len(modules), mark + "\n")


def _lines(mark: str, output: str) -> Iterator[tuple[str, int, str, float]]:
    """Parse the importer's lines: the text before each, the module's number, the word, and the seconds so far."""
    pieces = re.split(rf"\n{mark} (\d+) (\S+) ([\d.]+)\n", output)
    for text, number, word, seconds in zip(pieces[0::4], pieces[1::4], pieces[2::4], pieces[3::4], strict=False):
        yield text, int(number), word, float(seconds)


def _judge(project: str, module: str, word: str, seconds: float, output: str) -> TriedImport:
    """`word`: `returned`, `raised`, or how the process ended before that: an exit code, a signal's negative number, or
    empty if it had to be stopped.
    """
    if word == "returned":
        return TriedImport(project, module, True, seconds)
    last_line = output.strip().rpartition("\n")[2]
    if not word or (word.startswith("-") and seconds >= IMPORT_TIME):
        error = last_line or f"no end after {IMPORT_TIME:g} s"
    elif word == "0":
        error = "the process ended with exit code 0 before the import returned"
    else:
        error = last_line or f"exit code {word}"
    return TriedImport(project, module, False, seconds, error)
