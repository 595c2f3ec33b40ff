"""A new user's first minute: an export, the name of a target, and no wheel anywhere on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.record.outcome import Outcome
from pytest_airproof.packages import Wheel
from tests.engine.running import airproof, record
from tests.probes.exported import application, flow, item, write
from tests.probes.indexserver import StaticIndex

WINDOWS = "cp311-win32"
PACKAGES = (Wheel("demo-a", requires=("native",)), Wheel("native", tag=f"cp311-cp311-{WINDOWS[6:]}"), Wheel("asyncio"))


def export(folder: Path) -> None:
    good = item("A", text="fetch", packages=["demo-a"], code="import demo_a\n")
    odd = item("B", text="wait", packages=["asyncio", "nowhere"], code="import asyncio\n")
    write(folder / "export.omf", [application("Demo", flow("nightly", good), flow("weekly", good, odd))])


def test_an_export_and_a_target_are_enough(tmp_path: Path) -> None:
    """The requirements of the target are fetched by pip's own configuration; each flow has its line, with the cause."""
    export(tmp_path)
    with StaticIndex({package.name: [package] for package in PACKAGES}) as index:
        words = ("rehearse", "--flow", "export.omf", "--target", "omflow-1.2-windows")
        done = airproof(*words, cwd=tmp_path, PIP_INDEX_URL=index.url)

    report = record(tmp_path)
    found = {
        (finding.cause, victim) for entry in report.checks for finding in entry.findings for victim in finding.victims
    }
    # `asyncio` is Python's own: the stranger's package of that name was left where it is.
    assert (1, {("standard-library", "asyncio"), ("absent", "nowhere")}) == (done.returncode, found)
    shown = " ".join(done.stdout.split())
    assert f"Demo / nightly: everything is there for {WINDOWS}, 1 package(s)" in shown
    assert f"Demo / weekly: would NOT activate under {WINDOWS}, because: " in shown
    assert Outcome.PASSED in {check.outcome for check in report.checks if check.family == "MAN"}


@pytest.mark.parametrize("target", [(), ("--target", "omflow-1.2-windows")])
def test_without_an_index_the_next_step_is_said(tmp_path: Path, target: tuple[str, ...]) -> None:
    """In one sentence, with exit code 2, and without the password of the index that was asked."""
    export(tmp_path)

    nobody = {"PIP_INDEX_URL": "http://u:pw@127.0.0.1:9/", "PIP_RETRIES": "0"}
    done = airproof("rehearse", "--flow", "export.omf", *target, cwd=tmp_path, **nobody)

    assert (2, False, True) == (
        done.returncode,
        "u:pw" in done.stdout + done.stderr,
        "airproof rehearse WHEELHOUSE" in done.stderr,
    )
