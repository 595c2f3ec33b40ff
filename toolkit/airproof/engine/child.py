"""The child in which pytest runs the checks: first into a place without network, then on the lifeline, then pytest."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest

from airproof.engine.events import EventLog
from airproof.engine.plan import Plan, read_plan
from airproof.facts.keys import PLACE
from airproof.site.site import Kind
from airproof.system import lifeline, namespace, processes

CHECKS = Path(__file__).parent.with_name("checks")
INI = Path(__file__).with_name("run.ini")
PLUGIN = "airproof.engine.plugin"
LOADED = ("airproof.engine.session", "airproof.net.client")
"""What takes time to load, and is used by each session."""
REHEARSAL = "pytest_airproof.rehearsal.plugin"
"""The fixtures of a rehearsal; a live site needs none."""
NEW_OBJECTS = 100_000
"""After so many, garbage is looked for: at Python's own 700, that is a tenth of a short run."""


def begin() -> NoReturn:
    """Loads what each session needs, waits until the parent has a plan, and runs it. Without one it just ends."""
    gc.set_threshold(NEW_OBJECTS)
    for name in LOADED:
        importlib.import_module(name)
    plan_file, key = lifeline.read_line(0), lifeline.read_line(0)
    code = main(Path(plan_file), key) if key else 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # All is written and stopped; to take hundreds of modules apart first is a twentieth of a short run.


def main(plan_file: Path, key: str) -> int:
    """Runs the checks of a plan. Its exit code is believed by nobody: the events, sealed by the key, are the result."""
    plan = read_plan(plan_file)
    os.chdir(plan.work_dir)
    EventLog.of(plan.events, key.encode())
    if plan.no_network:  # before any thread: a process with threads cannot move
        place = namespace.enter()
        plan.facts.get(PLACE, lambda: place)
    ending = threading.Event()
    lifeline.watch(0, at_end=lambda let_go: _clear(plan, ending, let_go=let_go))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    names = [PLUGIN, REHEARSAL] if plan.site.kind is not Kind.LIVE else [PLUGIN]
    code = int(pytest.main(arguments(plan, plan_file), [*map(importlib.import_module, names)]))
    if ending.is_set():  # a session whose servers and pip are gone ends by itself, and sooner than all is cleared
        threading.Event().wait()
    return code


def _clear(plan: Plan, ending: threading.Event, *, let_go: bool) -> None:
    """Servers end with their lifelines, pip is stopped here. A parent that has let go removes the folder itself; where
    it is gone, nobody else does.
    """
    ending.set()
    processes.stop_all()
    bound = time.monotonic() + 30
    while not let_go and plan.work_dir.exists() and time.monotonic() < bound:
        shutil.rmtree(plan.work_dir, ignore_errors=True)
        time.sleep(0.05)  # a server that was just writing may have left something behind


def arguments(plan: Plan, plan_file: Path) -> list[str]:
    """pytest's own settings and temporary folders; nobody's conftest."""
    options = {
        "-c": INI,
        "--rootdir": plan.work_dir,
        "--basetemp": plan.work_dir / "pytest",
        "--airproof-plan": plan_file,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return [*words, "--noconftest", str(CHECKS), *plan.site.extra_checks]
