"""However many things run at a time, the result is the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from airproof.cli import main
from pytest_airproof.drill.run import Drill
from pytest_airproof.packages.wheels import Wheel

SCENARIOS = ("accepted-chain", "dependency-missing", "file-truncated", "other-platform")


@contextmanager
def pinned(count: int) -> Iterator[None]:
    """This process and its children may use so many processors, as under `taskset`; elsewhere than on Linux all."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def told(record: Path) -> Any:
    """Return the part of a record that is not of one run only, such as its times."""
    entries = json.loads(record.read_bytes())["checks"]
    return [(entry["id"], entry["subject"], entry["outcome"], entry["findings"]) for entry in entries]


GROUPS = tuple(word for name in ("alpha", "gamma", "omega") for word in ("-p", name))
"""pip is asked for each by itself: a dependency of the second is absent, and so is the third."""
IMPORTS = ("-r", "many.txt", "--deep")
"""Five imports, of which one fails; each file is looked into."""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (GROUPS, {"absent", "dependency-missing"}),
        pytest.param(IMPORTS, {"import-fails"}, marks=pytest.mark.thorough),
    ],
)
def test_a_record_is_the_same_for_any_number_of_jobs(
    asked: tuple[str, ...], expected: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, airproof_index: Any
) -> None:
    """Also on one processor."""
    monkeypatch.chdir(tmp_path)
    many = [*(Wheel(f"beta{number}") for number in range(4)), Wheel("broken", files={"broken.py": b"import nowhere"})]
    for wheel in (Wheel("alpha"), Wheel("gamma", requires=("absent",)), *many):
        airproof_index.upload(wheel)
    Path("many.txt").write_text("\n".join(wheel.name for wheel in many), encoding="utf-8")
    for folder, jobs in {"one": ("--jobs", "1"), "eight": ("--jobs", "8"), "pinned": ()}.items():
        with pinned(1) if folder == "pinned" else nullcontext():
            assert 2 > main(["check", airproof_index.url, *asked, *jobs, "--report-dir", folder, "--quiet"])

    one, eight, on_one = (told(Path(folder, "record.json")) for folder in ("one", "eight", "pinned"))
    assert one == eight == on_one
    assert expected <= {finding["cause"] for _, _, _, findings in one for finding in findings}


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
