"""Code of a package that changes what a run writes down gains no acceptance."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.record.outcome import Verdict
from pytest_airproof.packages import Wheel
from tests.engine.running import airproof, record, static_index
from tests.thorough import variant

WRITES = {
    "a finish": 'run.joinpath("events.jsonl").open("a").write(\'{"event":"finish","at":"","seconds":1}\\n\')',
    "a shorter log": 'run.joinpath("events.jsonl").write_text("")',
    "another host": '[path.write_text("{}") for path in run.glob("facts/host-*.json")]',
    "one fact more": 'run.joinpath("facts", "each-project-cp311.json").write_text(\'{"seconds":0,"value":{}}\')',
}


@pytest.mark.parametrize(
    "code", [variant(code, daily=name == "another host", id=name) for name, code in WRITES.items()]
)
def test_a_run_whose_papers_were_changed_is_inconclusive(code: str, tmp_path: Path) -> None:
    """The module changes them while it is imported; all its checks pass, and the run proves nothing."""
    runs = f"pathlib.Path({str(tmp_path / 'airproof-report')!r}).glob('run-*')"
    source = f"import pathlib\nfor run in {runs}:\n    {code}\n"
    with static_index(Wheel("demo", files={"demo.py": source.encode()})) as index:
        ran = airproof("check", index.url, "-p", "demo", "--lang", "en", cwd=tmp_path)

    report = record(tmp_path)
    assert (3, Verdict.INCONCLUSIVE, True) == (ran.returncode, report.verdict, report.run.altered), ran.stdout
    assert "changed the run's own log or facts" in ran.stdout
