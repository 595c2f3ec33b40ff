"""The one door for child processes: no shell, bounded in time, output kept, nothing left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec


class Ran(msgspec.Struct, frozen=True):
    """A child process that has ended."""

    command: tuple[str, ...]
    exit_code: int | None
    """None: it was stopped when its time was over."""
    seconds: float
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


def run(
    command: Sequence[str | Path],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
) -> Ran:
    """Runs a command to its end, at most `timeout` seconds; then it and its children are stopped.

    Output is decoded as UTF-8 with replacement. Raises CannotLook("cannot-start") where it cannot be started.
    """
    raise NotImplementedError
