"""One missing project is one finding, however often and however it is asked for."""

from __future__ import annotations

from airproof.diagnosis.gaps.findings import findings_of
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Conflict, Reading, Want
from airproof.probes.index.simple import NO_ROOTS
from tests.probes.pythons import host_of
from tests.probes.tables import LINUX_311, Table


def test_spellings_and_specifiers_are_joined_by_project() -> None:
    """Three flows want the same project in their own words; all are victims, and one requirement asks for it."""
    asked = ("Some.Project", "some_project>=2", "some-project<4", "other")
    groups = tuple(
        GroupReading(requirement, (requirement,), False, read_closure(Table({}), LINUX_311, [requirement]))
        for requirement in asked
    )

    found = findings_of(Readings("here", "23", groups), known=NO_ROOTS, host=host_of())

    assert [("absent", asked[:3]), ("absent", ("other",))] == [(finding.cause, finding.victims) for finding in found]
    assert "Some.Project<4,>=2" == found[0].wanted
    assert "; ".join(asked[:3]) == found[0].values["path"]


def test_of_different_pins_the_project_alone_is_asked_for() -> None:
    """No single version would do."""
    asked = ("a==1", "a==2")
    groups = tuple(
        GroupReading(requirement, (requirement,), False, read_closure(Table({}), LINUX_311, [requirement]))
        for requirement in asked
    )

    (found,) = findings_of(Readings("here", "23", groups), known=NO_ROOTS, host=host_of())

    assert ("a", asked) == (found.wanted, found.victims)


def test_versions_that_ask_alike_are_counted_in_a_conflict() -> None:
    """Thirty versions of one project that want the same are one line, the last word on it is the other wish."""
    wants = (*(Want("d==1", f"x 1.{number}") for number in range(30)), Want("d>=2", "y 1.0"), Want("d", ""))
    reading = Reading((), conflicts=(Conflict("d", wants),))

    (found,) = findings_of(
        Readings("here", "23", (GroupReading("f.txt", ("x", "y"), False, reading),)), known=NO_ROOTS, host=host_of()
    )

    said = "d==1 (x (30 versions, 1.0 ... 1.29)), d>=2 (y 1.0), d (f.txt)"
    assert said == found.values["wants"]


def test_the_whole_version_of_python_is_told() -> None:
    """`>=3.13.2` does not admit 3.13.0."""
    table = Table({"a-1.0-py3-none-any.whl": ()}, requires_python={"a-1.0-py3-none-any.whl": ">=3.11.9"})
    groups = (GroupReading("a", ("a",), False, read_closure(table, LINUX_311, ["a"])),)

    (found,) = findings_of(Readings("here", "23", groups), known=NO_ROOTS, host=LINUX_311)

    assert ("requires-python", "3.11.7") == (found.cause, found.values["python_full"])
