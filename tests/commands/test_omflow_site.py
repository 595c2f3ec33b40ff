"""A site as OMFlow describes it: the URL from its database, the packages from its exports, two interpreters, a host."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.parts.perhost import flow_lines
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.stage import Stage, fresh_stage
from tests.engine.running import airproof, ran, record
from tests.probes.exported import application, flow, item, write
from tests.probes.omflowserver import OPEN_ROWS, SECRET, write_database
from tests.probes.pythons import two_pythons

PACKAGES = (
    Wheel("demo-a", requires=("demo-b",)),
    Wheel("demo-b"),
    Wheel("PyYAML", "6.0", modules=("yaml",)),
)
FETCH = item("FITEM_2", text="fetch", packages=["demo-a"], code="import demo_a\nimport omflow.global_obj\n")
PARSE = item("FITEM_3", text="parse", packages=["PyYAML"], code="import os, yaml\n")
AGAIN = item("FITEM_5", text="again", packages=["demo-b"], code="import demo_b\n")
FAR = item("FITEM_4", text="far", packages=["demo-b"], code="import demo_b\n", collector="c1")


@pytest.fixture(scope="module")
def index(airproof_server: DevpiServer) -> Iterator[Stage]:
    with fresh_stage(airproof_server) as stage:
        stage.upload(*PACKAGES)
        yield stage


@pytest.fixture
def site(tmp_path: Path, index: Stage) -> Path:
    """A folder with OMFlow's database and one exported application."""
    write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip_server_location": index.url})
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports / "two.omf", {"status": 200, "message": "", "result": [application("Two", flow("weekly", PARSE))]})
    write(exports / "parameters.omf", [{"name": "db", "value": SECRET, "type": "text", "shadow": True}])
    return tmp_path


@pytest.fixture
def three(site: Path) -> Path:
    """The same with two more applications, each in another form."""
    write(site / "exports" / "one.omf", [application("One", flow("nightly", FETCH))])
    write(site / "exports" / "three.omf", {"Three": [flow("yearly", AGAIN)]})
    return site


def point(site: Path, url: str) -> None:
    (site / "db.omflow").unlink()
    write_database(site / "db.omflow", {**OPEN_ROWS, "pip_server_location": url})


def check(site: Path, *words: str) -> Report:
    # On the console of an operator in Taiwan, which lacks many characters.
    words = ("check", "--omflow", "db.omflow", "--flow", "exports", *words)
    done = airproof(*words, cwd=site, PYTHONIOENCODING="cp950")
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert SECRET not in (site / "airproof-report" / "record.json").read_text(encoding="utf-8")
    return record(site)


def failed(report: Report) -> set[str]:
    """Causes of required checks."""
    return {
        finding.cause
        for entry in report.checks
        if entry.outcome is Outcome.FAILED and entry.level.value == "required"
        for finding in entry.findings
    }


def outcomes(report: Report, *ids: str) -> set[tuple[str, str]]:
    return {(entry.id, entry.outcome.value) for entry in report.checks if entry.id in ids}


def both() -> list[str]:
    """The oldest and the newest Python."""
    return [word for executable in dict.fromkeys(two_pythons()) for word in ("--python", executable)]


def test_what_omflow_says_is_judged(three: Path, index: Stage) -> None:
    """URL, packages and interpreters come from OMFlow; the flows' requirements are those of the record."""
    before = (three / "db.omflow").read_bytes()

    report = check(three, "--lang", "zh-TW")

    assert (0, set(), index.url) == (report.exit_code, failed(report), report.site.url)
    assert {"One / nightly", "Two / weekly", "Three / yearly"} == set(report.site.groups)
    ids = ("OMF01", "OMF02", "OMF06", "OMF07", "OMF11")
    assert {(id, "passed") for id in ids} == outcomes(report, *ids)
    assert before == (three / "db.omflow").read_bytes()


def test_a_mirror_without_a_way_out_is_rejected(site: Path, airproof_server: DevpiServer) -> None:
    """The online form, on a server that reaches nothing."""
    airproof_server.client.create_index("root/dead", type="mirror", mirror_url="http://127.0.0.1:9/simple/")
    try:
        point(site, f"{airproof_server.url}/root/dead/+simple/")
        report = check(site)
    finally:
        airproof_server.client.delete_index("root/dead")

    assert (1, {"mirror-without-upstream"}) == (report.exit_code, failed(report))


def test_a_wrong_index_is_rejected(site: Path, airproof_server: DevpiServer) -> None:
    """One that the server does not have."""
    point(site, f"{airproof_server.url}/root/nothing/")

    report = check(site)

    assert (1, {"wrong-index"}) == (report.exit_code, failed(report))
    assert [("Two / weekly", False, True)] == [(line.flow, line.would, line.judged) for line in flow_lines(report)]


@pytest.mark.thorough
def test_a_loopback_address_is_rejected_where_a_collector_is_elsewhere(site: Path, index: Stage) -> None:
    """The Collector's own facts are judged under its name, and the address means itself there."""
    write(site / "exports" / "far.omf", [application("Far", flow("f", FAR))])
    written = airproof("probe", "--omflow", "db.omflow", "--flow", "exports", "--out", "probe.py", cwd=site)
    answered = ran([two_pythons()[0], "probe.py", "--name", "Collector 2", "--collector"], site)
    (site / "facts.json").write_text(answered.stdout, encoding="utf-8")

    report = check(site, "--facts", "facts.json", *both()[:2])

    label = next(target for target in report.scope.targets if target.startswith("Collector-2"))
    assert (0, 1, {"loopback-for-others"}) == (written.returncode, report.exit_code, failed(report))
    assert {("HOST04", "passed"), ("PIP02", "passed"), ("PIP03", "not applicable")} <= {
        (entry.id, entry.outcome.value) for entry in report.checks if entry.subject == label
    }
    assert label not in report.scope.here
    assert {("OMF09", "passed")} == outcomes(report, "OMF09")


@pytest.mark.skipif(importlib.util.find_spec("testinfra") is None, reason="absent: pytest-testinfra")
def test_a_configured_host_without_facts_is_not_forgotten(site: Path) -> None:
    """It is broken, and the verdict inconclusive, until its answer is there."""
    (site / "airproof.toml").write_text(
        '[[host]]\nname = "Collector 2"\nfacts = "not-yet.json"\n\n[[host]]\npython = "PYTHON"\n\n'
        '[[host]]\nname = "Collector 3"\nssh = "local://?python=/no/such/python"\ncollector = true\n'.replace(
            "PYTHON", Path(two_pythons()[0]).as_posix()
        ),
        encoding="utf-8",
    )
    report = check(site)

    broken = {(entry.id, entry.subject): entry.reason for entry in report.checks if entry.outcome is Outcome.BROKEN}
    assert {(id, name) for id in ("HOST01", "HOST04") for name in ("Collector-2", "Collector-3")} <= set(broken)
    said = broken["HOST01", "Collector-3"]
    assert said is not None
    assert said.en.startswith("The host Collector-3 ")
    assert said.zh_tw.startswith("主機 Collector-3 ")
    assert ("PIP02", "passed") in outcomes(report, "PIP02")
    assert report.exit_code in (1, 3)
