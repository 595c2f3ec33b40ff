"""A run says when it is over at the latest, and is."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from airproof.engine import run
from airproof.engine.bound import HOST_TIME, OWN_TIME, QUESTIONS, time_bound
from airproof.engine.plan import Plan, new_run_dir
from airproof.engine.process import EngineProcess
from airproof.net.http import page_time
from airproof.probes.interpreters.host import ANSWER_TIME
from airproof.probes.pip.emptyenv import MAKING_TIME
from airproof.probes.pip.environment import TRYING_TIME
from airproof.probes.pip.importing import IMPORT_TIME
from airproof.record.fold import Event, RunStart
from airproof.record.outcome import Verdict
from airproof.renderers.parts.verdict import why_inconclusive
from airproof.site.group import Group
from airproof.site.hosts import Interpreter
from airproof.site.site import Kind, Site
from airproof.system.workdir import work_dir
from pytest_airproof.servers.faulty import FaultyProxy, Rule

SITE = Site(
    "http://127.0.0.1:9/root/local/",
    groups=(Group("a", ("alpha", "beta")), Group("b", ("gamma",))),
    interpreters=(Interpreter("python3", "here"),),
    timeout=5,
)


def test_the_bound_is_the_sum_of_all_waits() -> None:
    """Two groups of two and one: pip together twice, apart twice, and again beside what is installed, and for the
    canary; source distributions by themselves, the last of which may begin at the end of their time; a reading;
    imports, tried with all, without the others, and alone; one page that drips for twenty timeouts; the rest.
    """
    pip = {1: 160.0, 2: 170.0, 3: 180.0}
    waits = (
        2 * pip[3]
        + 2 * (pip[2] + pip[1])
        + pip[1]
        + pip[3]
        + TRYING_TIME
        + pip[1]
        + 3 * 3 * IMPORT_TIME
        + ANSWER_TIME
        + MAKING_TIME
    )

    assert OWN_TIME + QUESTIONS * 5 + 100.0 + waits == time_bound(SITE)
    assert OWN_TIME + QUESTIONS * 5 + 100.0 == time_bound(msgspec.structs.replace(SITE, interpreters=()))


def test_hosts_that_have_answered_are_not_waited_for_again() -> None:
    """Their pages are read once for all of them, in JSON and in HTML; each further host takes airproof's own time."""
    hosts = [Interpreter("", f"h{number}", facts=f"h{number}.json") for number in range(100)]
    of_all = time_bound(msgspec.structs.replace(SITE, interpreters=tuple(hosts)))

    assert OWN_TIME + QUESTIONS * 5 + page_time(5) + 2 * (150 + 10 * 3) + 100 * HOST_TIME == of_all


@pytest.mark.parametrize(
    "more",
    [
        {"deep": True},
        {"all_projects": True},
        {"medium": "m"},
        {"extra_checks": ("own.py",)},
        {"kind": Kind.REHEARSAL},
    ],
)
def test_what_grows_with_the_index_has_no_bound(more: dict[str, object]) -> None:
    """Nobody knows beforehand how many files there are: nothing is announced that might not be kept."""
    assert None is time_bound(msgspec.structs.replace(SITE, **more))


@pytest.mark.parametrize("heeds", [True, False])
def test_a_run_that_comes_to_its_bound_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heeds: bool) -> None:
    """An index that never answers, asked for far longer than the run may take: what is known is kept, inconclusive;
    also of an engine that heeds no interrupt, and clears its folder when it is let go.
    """
    if not heeds:
        monkeypatch.setattr(EngineProcess, "interrupt", lambda *_: None)
    passed = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0], sleep=time.sleep)
    monkeypatch.setattr(run, "time", clock)

    def follow(event: Event) -> None:
        """The engine has begun, however long that took: now the clock jumps."""
        if isinstance(event, RunStart):
            passed[0] = 1_000_000.0

    with FaultyProxy(None, Rule(hang=True)) as proxy, work_dir() as work:
        site = msgspec.structs.replace(SITE, url=f"{proxy.url}/root/local/", timeout=300.0)
        plan = Plan(site, "check", "airproof", new_run_dir(tmp_path), work)
        with EngineProcess() as process:
            report, _ = run.run_engine(plan, follow, "en", process)

    assert (True, False, False) == (report.run.overdue, report.run.finished, report.run.interrupted)
    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, report.exit_code)
    assert "time limit" in why_inconclusive(report, "en")
