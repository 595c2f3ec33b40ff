"""Work beside the checks: its result is waited for by who wants it, and ended where nobody does."""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from airproof.facts.store import FactStore
from airproof.net.threads import result_of
from airproof.system.processes import Ran, run
from pytest_airproof.beside import Beside, Left

LONG = 60.0
HANGS = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_result_is_the_futures() -> None:
    """What the work returns."""
    with Beside() as beside:
        found = result_of(beside.begin(lambda: 7))

    assert 7 == found


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    """Not in the thread, where nobody would see it."""

    def work() -> None:
        raise OSError("no such place")

    with Beside() as beside:
        future = beside.begin(work)

        with pytest.raises(OSError, match="no such place"):
            result_of(future)


def test_commands_that_nobody_waits_for_are_stopped_one_after_the_other() -> None:
    """The second is started only when the first has been stopped, and is stopped too."""
    begun = threading.Event()
    ended: list[Ran] = []

    def work() -> None:
        begun.set()
        ended.extend(run(HANGS, timeout=LONG) for _ in range(2))

    with Beside() as beside:
        future = beside.begin(work)
        begun.wait(LONG)

    assert future.done()
    assert [False, False] == [one.ok for one in ended]


def test_what_was_stopped_is_no_fact_of_the_run(tmp_path: Path) -> None:
    """pytest may end the canary between two hosts and begin it anew: the second time it is asked again."""
    facts = FactStore(tmp_path)

    def asked(beside: Beside, words: list[str]) -> Ran:
        return facts.get("ran", Ran, partial(beside.whole, lambda: run(words, timeout=LONG)))

    with Beside() as beside:
        stopped = beside.begin(lambda: asked(beside, HANGS))
    with pytest.raises(Left):
        result_of(stopped)
    with Beside() as beside:
        ran = result_of(beside.begin(lambda: asked(beside, [sys.executable, "-c", "print('done')"])))

    assert "done" == ran.stdout.strip()
