"""A database of 100,000 advisories against the packages of a closure, read and judged in a process of its own."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from pathlib import Path

from pytest_airproof.packages.advisories import advisory, write_database
from tests.bench.measure import PEAK, Row, Timed

ADVISORIES, PACKAGES = 100_000, 300
PROJECTS = 30_000
MOST_SECONDS, MOST_MEMORY = 3.0, 300
"""Bounds: seconds, and megabytes at the peak, the mapped database included."""
JUDGE = f"""
import json, sys, time
from pathlib import Path
from airproof.custody.advisories import index_database
from airproof.custody.matches import matches_of
{PEAK}
begun = time.perf_counter()
index = index_database(Path(sys.argv[1]))
wanted = {{f"package-{{number}}": ("1.0.1",) for number in range(int(sys.argv[2]))}}
matches = matches_of(index, wanted)
seconds = time.perf_counter() - begun
print(json.dumps([seconds, peak() / 1e6, index.total, len(matches)]))
"""
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def advised(folder: Path, runs: int, count: int = ADVISORIES) -> Row:
    """Read the whole database and judge 300 versions, as a run does before and after it knows its closures."""
    path = made(folder / "all.zip", count)
    told = [_judged(path) for _ in range(runs)]
    seconds = Timed(tuple(figures[0] for figures in told))
    memory = max(figures[1] for figures in told)
    _, _, total, matches = told[0]
    megabytes = path.stat().st_size / 1e6
    return Row(
        f"{int(total):,} advisories ({megabytes:.0f} MB packed) against {PACKAGES} packages, {int(matches)} matches",
        seconds,
        None,
        f"≤ {MOST_SECONDS:.0f} s, ≤ {MOST_MEMORY} MB",
        statistics.median(seconds.seconds) <= MOST_SECONDS and memory <= MOST_MEMORY,
        f"{seconds.median:.2f} s, {memory:.0f} MB",
    )


def made(path: Path, count: int) -> Path:
    """Write a database whose entries have the size of published ones: about 3 kB, 1 kB packed."""
    chance = random.Random(1)  # noqa: S311 - made-up data, the same each time

    def record(number: int) -> dict[str, object]:
        name, major = f"package-{chance.randrange(PROJECTS)}", chance.randrange(5)
        versions = [f"{major}.{minor}.{patch}" for minor in range(2) for patch in range(10)]
        events = [{"introduced": "0"}, {"fixed": f"{major}.2"}]
        made_up = advisory(f"GHSA-{number:06d}", name, aliases=[f"CVE-2026-{number}"], events=events, versions=versions)
        words = (chance.choice(("buffer", "request", "header", f"{chance.getrandbits(60):x}")) for _ in range(150))
        return {
            **made_up,
            "details": " ".join(words),
            "severity": [{"type": "CVSS_V3", "score": VECTOR}],
            "references": [{"type": "WEB", "url": f"https://192.0.2.1/{number}/{each}"} for each in range(8)],
        }

    return write_database(path, map(record, range(count)))


def _judged(path: Path) -> list[float]:
    command = [sys.executable, "-c", JUDGE, str(path), str(PACKAGES)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found: list[float] = json.loads(ran.stdout)
    return found
