"""The engine's own cost: a whole run of the catalogue in which no probe has anything to do."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.engine.plan import Plan, new_run_dir
from airproof.engine.process import EngineProcess
from airproof.engine.run import run_engine
from airproof.system.workdir import work_dir
from tests.bench.measure import Part, Row, Timed, by_turns, timed

REACH = 0.350


def engine(folder: Path, runs: int) -> tuple[Row, list[Part]]:
    """From the plan to the record in the report folder, against a port that nobody serves; the probes' time apart."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    probes: list[float] = []

    def run() -> float:
        with work_dir() as work, EngineProcess() as process:
            # As in a command, the engine loads its modules while the site is read.
            site = build_site(TypedOptions(url=f"http://127.0.0.1:{port}/root/local/", packages=("nothing",)))
            plan = Plan(site, "check", "airproof", new_run_dir(folder / "report").resolve(), work.resolve())
            started = time.perf_counter()
            report, _ = run_engine(plan, lambda _: None, "en", process)
            seconds = time.perf_counter() - started
        probes.append(sum(check.seconds for check in report.checks))
        return seconds - probes[-1]

    python = [sys.executable, "-c", "import pytest, airproof.commands.check"]
    taken = by_turns(runs, {"engine": run, "imports": lambda: timed(python, cwd=folder)})
    own = taken["engine"]
    row = Row(
        "the engine: child, recorder, record and its renderings, in a run whose probes find nothing",
        own,
        None,
        "≤ 0.35 s",
        own.median <= REACH,
        f"{own.median:.2f} s",
    )
    parts = [
        Part("engine", "probes of that run, not counted", Timed(tuple(probes)).median),
        Part("engine", "Python, pytest and airproof imported, once", taken["imports"].median),
    ]
    return row, parts
