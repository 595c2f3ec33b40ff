"""Work beside the checks: its result is waited for by who wants it, and ended where nobody does."""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from airproof.facts.background import BackgroundTasks, Stopped
from airproof.facts.store import Fact, FactStore
from airproof.net.threads import Workers, result_of
from airproof.system.processes import Ran, run

LONG = 60.0
HANGS = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_result_is_the_futures() -> None:
    """It is the value that the work returns."""
    with BackgroundTasks() as tasks:
        found = result_of(tasks.start(lambda: 7))

    assert 7 == found


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    """Not in the thread, where nobody would see it."""

    def work() -> None:
        raise OSError("no such place")

    with BackgroundTasks() as tasks:
        future = tasks.start(work)

        with pytest.raises(OSError, match="no such place"):
            result_of(future)


def test_commands_that_nobody_waits_for_are_stopped_one_after_the_other() -> None:
    """The second is started only when the first has been stopped, and is stopped too."""
    begun = threading.Event()
    ended: list[Ran] = []

    def work() -> None:
        begun.set()
        ended.extend(run(HANGS, timeout=LONG) for _ in range(2))

    with BackgroundTasks() as tasks:
        future = tasks.start(work)
        begun.wait(LONG)

    assert future.done()
    assert [False, False] == [ran.ok for ran in ended]


def test_what_was_stopped_is_no_fact_of_the_run(tmp_path: Path) -> None:
    """pytest may end the canary between two hosts and begin it anew: the second time it is asked again."""
    facts = FactStore(tmp_path)

    def asked(tasks: BackgroundTasks, words: list[str]) -> Ran:
        return facts.get(Fact("ran", Ran), partial(tasks.unless_stopped, lambda: run(words, timeout=LONG)))

    with BackgroundTasks() as tasks:
        stopped = tasks.start(lambda: asked(tasks, HANGS))
    with pytest.raises(Stopped):
        result_of(stopped)
    with BackgroundTasks() as tasks:
        ran = result_of(tasks.start(lambda: asked(tasks, [sys.executable, "-c", "print('done')"])))

    assert "done" == ran.stdout.strip()


def test_children_of_others_go_on() -> None:
    """The end of one group of tasks stops its own children, those of its pools included, and nobody else's."""

    def hang(running: threading.Event) -> Ran:
        command = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
        return run(command, timeout=LONG, heard=lambda _: running.set())

    def hang_in_a_pool(running: threading.Event) -> Ran:
        with Workers(1) as pool:
            return pool.submit(hang, running).result()

    theirs, ours = threading.Event(), threading.Event()
    with BackgroundTasks() as others:
        other = others.start(partial(hang, theirs))
        theirs.wait(LONG)
        with BackgroundTasks() as tasks:
            task = tasks.start(partial(hang_in_a_pool, ours))
            ours.wait(LONG)

        assert not result_of(task).ok
        assert not other.done()
