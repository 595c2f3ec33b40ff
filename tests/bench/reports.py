"""Costs of `airproof report`: a record of thousands of requirements and several hosts, and an ordinary one."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from airproof.record.file import encode
from tests.bench.measure import PEAK, Row, Timed, timed
from tests.renderers.extremes import vast
from tests.renderers.records import rejected

VAST_REACH, ORDINARY_REACH, MEMORY_REACH = 2.0, 0.3, 200e6
FORMATS = ("html", "terminal", "markdown", "junit", "json", "github")
DRAWS = f"""
import sys
from airproof.cli import main
{PEAK}
main(sys.argv[1:])
print(peak(), file=sys.stderr)
"""
"""Runs a command line, and says how much memory it has held."""


def reports(folder: Path, runs: int, *, requirements: int = 5000, hosts: int = 5) -> list[Row]:
    """Each format from the command line; the slowest is the row."""
    (folder / "vast.json").write_bytes(encode(vast(requirements, hosts)))
    (folder / "ordinary.json").write_bytes(encode(rejected()))
    worst, took = _slowest(folder, "vast.json", runs)
    small, short = _slowest(folder, "ordinary.json", runs)
    peak = _peak(folder, "vast.json")
    memory = f", {peak / 1e6:.0f} MB" if peak else ""
    return [
        Row(
            f"`report` of {requirements:,} packages × {hosts} hosts, slowest format ({worst})",
            took,
            None,
            "≤ 2 s, ≤ 200 MB",
            took.median <= VAST_REACH and peak <= MEMORY_REACH,
            f"{took.median:.2f} s{memory}",
        ),
        Row(
            f"`report` of an ordinary record, slowest format ({small})",
            short,
            None,
            "≤ 0.3 s",
            short.median <= ORDINARY_REACH,
            f"{short.median:.2f} s",
        ),
    ]


def _slowest(folder: Path, record: str, runs: int) -> tuple[str, Timed]:
    taken: dict[str, list[float]] = {name: [] for name in FORMATS}
    for _ in range(runs):
        for name in FORMATS:
            taken[name].append(_once(folder, record, name))
    name, seconds = max(taken.items(), key=lambda one: Timed(tuple(one[1])).median)
    return name, Timed(tuple(seconds))


def _once(folder: Path, record: str, name: str) -> float:
    """A rejected record ends with 1, and that is right."""
    script = Path(sysconfig.get_path("scripts")) / ("airproof.exe" if sys.platform == "win32" else "airproof")
    return timed([script, "report", record, "--format", name], cwd=folder, right=1)


def _peak(folder: Path, record: str) -> float:
    """The most bytes that drawing the page held at once; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    ran = subprocess.run(
        [sys.executable, "-c", DRAWS, "report", record, "--format", "html"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stderr.split()[-1])
