"""From a check's finding to the record: words, commands, and text from outside that is no text."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from airproof.catalog import load_catalog
from airproof.check import Finding
from airproof.engine.events import EventLog, EventReader
from airproof.engine.notes.around import around
from airproof.engine.plan import Plan
from airproof.engine.recorder import Recorder
from airproof.facts.keys import MEDIUM
from airproof.probes.media import Medium
from airproof.record.fold import Progress, Result, RunStart
from airproof.record.outcome import Outcome
from airproof.record.redact import Redactor
from airproof.record.report import SiteSummary, Tool
from airproof.site.hosts import Interpreter
from airproof.site.manifest import CarriedFile, Manifest
from airproof.site.site import Site
from airproof.words import Text

URL = "http://192.0.2.10:3141/root/local/"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    site = Site(URL, interpreters=(Interpreter("python3", "cp311-linux"), Interpreter("py37", "cp37-linux")))
    return Plan(site, "check", "airproof", tmp_path, tmp_path)


def recorder(plan: Plan, *secrets: str) -> Recorder:
    return Recorder(plan, load_catalog(), Redactor(secrets))


def missing(requirement: str) -> Finding:
    values = {"project": "demo", "requirement": requirement, "label": "cp311-linux", "path": "-p", "versions": "1.0"}
    return Finding("version-absent", [], requirement, ("demo",), values)


UPLOAD = ("devpi use http://192.0.2.10:3141/root/local", "devpi login root", "devpi upload --from-dir MEDIUM/wheels")


def test_a_finding_is_recorded_with_what_to_do_at_each_place(plan: Plan) -> None:
    """A missing package is fetched on the connected side; the upload names its index, and logs in."""
    found = recorder(plan).recorded(missing("demo>=2"))

    assert ((), "demo>=2", (), UPLOAD) == (found.commands, found.fetch, found.outside, found.inside)


def test_a_command_that_a_value_would_turn_is_left_out(plan: Plan) -> None:
    """A value that cannot be quoted alike for every shell is told in the sentences only."""
    values = {"filename": "x.zip", "project": "demo$(reboot)", "release": "demo$(reboot)", "said": "-", "pip": "26.0"}
    values |= {"label": "here", "groups": "-p"}
    found = recorder(plan).recorded(Finding("sdist-build-failed", "", "exit code 0", ("demo",), values))

    assert ((), UPLOAD) == (found.outside, found.inside)


def test_a_command_that_holds_a_secret_is_left_out(plan: Plan) -> None:
    """Masked it would not run, and unmasked it may not be told."""
    values = {"filename": "x.zip", "project": "demo", "release": "hunter2", "said": "-", "pip": "26.0"}
    values |= {"label": "here", "groups": "-p"}
    finding = Finding("sdist-build-failed", "", "exit code 0", ("demo",), values)

    assert ("pip wheel hunter2 -w MEDIUM/wheels",) == recorder(plan).recorded(finding).outside
    assert () == recorder(plan, "hunter2").recorded(finding).outside


def test_what_lies_on_the_medium_is_not_fetched_again(plan: Plan) -> None:
    """It is uploaded from there, here and now."""
    file = CarriedFile("wheels/demo-2.0-py3-none-any.whl", "demo", "2.0", 1, "0" * 64, {})
    manifest = Manifest("airproof.medium/1", "0", "2026-01-31T08:00:00Z", True, (), None, (), (file,))
    plan.facts.get(MEDIUM, lambda: Medium("/media/stick", manifest, (), (), (), 1))

    found = recorder(plan).recorded(missing("demo>=2"))
    other = recorder(plan).recorded(missing("demo>=3"))

    assert ("", (), "devpi upload --from-dir /media/stick/wheels") == (found.fetch, found.inside, found.commands[-1])
    assert found.remedy.en == "It need not be fetched: it lies in /media/stick/wheels. Upload that folder."
    assert "demo>=3" == other.fetch


def test_white_space_of_a_value_does_not_break_a_sentence(plan: Plan) -> None:
    """A value with line ends is folded into one line."""
    says = recorder(plan).recorded(missing("demo\n\n>=2\t")).says

    assert "meets demo >=2;" in says.en
    assert "符合 demo >=2 的版本" in says.zh_tw


def test_an_event_that_is_no_text_is_written_by_its_escapes(plan: Plan) -> None:
    """A folder whose name is not UTF-8 does not end the run; other events are written as they are."""
    site = SiteSummary("live", URL, {"caf\udce9.txt": ("demo",)}, "pip", False, wheelhouse="caf\udce9")
    start = RunStart(Tool("airproof", "0", "3"), "check", "airproof", "2026-01-31T08:00:00Z", site, (), (), False)
    said = Result("PIP02", "", Outcome.BROKEN, 0.1, reason=Text("caf\udce9", "套件"))
    log = EventLog(plan.events)
    for event in (start, said, Progress("pip", {"label": "套件"})):
        log.write(event)

    events = EventReader(plan.events).news()

    assert [
        msgspec.structs.replace(
            start, site=msgspec.structs.replace(site, groups={"caf\\udce9.txt": ("demo",)}, wheelhouse="caf\\udce9")
        ),
        msgspec.structs.replace(said, reason=Text("caf\\udce9", "套件")),
        Progress("pip", {"label": "套件"}),
    ] == events


def test_interpreters_of_the_site_are_here(plan: Plan) -> None:
    """The verdict's name for this machine comes from the site, not from a guess."""
    scope = around(plan.site, None, {}).scope

    assert ("cp311-linux", "cp37-linux") == scope.targets == scope.here
    assert around(Site(URL), None, {}).scope.here == ()
