"""The closure against the tools that install: one pip for each project, and pip and uv for many at once."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.fetching import TARGETS, Took, run
from tests.bench.measure import Part, Row, Timed, by_turns, timed

TIMES = 100
SAMPLE = 7
"""Projects that pip is really asked for; it takes as long for each."""
TOGETHER, SOUND = 300, 400
"""Requirements of one closure, and projects of the index without a fault that they come from."""
PIP = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-cache-dir", "--quiet"]


def against_pip(folder: Path, url: str, projects: Sequence[str], closure: Sequence[Took]) -> Row:
    """Every project for each target by one reading of the index, against one pip each. `url`: a sound index."""
    each = [_dry_run(folder, url, f"p{SOUND * number // SAMPLE}") for number in range(SAMPLE)]
    whole = statistics.median(each) * len(projects) * len(TARGETS)
    own = Timed(tuple(reading.seconds for reading in closure))
    times = whole / own.median
    return Row(
        f"closure of each of {len(projects):,} projects for {len(TARGETS)} targets / one pip for each",
        own,
        Timed((whole,)),
        "≥ 100 × faster",
        times >= TIMES,
        f"{times:.0f} ×",
        f"pip: the median of {SAMPLE}, times {len(projects) * len(TARGETS):,}",
    )


def together(folder: Path, url: str, runs: int) -> list[Part]:
    """Requirements in one file: airproof, `pip install --dry-run`, and `uv pip compile` if it can be had."""
    file = folder / "together.txt"
    names = [f"p{number}" for number in range(SOUND - TOGETHER, SOUND)]
    file.write_text("\n".join(names) + "\n", encoding="utf-8")
    ways = {
        "airproof": lambda: run("together", url, file).seconds,
        "pip install --dry-run": lambda: timed([*PIP, "--index-url", url, "-r", file], cwd=folder, env=clean()),
    }
    uv = make_uv(folder / "uv")
    if uv is not None:
        compiling: list[str | Path] = [uv, "pip", "compile", "--no-config", "--no-cache", "--quiet", "--index-url", url]
        ways["uv pip compile"] = lambda: timed([*compiling, "-o", folder / "lock.txt", file], cwd=folder, env=clean())
    taken = by_turns(runs, ways)
    parts = [Part(f"{len(names)} requirements", name, times.median) for name, times in taken.items()]
    return parts if uv is not None else [*parts, Part(f"{len(names)} requirements", "uv: could not be installed", 0.0)]


def make_uv(place: Path) -> Path | None:
    """uv in an environment of its own, by pip as it is configured; None where it is not to be had."""
    here: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", "--without-pip", place],
        [sys.executable, "-m", "pip", "--python", place, "install", "--quiet", "uv"],
    ]
    for command in here:
        if subprocess.run(command, check=False, capture_output=True).returncode:
            return None
    return place / ("Scripts/uv.exe" if os.name == "nt" else "bin/uv")


def clean() -> Mapping[str, str]:
    """Without any setting of pip's or uv's."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("PIP_", "UV_"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _dry_run(folder: Path, url: str, project: str) -> float:
    return timed([*PIP, "--index-url", url, project], cwd=folder, env=clean())
