"""A run of airproof with folders of its own, and what it took."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # it has no types

from tests.engine.running import SCRIPT, WAIT, environment

LOOK = 0.05
"""Seconds between two looks at the memory."""
KEPT_ON_PURPOSE = ("home/cache/airproof/", "home/.cache/airproof/", "home/AppData/")
"""The user's cache of metadata, by hash."""


class Measured(NamedTuple):
    """Result of a measured run."""

    code: int
    output: str
    """Both outputs."""
    seconds: float
    megabytes: float
    """The most that airproof and its engine were seen to hold, either of them; pip's own memory is pip's."""
    left_behind: list[str]
    """Files outside the report folder and the cache, when all was over."""


def measured(cwd: Path, *words: str, **more: str) -> Measured:
    """Runs the command line in `cwd`, with home and temporary folders beside it."""
    outside = cwd.parent / f"{cwd.name}-outside"
    home, temporary = outside / "home", outside / "tmp"
    for folder in (home, temporary):
        folder.mkdir(parents=True)
    places = dict.fromkeys(("HOME", "USERPROFILE"), str(home)) | dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP"), str(temporary)
    )
    log = outside / "output.txt"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(SCRIPT), *words],
            cwd=cwd,
            env=environment(**places, XDG_CACHE_HOME=str(home / "cache"), **more),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        code, megabytes = _waited(process)
    seconds = time.monotonic() - started
    files = [path.relative_to(outside).as_posix() for path in outside.rglob("*") if path.is_file() and path != log]
    left = [file for file in files if not file.startswith(KEPT_ON_PURPOSE)]
    return Measured(code, log.read_text(encoding="utf-8", errors="replace"), seconds, megabytes, left)


def _waited(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Looks on as often as is cheap: what a process holds for less than that was never much of a danger."""
    most, bound = 0, time.monotonic() + WAIT
    while process.poll() is None:
        if time.monotonic() > bound:
            process.kill()
            process.wait()
            raise TimeoutError(f"no end after {WAIT} s")
        with contextlib.suppress(psutil.Error):
            airproof = psutil.Process(process.pid)
            most = max([most, *(child.memory_info().rss for child in (airproof, *airproof.children()))])
        time.sleep(LOOK)
    return process.returncode, most / (1 << 20)
