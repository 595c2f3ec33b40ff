"""A second trip: the closed side's record and its list of what is missing go back, and only that is carried."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.cli import main
from airproof.record.report import Report, read_report
from pytest_airproof.devpi import DevpiServer
from pytest_airproof.packages import Wheel
from pytest_airproof.stage import Stage, fresh_stage
from tests.medium.connected import INDEX, LINUX, WINDOWS, Carry, manifest_in


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
    asked = ("-p", "app", "--target", WINDOWS, "--target", LINUX)
    first, closed = tmp_path / "first", tmp_path / "closed"
    before, _ = judged(stage, first, *asked)

    code = carry("-r", str(first / "missing.txt"), *asked, "--have", str(first / "record.json"), "--no-tools")

    said = capsys.readouterr().out.splitlines()[-1]
    manifest = manifest_in(tmp_path)
    lying = sorted(path.name for path in (tmp_path / "medium" / "wheels").iterdir())
    assert (1, 0, True) == (before, code, "together with what is there already" in said)
    assert ["backport-1.0-py3-none-any.whl", "native-1.5-cp37-cp37m-win32.whl"] == lying
    assert {"app-1.0-py3-none-any.whl", "native-2.0-cp311-cp311-manylinux_2_17_x86_64.whl"} == {
        one.filename for one in manifest.payload if one.there
    }
    stage.upload(tmp_path / "medium" / "wheels")
    after, report = judged(stage, closed, "--manifest", str(tmp_path / "medium"), "--deep")
    passed = {one.id for one in report.checks if one.outcome == "passed"}
    assert (0, True) == (after, {"DEP01", "FIL03", "FIL04", "MED01", "MED02", "MED04", "MED05"} <= passed)
    assert "# Nothing is missing" in (closed / "missing.txt").read_text(encoding="utf-8")


def test_what_is_listed_there_and_gone_is_carried_again(
    stage: Stage, airproof_server: DevpiServer, carry: Carry, tmp_path: Path
) -> None:
    """A record that says of a file that it is not served is no proof that it need not be carried."""
    lost = "native-2.0-cp311-cp311-manylinux_2_17_x86_64.whl"
    next(airproof_server.serverdir.glob(f"+files/{stage.name}/+f/**/{lost}")).unlink()
    before, _ = judged(stage, tmp_path / "first", "-p", "app", "--target", LINUX)

    code = carry("-p", "app", "--target", LINUX, "--have", str(tmp_path / "first" / "record.json"), "--no-tools")

    assert (1, 0) == (before, code)
    assert [lost] == [path.name for path in (tmp_path / "medium" / "wheels").iterdir()]


def test_a_list_for_an_interpreter_is_fed_back_too(stage: Stage, carry: Carry, tmp_path: Path) -> None:
    """The check of an interpreter, without any target, names it so that carry knows what to fetch."""
    judged(stage, tmp_path / "first", "-p", "backport", "--python", sys.executable, "--no-import")

    code = carry("-r", str(tmp_path / "first" / "missing.txt"), "--no-tools")

    assert (0, ["backport"]) == (code, [one.project for one in manifest_in(tmp_path).payload])
    assert Wheel("backport").content() == (tmp_path / "medium/wheels/backport-1.0-py3-none-any.whl").read_bytes()
