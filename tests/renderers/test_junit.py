"""JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from airproof.check import Level
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.junit import render
from tests.renderers.parsed import parsed_xml
from tests.renderers.records import SAMPLES, accepted, entry, finding, inconclusive, rejected, report, text

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
}


def tree(made: Report) -> ET.Element:
    return parsed_xml(render(made, "en"))


def results(made: Report) -> list[tuple[str, str]]:
    """The first word of each case's name and what became of it, but for the verdict's own."""
    cases = tree(made).findall(".//testcase")[:-1]
    states = ("failure", "error", "skipped")
    return [
        (case.attrib["name"].split()[0], next((child.tag for child in case if child.tag in states), "passed"))
        for case in cases
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_structure_is_what_ci_systems_read(name: str) -> None:
    """Only known elements, in known places, with the attributes that they need."""
    for element in tree(SAMPLES[name]()).iter():
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sums_are_right(name: str) -> None:
    """tests, failures, errors and skipped count what is there, and no case has two states."""
    root = tree(SAMPLES[name]())
    counted = {
        "tests": len(root.findall(".//testcase")),
        "failures": len(root.findall(".//failure")),
        "errors": len(root.findall(".//error")),
        "skipped": len(root.findall(".//skipped")),
    }
    suite = root.find("testsuite")

    assert suite is not None
    assert counted == {key: int(suite.attrib[key]) for key in counted}
    assert counted == {key: int(root.attrib[key]) for key in counted}
    assert counted["tests"] == len(SAMPLES[name]().checks) + 1


def test_outcomes_become_states() -> None:
    """Failed is a failure, broken and blocked are errors, waived and not applicable are skipped."""
    assert results(rejected()) == [
        ("NET01", "passed"),
        ("API01", "passed"),
        ("SRV02", "failure"),
        ("SRV05", "skipped"),
        ("PIP02", "passed"),
        ("PIP03", "passed"),
        ("DEP01", "failure"),
        ("DEP02", "error"),
        ("MED01", "failure"),
    ]
    assert {"SRV03": "skipped", "SRV06": "skipped"}.items() <= dict(results(accepted())).items()
    assert ("FIL01", "error") in results(inconclusive())


def test_a_failure_has_cause_and_remedy() -> None:
    """The failure's type is the cause, its text what to do."""
    failure = tree(rejected()).find(".//failure")

    assert failure is not None and failure.text is not None
    assert failure.attrib["type"] == "mirror-in-bases"
    assert failure.attrib["message"] == "root/local has the mirror root/pypi among its bases."
    assert "devpi index root/local bases-=root/pypi" in failure.text


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.BROKEN])
def test_advice_turns_ci_red_only_under_strict(outcome: Outcome) -> None:
    """CI is as red as the verdict: advice that does not count is skipped, and says so."""
    advice = entry("SRV05", text("slow"), outcome, level=Level.ADVISED, reason=text("why"))
    fine = entry("PIP02", text("fine"))

    lenient, severe = report(fine, advice), report(fine, advice, strict=True)

    assert results(lenient)[1] == ("SRV05", "skipped")
    assert results(severe)[1] in [("SRV05", "failure"), ("SRV05", "error")]
    assert tree(lenient).findall(".//failure") + tree(lenient).findall(".//error") == []
    skipped = tree(lenient).find(".//skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("advised: ")


@pytest.mark.parametrize(
    ("made", "state"),
    [(accepted(), "system-out"), (rejected(), "failure"), (report(entry("PIP02", text("x")), groups={}), "error")],
)
def test_the_verdict_is_a_case_of_its_own(made: Report, state: str) -> None:
    """A run that judged nothing is red although no check failed."""
    case = tree(made).findall(".//testcase")[-1]

    assert case.attrib["name"] == "verdict"
    assert [state] == [child.tag for child in case]


def test_properties_say_for_what() -> None:
    """Verdict, scope, URL and versions stand beside the cases."""
    held = {found.attrib["name"]: found.attrib["value"] for found in tree(rejected()).findall(".//property")}

    assert held["verdict"] == "rejected"
    assert held["scope"] == "cp311-linux (this machine), cp37-win32, 4 requirements"
    assert held["url"] == "http://192.0.2.10:3141/root/local/"
    assert held["airproof"] == "0.1.0"


def test_evidence_of_a_pass_is_kept() -> None:
    """A passed case says what was seen."""
    out = tree(accepted()).find(".//testcase/system-out")

    assert out is not None
    assert out.text == "192.0.2.10 is an address"


def test_characters_that_xml_cannot_hold_are_written_out() -> None:
    """The file stays well-formed whatever a server sent."""
    evil = "\x00\x0b\x1b]]>\ufffe\ud800"
    found = (finding(evil, text(evil), text(evil), victims=(evil,)),)

    assert len(tree(report(entry("PIP02", text(evil), Outcome.FAILED, findings=found))).findall(".//testcase")) == 2
