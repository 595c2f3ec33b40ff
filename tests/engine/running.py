"""Runs airproof, or somebody's own pytest, as a child on a small site, and reads what came of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from airproof.record.file import read_report
from airproof.record.report import Report
from pytest_airproof.packages import Wheel
from tests.probes.indexserver import StaticIndex

SCRIPT = Path(sysconfig.get_path("scripts")) / ("airproof.exe" if os.name == "nt" else "airproof")
WAIT = 180
"""Seconds; only to catch a hang."""
DEMO = (Wheel("demo", requires=("demo-lib",)), Wheel("demo-lib"))
FOREIGN = ("PYTEST_", "PIP_", "AIRPROOF_")


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what an outer pytest, a proxy or the machine's pip configuration adds."""
    kept: dict[str, str] = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and not name.lower().endswith("_proxy")
    }
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "LC_ALL": "C.UTF-8", **more}


def ran(command: Sequence[str], cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=WAIT,
        check=False,
    )


def airproof(*words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line, by its installed script: `python -m` would put the folder in front of all modules."""
    return ran([str(SCRIPT), *words], cwd, **more)


def own_pytest(
    url: str, *words: str, cwd: Path, python: Sequence[str] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    """Somebody's own pytest on the checks; `python`: switches of the interpreter, such as -O."""
    checks = ("--pyargs", "airproof.checks", "--airproof-url", url)
    return ran([sys.executable, *python, "-m", "pytest", *checks, *words], cwd, **more)


def record(cwd: Path) -> Report:
    """The record that a run in this folder has written."""
    return read_report(cwd / "airproof-report" / "record.json")


def judgement(report: Report) -> dict[str, Any]:
    """Return what two ways of running must agree on: verdict, outcomes, findings, and why others did not run."""
    entries = {
        f"{check.id}:{check.subject}": (check.outcome, check.blocked_by, msgspec.to_builtins(check.findings))
        for check in report.checks
    }
    return {"verdict": report.verdict, "exit_code": report.exit_code, "counts": report.counts, "checks": entries}


def static_index(*packages: Wheel, credentials: str | None = None) -> StaticIndex:
    """An index that is not devpi, with hashes, which remembers every request."""
    links: dict[str, list[str]] = {}
    for package in packages:
        digest = hashlib.sha256(package.content()).hexdigest()
        links.setdefault(package.name, []).append(f"/files/{package.filename}#sha256={digest}")
    return StaticIndex({"": packages}, links=links, credentials=credentials)
