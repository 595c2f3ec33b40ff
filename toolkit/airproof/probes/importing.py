"""Whether modules can be imported by the interpreter that they were installed for, each as if alone."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from airproof.processes import Ran

IMPORTER = Path(__file__).with_name("importer.py")
IMPORT_TIME = 60.0
"""Seconds that one `import` may take."""
SIDE_BY_SIDE = 2
"""How many imports run at a time."""
FORKS = sys.platform == "linux"
"""Elsewhere each import starts an interpreter: Windows cannot fork, and a fork on macOS can crash in its libraries."""


class Import(msgspec.Struct, frozen=True):
    """One `import` of a requested distribution's module, in a process of its own."""

    project: str
    module: str
    ok: bool
    seconds: float
    error: str = ""
    """The exception's last line."""


Run = Callable[[Sequence[str], float], Ran]
"""Runs the interpreter with these arguments, for at most so many seconds."""


def try_imports(run: Run, wanted: Sequence[tuple[str, str]], *, forks: bool = FORKS) -> tuple[Import, ...]:
    """One for each pair of a project and its module, in their order."""
    shares = [wanted[at::SIDE_BY_SIDE] for at in range(SIDE_BY_SIDE)] if forks else []
    told: dict[tuple[str, str], Import] = {}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for share in pool.map(lambda some: _forked(run, some), shares):
            told |= share
        left = [one for one in wanted if one not in told]
        told |= zip(left, pool.map(lambda one: _alone(run, *one), left), strict=True)
    return tuple(told[one] for one in wanted)


def _forked(run: Run, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Import]:
    """Of those that a parent, which forked for each, told of: one that wrote a lot may hide its neighbour's line."""
    if len(wanted) < 2:
        return {}
    mark = secrets.token_hex(8)
    arguments = ["-c", IMPORTER.read_text("utf-8"), mark, f"{IMPORT_TIME:g}", *(module for _, module in wanted)]
    ran = run(arguments, IMPORT_TIME * len(wanted))
    words = re.split(rf"\n{mark} (\d+) (-?\d+) ([\d.]+)\n", ran.stderr)
    told: dict[tuple[str, str], Import] = {}
    for text, number, ended, seconds in zip(words[0::4], words[1::4], words[2::4], words[3::4], strict=False):
        one = wanted[int(number)]
        late = int(ended) < 0 and float(seconds) >= IMPORT_TIME
        told[one] = _import(*one, Ran((), None if late else int(ended), float(seconds), "", text))
    return told


def _alone(run: Run, project: str, module: str) -> Import:
    return _import(project, module, run(["-c", IMPORTER.read_text("utf-8"), "-", "0", module], IMPORT_TIME))


def _import(project: str, module: str, ran: Ran) -> Import:
    if ran.ok:
        return Import(project, module, True, ran.seconds)
    ended = f"no end after {IMPORT_TIME:g} s" if ran.exit_code is None else f"exit code {ran.exit_code}"
    return Import(project, module, False, ran.seconds, ran.stderr.strip().rpartition("\n")[2] or ended)
