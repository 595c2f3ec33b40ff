"""One missing project is one finding, however often and however it is asked for."""

from __future__ import annotations

from airproof.diagnosis.gaps import findings_of
from airproof.probes.closure import read_closure
from airproof.probes.readings import GroupReading, Readings
from airproof.probes.simple import NO_ROOTS
from tests.probes.pythons import host_of
from tests.probes.tables import LINUX_311, Table


def test_spellings_and_specifiers_are_joined_by_project() -> None:
    """Three flows want the same project in their own words; all are victims, and one requirement asks for it."""
    asked = ("Some.Project", "some_project>=2", "some-project<4", "other")
    groups = tuple(GroupReading(one, (one,), False, read_closure(Table({}), LINUX_311, [one])) for one in asked)

    found = findings_of(Readings("here", "23", groups), known=NO_ROOTS, host=host_of())

    assert [("absent", asked[:3]), ("absent", ("other",))] == [(one.cause, one.victims) for one in found]
    assert "Some.Project<4,>=2" == found[0].wanted
    assert "; ".join(asked[:3]) == found[0].values["path"]


def test_of_different_pins_the_project_alone_is_asked_for() -> None:
    """No single version would do."""
    asked = ("a==1", "a==2")
    groups = tuple(GroupReading(one, (one,), False, read_closure(Table({}), LINUX_311, [one])) for one in asked)

    (found,) = findings_of(Readings("here", "23", groups), known=NO_ROOTS, host=host_of())

    assert ("a", asked) == (found.wanted, found.victims)
