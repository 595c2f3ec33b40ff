"""Pages in HTML and in JSON that differ: each pip is judged by the form that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Report
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from tests.engine.running import DEMO, airproof, record
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import python_with_pip

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
EMPTY = b'{"meta": {"api-version": "1.0"}, "name": "demo", "files": []}'
BROKEN = {
    "error": Rule("/simple/*", accept="json", status=500, body=b"error"),
    "refused": Rule("/simple/*", accept="json", status=406, body=b"no such type"),
    "empty": Rule("/simple/*", accept="json", body=EMPTY, headers={"Content-Type": JSON_TYPE}),
    "no-json": Rule("/simple/*", accept="json", body=b"{{{", headers={"Content-Type": JSON_TYPE}),
}
FAULTS_OF_AIRPROOF = ("its own answer lacks", "does not speak of everything")


def broken_of(report: Report) -> list[str]:
    return [check.reason.en for check in report.checks if check.outcome is Outcome.BROKEN and check.reason is not None]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize(
    ("least", "below", "verdict"), [("20.3", "22.0", Verdict.ACCEPTED), ("22.2", "99", Verdict.REJECTED)]
)
def test_a_broken_negotiation_concerns_the_pips_that_negotiate(
    kind: str, least: str, below: str, verdict: Verdict, tmp_path: Path
) -> None:
    """pip 20.3.4 reads the HTML and installs, later ones fail (measured, 20.3.4, 22.2.2, 24.2 and 26.3). In no case is
    it a fault of airproof's own.
    """
    python = python_with_pip(Version(least), Version(below))
    if python is None:
        pytest.skip(f"absent: pip from {least} on and below {below}")
    packages = {wheel.name: [wheel] for wheel in DEMO}
    with StaticIndex(packages, hashed=True) as index, FaultyProxy(f"http://{index.destination}", BROKEN[kind]) as proxy:
        ran = airproof("check", f"{proxy.url}/simple/", "-p", "demo", "--python", python, cwd=tmp_path)

    report = record(tmp_path)
    assert (verdict, []) == (report.verdict, broken_of(report)), ran.stdout
    assert [] == [words for words in FAULTS_OF_AIRPROOF if words in ran.stdout]
