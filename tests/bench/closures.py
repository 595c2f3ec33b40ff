"""The closure against the tools that install: one pip for each project, and pip and uv for many at once."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from tests.bench.fetching import TARGETS, Took, run
from tests.bench.hard import corpus
from tests.bench.hard import lay as lay_hard
from tests.bench.laid import lay
from tests.bench.measure import Part, Row, Timed, by_turns, ratio, spread, timed
from tests.bench.peers import install
from tests.bench.static import serving
from tests.bench.synthetic import Synthetic

TIMES = 100
SAMPLE = 7
"""Projects that pip is really asked for; it takes as long for each."""
TOGETHER, SOUND = 300, 400
"""Requirements of one closure; projects of the index without a fault that one pip for each is taken from."""
MANY, LARGEST = 5_000, 30
"""Projects of the index that the requirements of one closure come from, and kilobytes of its largest wheels."""
TIMES_OF_UV, TIMES_OF_PIP = 1.5, 1.0
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


def together(folder: Path, runs: int) -> tuple[Row, list[Part]]:
    """Requirements in one file: airproof, `pip install --dry-run`, and `uv pip compile` if it can be had.

    airproof reads what the files require, as `carry` does, and as pip and uv do here; beside it the same with each file
    unpacked, as `check` judges it.
    """
    laid = lay(folder / "many", Synthetic(MANY, faults=0), largest=LARGEST)
    file = folder / "together.txt"
    file.write_text("\n".join(laid.projects[-TOGETHER:]) + "\n", encoding="utf-8")
    programs = install(folder / "uv", "uv")
    uv = programs / "uv" if programs is not None else None
    with serving(laid.folder) as url:
        ways = {
            "airproof": lambda: run("together", url, file).seconds,
            "airproof, each file unpacked": lambda: run("judged", url, file).seconds,
            "pip install --dry-run": lambda: timed([*PIP, "--index-url", url, "-r", file], cwd=folder, env=clean()),
        }
        if uv is not None:
            compiling: list[str | Path] = [uv, "pip", "compile", "--no-config", "--no-cache", "--quiet"]
            compiling += ["--index-url", url, "-o", folder / "lock.txt", file]
            ways["uv pip compile"] = lambda: timed(compiling, cwd=folder, env=clean())
        taken = by_turns(runs, ways)
    parts = [Part(f"{TOGETHER} requirements", name, times.median) for name, times in taken.items()]
    own, bare = taken["airproof"], taken.get("uv pip compile")
    row = Row(
        f"resolution of {TOGETHER} requirements, index of {MANY:,} projects / `uv pip compile`",
        own,
        bare,
        "≤ 1.5 ×",
        bare is not None and ratio(own, bare) <= TIMES_OF_UV,
        spread(own, bare) if bare is not None else "uv could not be installed",
    )
    return row, parts


def hardest(folder: Path, runs: int) -> Row:
    """The index of `tests.bench.hard` for which airproof takes longest, measured by pip's time for it."""
    found: dict[str, tuple[Timed, Timed]] = {}
    for number, hard in enumerate(corpus()):
        place = folder / str(number)
        lay_hard(place, hard)
        file = place / "asked.txt"
        file.write_text("\n".join(hard.asked) + "\n", encoding="utf-8")
        with serving(place) as url:
            asking: list[str | Path] = [*PIP, "--index-url", url, "-r", file]
            ways = {
                "airproof": partial(_seconds, url, file),
                "pip": partial(timed, asking, cwd=folder, env=clean(), right=0 if hard.resolves else 1),
            }
            taken = by_turns(runs, ways)
        found[hard.name] = taken["airproof"], taken["pip"]
    name, (own, pip) = max(found.items(), key=lambda entry: ratio(*entry[1]))
    return Row(
        f"the hardest of {len(found)} indexes to resolve ({name}) / `pip install --dry-run`",
        own,
        pip,
        "≤ 1 ×",
        ratio(own, pip) <= TIMES_OF_PIP,
        spread(own, pip),
    )


def _seconds(url: str, file: Path) -> float:
    return run("together", url, file).seconds


def clean() -> Mapping[str, str]:
    """Without any setting of pip's or uv's."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("PIP_", "UV_"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _dry_run(folder: Path, url: str, project: str) -> float:
    return timed([*PIP, "--index-url", url, project], cwd=folder, env=clean())
