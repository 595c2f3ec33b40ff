"""The end of a run: what stands on standard output."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
import pytest

from airproof.commands.run import pasted_line, show
from airproof.record.report import Report
from tests.renderers.records import accepted, rejected


def shown(report: Report, folder: Path, capsys: pytest.CaptureFixture[str], **given: object) -> str:
    options = {"lang": "en", "format": "terminal", "verbose": False, "quiet": False} | given
    show(report, folder / "record.json", argparse.Namespace(**options))
    return capsys.readouterr().out


def test_the_last_lines_name_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report and, if something has to be fetched, the list of it; the record stays the last line of all."""
    *_, report, missing, record = shown(rejected(), tmp_path, capsys).splitlines()

    assert f"Report: {tmp_path / 'report.html'}" == report
    assert f"To fetch on the connected machine: {tmp_path / 'missing.txt'}" == missing
    assert str(tmp_path / "record.json") == record
    assert "missing.txt" not in shown(accepted(), tmp_path, capsys)
    assert "report.html" not in shown(rejected(), tmp_path, capsys, quiet=True)


def test_another_format_stands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads it: no line of ours stands before or behind it."""
    assert "rejected" == json.loads(shown(rejected(), tmp_path, capsys, format="json"))["verdict"]
    assert shown(rejected(), tmp_path, capsys, format="markdown").startswith("## REJECTED")


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["check", "http://192.0.2.10/root/", "-p", "a>=2"], 'airproof check http://192.0.2.10/root/ -p "a>=2"'),
        (["check", "--waive=SRV03=lab only", "-q"], 'airproof check --waive="SRV03=lab only" -q'),
        (["check", "-p", "$(reboot)"], ""),
        ([], ""),
    ],
)
def test_the_command_that_asks_again_can_be_pasted(typed: list[str], line: str) -> None:
    """Quoted where it has to be; one that some shell would read otherwise is left out."""
    assert line == pasted_line(typed)


def test_a_report_without_a_command_line_has_no_command_to_repeat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody's own pytest was not called by airproof."""
    made = rejected()
    again = msgspec.structs.replace(made, run=msgspec.structs.replace(made.run, again="airproof check URL"))

    assert "airproof check URL" not in shown(made, tmp_path, capsys)
    assert "    airproof check URL\n" in shown(again, tmp_path, capsys)
