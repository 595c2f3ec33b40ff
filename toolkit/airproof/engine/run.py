"""The engine as its caller sees it: a plan goes in, a report comes out, and nothing is left behind.

The checks run in a child process under pytest, in fresh folders and a cleaned environment, so that no conftest, setting
or plug-in of a stranger takes part in the verdict. The child appends events to a file; this side follows it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

import msgspec

from airproof.engine.bound import time_bound
from airproof.engine.events import EventReader
from airproof.engine.finish import finish_run
from airproof.engine.plan import Plan, write_plan
from airproof.errors import BadInput, CannotLook
from airproof.net.threads import run_abandonable
from airproof.probes.index.login import with_account
from airproof.record.fold import Event
from airproof.record.redact import Redactor
from airproof.record.report import Report
from airproof.renderers import RENDERERS
from airproof.system import workdir
from airproof.system.lifeline import Lifeline
from airproof.system.processes import without_python_settings
from airproof.words import Lang

POLL = 0.02
"""Seconds between two looks at the events."""
ENGINE_LOG = "engine.log"
"""In the report folder, where the engine did not come to its end: its own words."""
ROOM_TO_BEGIN = 128 * 1024
"""Bytes: with less than this free, an engine that could not begin had no room for its first events and facts."""
INTERRUPT_TIME = 5.0
"""Seconds that an interrupted child may take to stop its servers by itself."""


def run_engine(
    plan: Plan,
    follow: Callable[[Event], None],
    lang: Lang,
    *,
    environment: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> tuple[Report, Path]:
    """Runs the checks of a plan; `follow` is told each event as it comes. Returns the report and the record's path.

    `environment`: the surroundings that are judged, pip's configuration and proxies included; None: this process's own.
    `python`: the installation of airproof and devpi that walks and judges; None: this one.
    An interrupt (Ctrl-C) stops everything and still gives a report, of what is known; so does the run's time bound.
    Raises CannotLook where the engine itself could not begin, with its last words.
    """
    interrupted = overdue = False
    limit = time_bound(plan.site)
    last = time.monotonic() + limit - INTERRUPT_TIME if limit is not None else None
    (plan.report_dir / ENGINE_LOG).unlink(missing_ok=True)
    log = plan.work_dir / "engine.log"
    key = secrets.token_hex(32)
    reader = EventReader(plan.events, key.encode())
    around = os.environ if environment is None else environment
    plan = msgspec.structs.replace(plan, site=with_account(plan.site, around))
    with log.open("w+b") as output:
        with _child(plan, output, around, python or sys.executable, key) as child:
            if plan.draws:
                run_abandonable(RENDERERS["html"].prepare)  # this process has nothing else to do yet
            try:
                running = True
                while running:
                    running = child.poll() is None
                    for event in reader.news():
                        follow(event)
                    if running and last is not None and time.monotonic() > last:
                        overdue, running = True, False
                        _interrupt(child)
                    elif running:
                        time.sleep(POLL)
            except KeyboardInterrupt:
                interrupted = True
                workdir.interrupted.set()
                _interrupt(child)
        said = _words_of(output, plan)
    try:
        report, path = finish_run(plan, interrupted=interrupted, overdue=overdue, lang=lang, followed=reader)
        if not report.run.finished and not interrupted:  # the engine's own words are the evidence
            path.with_name(ENGINE_LOG).write_text(said, encoding="utf-8")
        return report, path
    except CannotLook as error:
        shutil.rmtree(plan.run_dir, ignore_errors=True)
        if interrupted:
            raise KeyboardInterrupt from error  # before anything was known
        if shutil.disk_usage(plan.report_dir).free < ROOM_TO_BEGIN:
            raise BadInput("report-disk-full", path=plan.report_dir) from error
        if overdue:
            raise CannotLook("engine-late", minutes=f"{(limit or 0) / 60:.0f}") from error
        reason = said.strip().rpartition("\n")[2] or "it said nothing"
        raise CannotLook("engine-died", code=child.returncode, reason=reason) from error


@contextlib.contextmanager
def _child(
    plan: Plan, output: object, environment: Mapping[str, str], python: str | Path, key: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The child, on a lifeline: when this process is gone, however, the child and its servers end. It reads the key of
    its log from there, so that no argument, variable or file shows it.
    """
    line = Lifeline()
    process = subprocess.Popen(
        [python, "-E", "-m", "airproof.engine.child", str(write_plan(plan))],
        stdin=line.child_end,
        stdout=output,  # type: ignore[call-overload] # a file, as typed by the caller
        stderr=subprocess.STDOUT,
        env=without_python_settings(environment),
        cwd=plan.work_dir,  # an empty folder: nothing there shadows a module
        start_new_session=True,  # Ctrl-C comes to this process alone, which passes it on;
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    )
    line.handed_over()
    line.say(key)
    try:
        yield process
    finally:
        line.let_go()
        process.wait()


def _interrupt(child: subprocess.Popen[bytes]) -> None:
    """Lets pytest stop its servers by itself; whatever is left ends with the lifeline."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired, KeyboardInterrupt):
            child.send_signal(signal.SIGINT)
            child.wait(INTERRUPT_TIME)


def _words_of(output: IO[bytes], plan: Plan) -> str:
    """Return the output of the engine, without secrets. Its file may be gone: an engine without its parent clears the
    folder.
    """
    output.seek(0)
    return Redactor(plan.site.secrets).text(output.read().decode("utf-8", "replace"))
