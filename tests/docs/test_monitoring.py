"""The files of docs/monitoring: what they name exists, and what they run works."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from airproof.record.outcome import Verdict
from airproof.renderers.openmetrics import METRICS
from tests.docs.looking import understood
from tests.docs.pages import ROOT

FOLDER = ROOT / "docs" / "monitoring"
RECORD = ROOT / "tests" / "data" / "records" / "0.1.0" / "rejected-flows-and-hosts.json"
AIRPROOF = "/opt/airproof/bin/airproof"


def unit() -> str:
    return (FOLDER / "airproof.service").read_text(encoding="utf-8")


def commands() -> dict[str, str]:
    return dict(re.findall(r"^(ExecStart\w*)=(.*)$", unit(), re.MULTILINE))


def test_the_alerts_ask_for_what_is_there() -> None:
    """Each name is a metric's, each verdict one of the three, and both pages name every metric."""
    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    asked = " ".join(rule["expr"] for rule in rules)

    assert 4 == len(rules)
    assert set(re.findall(r"airproof_\w+", asked)) <= set(METRICS)
    assert set(re.findall(r'verdict="(\w+)"', asked)) <= {verdict.value for verdict in Verdict}
    for lang in ("", ".zh-TW"):
        page = (ROOT / "docs" / f"monitoring{lang}.md").read_text(encoding="utf-8")
        assert list(METRICS) == re.findall(r"^\| `(airproof_\w+)`", page, re.MULTILINE)


def test_the_unit_runs_what_the_command_line_takes() -> None:
    """With the codes of a verdict that is no failure of the unit."""
    words = shlex.split(commands()["ExecStart"])

    assert (AIRPROOF, True) == (words[0], understood(words[1:]))
    assert "SuccessExitStatus=1 3" in unit()


@pytest.mark.skipif(sys.platform == "win32", reason="absent: sh")
def test_the_unit_puts_the_metrics_in_their_place(tmp_path: Path) -> None:
    """Also of a record that was rejected, whose exit code is not 0."""
    (tmp_path / "airproof-report").mkdir()
    shutil.copy(RECORD, tmp_path / "airproof-report" / "record.json")
    line = commands()["ExecStartPost"].replace(AIRPROOF, f"{sys.executable} -m airproof")
    words = shlex.split(line.replace("/var/lib/node_exporter/", f"{tmp_path}/"))

    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert (0, "") == (ended.returncode, ended.stderr)
    assert 'verdict="rejected"} 1\n' in (tmp_path / "airproof.prom").read_text(encoding="utf-8")
    assert not (tmp_path / "metrics.new").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="absent: sh")
def test_metrics_that_could_not_be_drawn_replace_none(tmp_path: Path) -> None:
    """Without a record the last ones stay, and their age tells it."""
    (tmp_path / "airproof.prom").write_text("the last ones\n", encoding="utf-8")
    line = commands()["ExecStartPost"].replace(AIRPROOF, f"{sys.executable} -m airproof")

    ended = subprocess.run(
        shlex.split(line.replace("/var/lib/node_exporter/", f"{tmp_path}/")),
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert 0 != ended.returncode
    assert "the last ones\n" == (tmp_path / "airproof.prom").read_text(encoding="utf-8")


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """As it stands there, but for the program, which is not installed here."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("absent: systemd-analyze")
    (tmp_path / "airproof.service").write_text(unit().replace(AIRPROOF, "/bin/true"), encoding="utf-8")
    shutil.copy(FOLDER / "airproof.timer", tmp_path)
    command = [found, "verify", "--man=no", str(tmp_path / "airproof.service"), str(tmp_path / "airproof.timer")]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert [] == [line for line in ended.stderr.splitlines() if "airproof." in line]
    assert 0 == ended.returncode, ended.stderr
