"""`--sbom`, and licences against a site's lists, on the command line: real runs on a small index."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airproof.cli import main
from airproof.custody import sbom
from airproof.custody.sbom import FILES
from airproof.record.file import encode, read_report
from airproof.record.outcome import Outcome, Verdict
from pytest_airproof.packages import Wheel
from tests.engine.running import airproof
from tests.probes.indexserver import StaticIndex
from tests.renderers.records import accepted

SBOM = "app-1.0.dist-info/sboms/parts.cdx.json"
APP = Wheel(
    "app",
    requires=("helper[fast]", 'other ; python_version < "3"'),
    stated=("License-Expression: MIT",),
    files={SBOM: b"{}"},
)
HELPER = Wheel("helper", extras={"fast": ("speed",)}, stated=("License: GPL-3.0+",))
INDEX = {"app": [APP], "helper": [HELPER], "speed": [Wheel("speed")], "other": [Wheel("other")]}
TARGET = "cp311-manylinux_2_17_x86_64"


@pytest.fixture(scope="module")
def index() -> Iterator[StaticIndex]:
    with StaticIndex(INDEX, hashed=True) as server:
        yield server


def documents(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(FILES))}


@pytest.mark.parametrize(
    "words",
    [
        ("check", "http://127.0.0.1:9/root/local/", "--sbom"),
        ("check", "http://127.0.0.1:9/root/local/", "--format", "cyclonedx"),
        ("rehearse", "--sbom"),
        ("report", "record.json", "--format", "cyclonedx"),
    ],
)
def test_without_the_library_nothing_begins(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says what to install, and no report is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sbom, "LIBRARY", "no_such_library")
    (tmp_path / "record.json").write_bytes(encode(accepted()))

    handler = signal.getsignal(signal.SIGTERM)
    try:
        code = main([*words, "--lang", "en"])
    finally:
        signal.signal(signal.SIGTERM, handler)

    said = capsys.readouterr()
    assert (2, "", 1) == (code, said.out, len(said.err.splitlines()))
    assert "airproof[sbom]" in said.err
    assert ["record.json"] == [path.name for path in tmp_path.iterdir()]


def test_an_accepted_run_writes_one_for_each_target(index: StaticIndex, tmp_path: Path) -> None:
    """From the record's inventory, with the same bytes in each rendering; another verdict leaves none behind."""
    words = ("check", index.url, "-p", "app", "--python", "python3", "--target", TARGET, "--sbom", "--lang", "en")
    ran = airproof(*words, cwd=tmp_path)

    folder = tmp_path / "airproof-report"
    report, found = read_report(folder / "record.json"), documents(folder)
    assert (Verdict.ACCEPTED, 2) == (report.verdict, len(found)), ran.stdout
    assert all(name in ran.stdout for name in found)
    for document in found.values():
        app, helper, speed = document["components"]
        needs = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
        assert ("MIT", "GPL-3.0-or-later") == tuple(part["licenses"][0]["license"]["id"] for part in (app, helper))
        assert "licenses" not in speed
        assert [SBOM] == [reference["url"] for reference in app["externalReferences"]]
        assert ([helper["bom-ref"]], [speed["bom-ref"]]) == (needs[app["bom-ref"]], needs[helper["bom-ref"]])
    inventory = {(item.project, item.sha256) for item in report.summary.inventory}
    assert inventory == {
        (part["name"], part["hashes"][0]["content"]) for each in found.values() for part in each["components"]
    }
    drawn = [airproof("report", "airproof-report/record.json", "--format", "cyclonedx", cwd=tmp_path) for _ in "ab"]
    assert drawn[0].stdout == drawn[1].stdout
    assert {TARGET, report.scope.here[0]} == {
        note["value"]
        for part in json.loads(drawn[0].stdout)["components"]
        for note in part["properties"]
        if note["name"] == "airproof:target"
    }

    ran = airproof(*words, "--deny-licence", "GPL-3.0-or-later", "--quiet", cwd=tmp_path)

    assert (1, {}) == (ran.returncode, documents(folder)), ran.stdout
    report = read_report(folder / "record.json")
    failed = [(entry.id, entry.subject) for entry in report.checks if entry.outcome is Outcome.FAILED]
    assert [("SEC03", label) for label in sorted([TARGET, report.scope.here[0]])] == sorted(
        entry for entry in failed if entry[0] == "SEC03"
    )
    assert {"app"} == {
        victim
        for entry in report.checks
        if entry.id == "SEC03"
        for finding in entry.findings
        for victim in finding.victims
    }
