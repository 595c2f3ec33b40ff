"""The child process that runs the checks: it enters a place without network, watches its lifeline, and calls pytest."""

from __future__ import annotations

import gc
import importlib
import json
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
"""Modules that take long to import and that each session uses: imported while the parent still makes the plan."""
REHEARSAL = "pytest_airproof.rehearsal.plugin"
"""The fixtures of a rehearsal; a live site needs none."""
NEW_OBJECTS = 100_000
"""New objects after which Python looks for garbage: with its default of 700 this takes a tenth of a short run."""


def begin() -> NoReturn:
    """Load what each session needs, wait until the parent gives a plan, and run it; without a plan, just end."""
    gc.set_threshold(NEW_OBJECTS)
    for name in LOADED:
        importlib.import_module(name)
    plan_file, key = lifeline.read_line(0), lifeline.read_line(0)
    code = main(Path(json.loads(plan_file)), key) if key else 0
    processes.stop_all()  # an interrupt leaves what other threads have started
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is written and stopped. Python's regular exit would first clear hundreds of modules, which takes a
    # twentieth of a short run.
    os._exit(code)


def main(plan_file: Path, key: str) -> int:
    """Run the checks of a plan, and return pytest's exit code.

    Nothing relies on this code: the events, sealed by the key, are the result.
    """
    plan = read_plan(plan_file)
    os.chdir(plan.work_dir)
    EventLog.of(plan.events, key.encode())
    if plan.no_network:  # before any thread starts: the system moves no process that has several
        place = namespace.enter()
        plan.facts.get(PLACE, lambda: place)
    ending = threading.Event()
    lifeline.watch(0, at_end=lambda let_go: _clear(plan, ending, let_go=let_go))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    names = [PLUGIN, REHEARSAL] if plan.site.kind is not Kind.LIVE else [PLUGIN]
    code = int(pytest.main(arguments(plan, plan_file), [*map(importlib.import_module, names)]))
    # The lifeline was cut, and the session may have ended early. Wait for the lifeline: its thread clears up, then ends
    # this process. To return here would end the process before everything is cleared.
    if ending.is_set():
        threading.Event().wait()
    return code


def _clear(plan: Plan, ending: threading.Event, *, let_go: bool) -> None:
    """Clean up after the lifeline was cut: stop every pip. The servers end with their own lifelines.

    A parent that has let go (`let_go`) removes the work folder itself; if the parent is gone, it is removed here.
    """
    ending.set()
    processes.stop_all()
    bound = time.monotonic() + 30
    while not let_go and plan.work_dir.exists() and time.monotonic() < bound:
        shutil.rmtree(plan.work_dir, ignore_errors=True)
        time.sleep(0.05)  # a server that was still writing may have made new files: try again


def arguments(plan: Plan, plan_file: Path) -> list[str]:
    """Return pytest's arguments: airproof's settings, temporary folders in the work folder, and no conftest."""
    options = {
        "-c": INI,
        "--rootdir": plan.work_dir,
        "--basetemp": plan.work_dir / "pytest",
        "--airproof-plan": plan_file,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return [*words, "--noconftest", str(CHECKS), *plan.site.extra_checks]
