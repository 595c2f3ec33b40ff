"""A run ends within what it announced: as many waits as it has questions, and each within its limit."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.stage import Stage
from tests.engine.running import DEMO, record
from tests.live.measured import measured
from tests.thorough import variant

LIMIT = 1.0
TARGET = ("--target", "cp37-win32")
"""airproof reads by itself, and no pip is asked."""
QUESTIONS = 24
"""Waits of a run with two requirements and one target whose pages do not come; what breaks off is asked again."""
TROUBLES = {
    "hangs": Rule(hang=True),
    "drips": Rule(drip=1.0),
    "endless": Rule(endless=True, body=b"x" * 100),
    "refuses": Rule(refuse=True),
}


@pytest.mark.parametrize("trouble", [variant(name, daily=name == "hangs") for name in TROUBLES])
def test_pages_that_do_not_come_cost_one_limit_each(airproof_index: Stage, trouble: str, tmp_path: Path) -> None:
    """The questions are counted: nothing is asked again and again, and the whole is bounded by their waits."""
    airproof_index.upload(*DEMO)
    words = ("-p", "demo", "-p", "demo-lib", *TARGET, "--timeout", f"{LIMIT:g}", "--no-login")
    paths = [f"/{airproof_index.name}/{name}*" for name in ("demo", "+simple/demo")]
    rules = [replace(TROUBLES[trouble], path=path) for path in paths]
    with FaultyProxy(airproof_index.server.url, *rules) as proxy:
        ran = measured(tmp_path, "check", f"{proxy.url}/{airproof_index.name}/", *words)
        waits = [request.path for request in proxy.requests if "/demo" in request.path]

    assert 1 == ran.code, ran.output
    bound = record(tmp_path).run.bound
    assert 2 <= len(waits) <= QUESTIONS
    assert bound is not None
    assert ran.seconds < bound
    assert f"stops after {math.ceil(bound / 60)} min" in ran.output
