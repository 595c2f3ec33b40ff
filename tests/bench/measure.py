"""Times taken side by side: in rounds A B A B, so that whatever else the machine does falls on both alike."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PEAK = """
def peak():
    import resource, sys
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
"""
"""Text of a function for a child process: the most bytes that it has held. On Linux `resource` would begin with what
the process held that it was forked from.
"""


@dataclass(frozen=True)
class Timed:
    """The times of one way, in seconds."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Row:
    """One line of the table: what airproof takes, what the bare thing takes, and the bound."""

    what: str
    airproof: Timed
    bare: Timed | None
    reach: str
    reached: bool
    shown: str
    """The number that is held against the bound."""
    note: str = ""


@dataclass(frozen=True)
class Part:
    """Seconds of one part of a row; printed below the table."""

    row: str
    name: str
    seconds: float


def by_turns(runs: int, ways: Mapping[str, Callable[[], float]]) -> dict[str, Timed]:
    """Runs each way once in each round; a way returns the seconds that it took."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            taken[name].append(way())
    return {name: Timed(tuple(seconds)) for name, seconds in taken.items()}


def ratio(one: Timed, other: Timed) -> float:
    """The median of the ratios of each round: a round in which the machine was busy counts for both."""
    return statistics.median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))


def spread(one: Timed, other: Timed) -> str:
    """The median ratio with the lowest and the highest of the rounds: a wide spread says that the machine was busy."""
    each = [a / b for a, b in zip(one.seconds, other.seconds, strict=True)]
    return f"{ratio(one, other):.2f} × ({min(each):.2f} to {max(each):.2f})"


def best_difference(one: Timed, other: Timed) -> float:
    """How much more the best of one took than the best of the other, in seconds."""
    return min(one.seconds) - min(other.seconds)


def timed(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None, right: int = 0) -> float:
    """The seconds that a command takes. Raises SystemExit where it does not end with `right`: a time of nothing is no
    time.
    """
    started = time.perf_counter()
    ran = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if ran.returncode != right:
        raise SystemExit(f"{command[0]} ended with {ran.returncode}:\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}")
    return seconds
