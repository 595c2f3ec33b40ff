"""However a run is ended, nothing is left: no process, no temporary folder; and what was known so far is saved."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # its types are another distribution
import pytest

from airproof.engine.process import BEGIN
from airproof.record.outcome import Verdict
from tests.engine.running import SCRIPT, environment, record

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
WAIT = 120
"""Seconds; only to catch a hang."""
GONE_SECONDS = 30
"""After its parent everything is gone within tenths of a second; only to tell what stays from what is slow."""


class Rehearsal:
    """A rehearsal that runs as a child, with a temporary folder of its own, so that whatever is left is seen."""

    def __init__(self, at: Path, *words: str) -> None:
        self.cwd, self.temporary = at / "cwd", at / "temporary"
        for folder in (self.cwd, self.temporary):
            folder.mkdir()
        self.process = subprocess.Popen(
            [str(SCRIPT), "rehearse", "--lang", "en", *words],
            cwd=self.cwd,
            env=environment(TMPDIR=str(self.temporary)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.said.append(line)

    def wait_for(self, words: str) -> None:
        """Until the progress says so."""
        bound = time.monotonic() + WAIT
        while not any(words in line for line in self.said):
            assert time.monotonic() < bound, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.02)

    def end(self) -> tuple[int, str]:
        """Its exit code and output."""
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        code = self.process.wait(WAIT)
        self._reader.join(WAIT)
        return code, output

    def processes(self) -> list[psutil.Process]:
        """Processes that run in its temporary folder or have it in their command line, dead ones left out."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                mine = any(str(self.temporary) in word for word in (process.cwd(), *process.cmdline()))
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def left(self) -> tuple[list[list[str]], list[str]]:
        """Return the rest after the time is over: command lines, and entries of the temporary folder."""
        bound = time.monotonic() + GONE_SECONDS
        while (self.processes() or os.listdir(self.temporary)) and time.monotonic() < bound:  # noqa: PTH208 - names
            time.sleep(0.05)
        return [process.cmdline() for process in self.processes()], os.listdir(self.temporary)  # noqa: PTH208 - names

    def engine(self) -> psutil.Process:
        """The child in which the checks run."""
        return next(process for process in self.processes() if BEGIN in process.cmdline())

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                self._reader.join(1)
                pipe.close()
        self.process.wait(WAIT)


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Callable[..., Rehearsal]]:
    """Starts rehearsals, and ends what a failing test leaves."""
    started: list[Rehearsal] = []

    def start(*words: str) -> Rehearsal:
        started.append(Rehearsal(tmp_path, *words))
        return started[-1]

    yield start
    for entry in started:
        entry.stop()


@pytest.mark.parametrize(
    ("number", "at"),
    [
        pytest.param(signal.SIGINT, "upload the folder", marks=pytest.mark.thorough),
        pytest.param(signal.SIGTERM, "make the index", marks=pytest.mark.thorough),
        (signal.SIGHUP, "upload the folder"),
    ],
)
def test_an_interrupted_rehearsal_saves_what_is_known(
    rehearsal: Callable[..., Rehearsal], number: signal.Signals, at: str
) -> None:
    """Ctrl-C, a request to end, a terminal that is closed: exit 130, a record that says so, and nothing left."""
    run = rehearsal()
    run.wait_for(at)
    lived = len(run.processes())

    run.process.send_signal(number)
    code, output = run.end()

    report = record(run.cwd)
    assert (130, True, False) == (code, report.run.interrupted, report.run.finished)
    assert (130, Verdict.INCONCLUSIVE) == (report.exit_code, report.verdict)
    assert "airproof-report/record.json" == output.splitlines()[-1]
    assert (True, ([], [])) == (lived > 1, run.left())
    assert not any("Traceback" in line for line in run.said)
    assert [] == list((run.cwd / "airproof-report").glob("run-*"))


@pytest.mark.thorough
def test_an_impatient_second_interrupt_leaves_nothing_either(rehearsal: Callable[..., Rehearsal]) -> None:
    """Ctrl-C twice: the second one may cost the record, never the cleaning up."""
    run = rehearsal()
    run.wait_for("upload the folder")

    run.process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    run.process.send_signal(signal.SIGINT)
    code, _ = run.end()

    assert (130, ([], [])) == (code, run.left())
    assert not any("Traceback" in line for line in run.said)


def test_a_killed_rehearsal_leaves_nothing(rehearsal: Callable[..., Rehearsal]) -> None:
    """SIGKILL, when nobody can clean up: the servers and the engine end by themselves, and take the folder along."""
    run = rehearsal()
    run.wait_for("pip resolves")
    lived = len(run.processes())

    run.process.kill()
    left = run.left()

    assert (True, ([], [])) == (lived > 1, left)


def test_a_killed_engine_is_inconclusive(rehearsal: Callable[..., Rehearsal]) -> None:
    """The engine dies in the middle: what it had judged is kept, nothing is accepted, and its own words are saved."""
    run = rehearsal()
    run.wait_for("pip resolves")

    run.engine().kill()
    code, output = run.end()

    report = record(run.cwd)
    assert (3, 3, Verdict.INCONCLUSIVE) == (code, report.exit_code, report.verdict)
    assert (False, False) == (report.run.finished, report.run.interrupted)
    assert 0 < report.counts["passed"]
    assert "INCONCLUSIVE" in output
    assert ([], []) == run.left()
