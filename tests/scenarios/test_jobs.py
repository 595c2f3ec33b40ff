"""However many things run at a time, the result is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airproof.cli import main
from pytest_airproof.drill.run import Drill
from pytest_airproof.packages.wheels import Wheel

SCENARIOS = ("accepted-chain", "dependency-missing", "file-truncated", "other-platform")


def told(record: Path) -> Any:
    """Return the part of a record that is not of one run only, such as its times."""
    entries = json.loads(record.read_bytes())["checks"]
    return [(entry["id"], entry["subject"], entry["outcome"], entry["findings"]) for entry in entries]


def test_a_record_is_the_same_for_any_number_of_pips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, airproof_index: Any
) -> None:
    """Three groups of which two fail, so that pip is asked for each by itself."""
    monkeypatch.chdir(tmp_path)
    for wheel in (Wheel("alpha"), Wheel("gamma", requires=("absent",))):
        airproof_index.upload(wheel)
    asked = [word for name in ("alpha", "gamma", "omega") for word in ("-p", name)]
    for jobs in ("1", "8"):
        command = ["check", airproof_index.url, *asked, "--jobs", jobs, "--report-dir", jobs, "--quiet"]
        assert 1 == main(command)

    assert told(Path("1", "record.json")) == told(Path("8", "record.json"))


@pytest.mark.thorough
def test_a_drill_counts_the_same_with_any_number_of_scenarios() -> None:
    """In whatever order they come."""
    seen = [
        sorted((judged.name, judged.ok, judged.observed) for judged in Drill(only=SCENARIOS, jobs=jobs).results())
        for jobs in (1, 4)
    ]

    assert seen[0] == seen[1]
    assert [True] * len(SCENARIOS) == [ok for _, ok, _ in seen[0]]


@pytest.mark.parametrize("given", ["0", "-1", "1000", "many"])
@pytest.mark.parametrize("command", ["check http://192.0.2.1/ -p alpha", "drill"])
def test_a_number_that_cannot_be_is_refused(command: str, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything runs."""
    try:
        code = main([*command.split(), "--jobs", given])
    except SystemExit as ended:
        code = int(ended.code or 0)

    assert (2, True) == (code, given in capsys.readouterr().err)
