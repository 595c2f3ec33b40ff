"""A second trip: the closed side's record and its list of what is missing go back, and only that is carried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.cli import main
from airproof.record.file import read_report
from airproof.record.report import Report
from airproof.renderers.plan import blocks_of
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.stage import Stage, fresh_stage
from tests.medium.connected import INDEX, LINUX, WINDOWS, Carry, manifest_in

OTHER = "cp311-win_amd64"
LATER = "native-1.6-cp311-cp311-win_amd64.whl"
"""What it takes."""


@pytest.fixture
def stage(airproof_server: DevpiServer) -> Iterator[Stage]:
    """The closed side holds what was carried for one target; another one was forgotten."""
    with fresh_stage(airproof_server) as stage:
        stage.upload(INDEX["app"][0], INDEX["native"][1])
        yield stage


def judged(stage: Stage, folder: Path, *words: str) -> tuple[int, Report]:
    code = main(["check", stage.url, "--report-dir", str(folder), "--quiet", "--lang", "en", *words])
    return code, read_report(folder / "record.json")


def test_what_is_missing_there_is_all_that_is_carried(
    stage: Stage, carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """missing.txt names it for its target, the record what need not be carried again; then everything is there."""
    asked = ("-p", "app", "--target", WINDOWS, "--target", OTHER)
    first, closed = tmp_path / "first", tmp_path / "closed"
    before, _ = judged(stage, first, *asked)

    code = carry("-r", str(first / "missing.txt"), *asked, "--have", str(first / "record.json"), "--no-tools")

    said = capsys.readouterr().out.splitlines()[-1]
    manifest = manifest_in(tmp_path)
    lying = sorted(path.name for path in (tmp_path / "medium" / "wheels").iterdir())
    assert (1, 0, True) == (before, code, "together with what is there already" in said)
    assert ["backport-1.0-py3-none-any.whl", "native-1.5-cp37-cp37m-win32.whl"] == lying
    assert {"app-1.0-py3-none-any.whl", LATER} == {file.filename for file in manifest.payload if file.there}
    stage.upload(tmp_path / "medium" / "wheels")
    after, report = judged(stage, closed, "--manifest", str(tmp_path / "medium"), "--deep", "--all")
    passed = {check.id for check in report.checks if check.outcome == "passed"}
    assert (0, (WINDOWS, OTHER)) == (after, report.scope.targets)
    assert {"DEP01", "DEP04", "FIL03", "FIL04", "MED01", "MED02", "MED04", "MED05"} <= passed
    assert "# Nothing is missing" in (closed / "missing.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_what_is_listed_there_and_is_not_what_was_carried_comes_again(
    stage: Stage, airproof_server: DevpiServer, carry: Carry, tmp_path: Path, damage: str
) -> None:
    """A record that says of a file that it is not served, or has other bytes, is no proof that it need not be
    carried.
    """
    stored = next(airproof_server.serverdir.glob(f"+files/{stage.name}/+f/**/{LATER}"))
    if damage == "gone":
        stored.unlink()
    else:
        stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    before, _ = judged(stage, tmp_path / "first", "-p", "app", "--target", OTHER)

    code = carry("-p", "app", "--target", OTHER, "--have", str(tmp_path / "first" / "record.json"), "--no-tools")

    assert (1, 0) == (before, code)
    assert [LATER] == [path.name for path in (tmp_path / "medium" / "wheels").iterdir()]


def test_a_second_medium_is_named_beside_the_first(
    stage: Stage, carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report asks for both, and so nothing of the second one is surplus; with one alone, MED05 or MED04 fails."""
    first, second = tmp_path / "first", tmp_path / "second"
    carried = carry("-p", "app", "--target", OTHER, "--no-tools")
    (tmp_path / "medium").rename(first)
    stage.upload(first / "wheels")
    typed = ("-p", "app", "-p", "twin<2", "--target", OTHER, "--manifest", str(first))
    before, rejected = judged(stage, tmp_path / "before", *typed)
    commands = [command for block in blocks_of(rejected) for command in block.commands]

    again = carry("--no-tools", "-r", str(tmp_path / "before" / "missing.txt"))

    (tmp_path / "medium").rename(second)
    stage.upload(second / "wheels")
    one, judged_by_one = judged(stage, tmp_path / "one", *typed)
    both, accepted = judged(stage, tmp_path / "both", *typed, "--manifest", str(second))
    asked, _ = judged(stage, tmp_path / "asked", "--manifest", str(first), "--manifest", str(second))
    assert (0, 1, 0, 1, 0, 0) == (carried, before, again, one, both, asked)
    assert f"--manifest {first} --manifest MEDIUM" in commands[-1]
    assert ["MED05"] == [check.id for check in judged_by_one.checks if check.outcome == "failed"]
    passed = {check.id for check in accepted.checks if check.outcome == "passed"}
    assert {"DEP01", "MED01", "MED02", "MED04", "MED05"} <= passed


@pytest.mark.thorough
def test_a_platform_wheel_that_lies_on_the_medium_is_not_fetched(stage: Stage, carry: Carry, tmp_path: Path) -> None:
    """It is of the target that lacks it, and is uploaded; for another target it would be fetched."""
    carry("-p", "native", "--target", WINDOWS, "--no-tools")

    typed = ("-p", "native<1.6", "--target", WINDOWS, "--target", LINUX, "--manifest", str(tmp_path / "medium"))
    _, report = judged(stage, tmp_path / "report", *typed)

    found = {
        (check.subject, finding.fetch, finding.commands[-1:])
        for check in report.checks
        for finding in check.findings
        if check.id == "DEP01"
    }
    upload = f"devpi upload --from-dir {tmp_path / 'medium' / 'wheels'}"
    assert {(WINDOWS, "", (upload,)), (LINUX, "native<1.6", ())} == found


def test_what_is_asked_for_beside_the_medium_is_judged_for_its_targets(
    stage: Stage, carry: Carry, tmp_path: Path
) -> None:
    """A target that the medium was filled for knows only the medium's own lists."""
    carry("-p", "app", "--target", OTHER, "--no-tools")
    stage.upload(tmp_path / "medium" / "wheels")

    code, report = judged(stage, tmp_path / "report", "-p", "nowhere", "--manifest", str(tmp_path / "medium"))

    failed = {(check.id, check.subject) for check in report.checks if check.outcome == "failed"}
    assert (1, True) == (code, ("DEP01", OTHER) in failed)
