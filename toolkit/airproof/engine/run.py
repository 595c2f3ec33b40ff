"""The engine as its caller sees it: a plan goes in, a report comes out, and nothing is left behind.

The checks run in a process of their own under pytest, in fresh folders and a cleaned environment, so that no conftest,
setting or plug-in of a stranger takes part in the verdict. It appends events to a file; this side follows it.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from airproof.engine.bound import time_bound
from airproof.engine.events import EventReader
from airproof.engine.finish import finish_run
from airproof.engine.plan import Plan, write_plan
from airproof.engine.process import EngineProcess
from airproof.errors import BadInput, CannotLook
from airproof.net.threads import run_abandonable
from airproof.probes.index.login import with_account
from airproof.record.fold import Event
from airproof.record.redact import Redactor
from airproof.record.report import Report
from airproof.renderers import RENDERERS
from airproof.system import workdir
from airproof.words import Lang

POLL = 0.02
"""Seconds between two looks at the events."""
ENGINE_LOG = "engine.log"
"""File of the report folder with the engine's output; written if the engine did not come to its end."""
ROOM_TO_BEGIN = 128 * 1024
"""Bytes. If the engine could not begin and less than this is free, its first events and facts had no room."""
INTERRUPT_TIME = 5.0
"""Seconds that an interrupted child may take to stop its servers by itself."""


def run_engine(plan: Plan, follow: Callable[[Event], None], lang: Lang, process: EngineProcess) -> tuple[Report, Path]:
    """Run the checks of a plan, and return the report and the record's path. `follow` is called with each event.

    `process` must not have a plan yet. The environment that it was given is judged, with pip's configuration and
    proxies. The process has ended when this function returns. An interrupt (Ctrl-C) or the run's time bound stops
    everything, and still gives a report of what is known by then. Raises CannotLook, with the last line of the engine's
    output, if the engine itself could not begin, and BadInput if the disk was too full for that.
    """
    interrupted = overdue = False
    limit = time_bound(plan.site)
    last = time.monotonic() + limit - INTERRUPT_TIME if limit is not None else None
    (plan.report_dir / ENGINE_LOG).unlink(missing_ok=True)
    key = secrets.token_hex(32)
    reader = EventReader(plan.events, key.encode())
    plan = msgspec.structs.replace(plan, site=with_account(plan.site, process.environment))
    process.give(write_plan(plan), key)
    try:
        if plan.draws:
            run_abandonable(RENDERERS["html"].prepare)  # now, while this process only waits for events
        try:
            running = True
            while running:
                running = process.exit_code is None
                for event in reader.news():
                    follow(event)
                if running and last is not None and time.monotonic() > last:
                    overdue, running = True, False
                    process.interrupt(INTERRUPT_TIME)
                elif running:
                    time.sleep(POLL)
        except KeyboardInterrupt:
            interrupted = True
            workdir.interrupted.set()
            process.interrupt(INTERRUPT_TIME)
    finally:
        process.end()
    said = Redactor(plan.site.secrets).text(process.words())
    try:
        report, path = finish_run(plan, interrupted=interrupted, overdue=overdue, lang=lang, followed=reader)
        if not report.run.finished and not interrupted:  # keep the engine's output: it says why
            path.with_name(ENGINE_LOG).write_text(said, encoding="utf-8")
        return report, path
    except CannotLook as error:
        shutil.rmtree(plan.run_dir, ignore_errors=True)
        if interrupted:
            raise KeyboardInterrupt from error  # nothing is known that could be reported
        if shutil.disk_usage(plan.report_dir).free < ROOM_TO_BEGIN:
            raise BadInput("report-disk-full", path=plan.report_dir) from error
        if overdue:
            raise CannotLook("engine-late", minutes=f"{(limit or 0) / 60:.0f}") from error
        raise _never_begun(process.exit_code, said) from error


def _never_begun(code: int | None, said: str) -> CannotLook:
    """Return the error of an engine that ended before its first event. `said`: its output."""
    if code is not None and code < 0:  # by a signal; Windows has none
        return CannotLook("engine-killed", signal=-code)
    return CannotLook("engine-died", code=code, reason=said.strip().rpartition("\n")[2] or "it said nothing")
