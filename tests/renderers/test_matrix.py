"""Requirements against targets."""

from __future__ import annotations

import msgspec

from airproof.check import Level
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.record.summary import InventoryItem
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.matrix import Cell, CellNote, Row, matrix_of
from tests.renderers.records import HERE, WINDOWS, entry, finding, rejected, report, text

TITLE = text("It installs")


def rows_of(made: Report) -> tuple[Row, ...]:
    return matrix_of(made, causes_of(made)).rows


def cells(made: Report) -> dict[str, tuple[Cell, ...]]:
    return {row.requirement: row.cells for row in rows_of(made)}


def hit(outcome: Outcome, *victims: str, subject: str = HERE, level: Level = Level.REQUIRED) -> Report:
    fine = entry("PIP01", TITLE, subject=HERE)
    found = (finding("missing", TITLE, TITLE, victims=victims),)
    return report(
        fine,
        entry("PIP02", TITLE, outcome, subject=subject, level=level, findings=found),
        groups={"a": ("Foo_Bar[x]>=1", "other")},
        targets=(HERE, WINDOWS),
    )


def test_a_victim_is_red_for_the_target_that_was_asked() -> None:
    """A project named by a finding is affected under that target, however its name is written."""
    found = cells(hit(Outcome.FAILED, "foo-bar"))

    assert found["Foo_Bar[x]>=1"] == (Cell.FAILED, Cell.OPEN)
    assert found["other"] == (Cell.PASSED, Cell.OPEN)


def test_a_finding_without_a_subject_hits_every_target() -> None:
    """A finding about the site concerns every target."""
    assert cells(hit(Outcome.FAILED, "foo-bar", subject=""))["Foo_Bar[x]>=1"] == (Cell.FAILED, Cell.FAILED)


def test_waived_and_advised_are_told_apart() -> None:
    """A waived failure is not red, nor is advice."""
    assert Cell.WAIVED is cells(hit(Outcome.WAIVED, "other"))["other"][0]
    assert Cell.ADVISED is cells(hit(Outcome.FAILED, "other", level=Level.ADVISED))["other"][0]


def test_a_failure_that_names_nobody_leaves_all_open() -> None:
    """If a check failed as a whole, nothing of that target has passed."""
    assert {Cell.OPEN} == {row[0] for row in cells(hit(Outcome.FAILED)).values()}


def test_a_broken_or_blocked_check_leaves_its_target_open() -> None:
    """A target that was not examined is not green."""
    for outcome in (Outcome.BROKEN, Outcome.BLOCKED):
        assert {(Cell.OPEN, Cell.OPEN)} == set(cells(hit(outcome)).values())


def test_a_target_nobody_looked_at_is_open() -> None:
    """Silence is no pass."""
    assert {(Cell.OPEN,)} == set(cells(report(entry("NET01", TITLE), targets=(WINDOWS,))).values())
    assert {(Cell.OPEN,)} == set(cells(report(entry("PIP02", TITLE, Outcome.NOT_APPLICABLE, subject=HERE))).values())


def test_the_worst_rows_come_first() -> None:
    """A reader sees what suffers before what does not."""
    rows = rows_of(rejected())

    assert [row.requirement for row in rows] == ["paramiko==3.4.0", "pynacl", "cryptography", "requests>=2.31"]
    assert rows[1].groups == ("flow: mail",)


def test_a_requirement_asked_for_twice_is_one_row() -> None:
    """Each requirement stands once, with everybody who asks for it."""
    made = report(entry("PIP02", TITLE, subject=HERE), groups={"a": ("x", "x"), "b": ("x",)})

    assert [(row.requirement, row.groups) for row in rows_of(made)] == [("x", ("a", "b"))]


def taken(*targets: str, version: str = "1.2", project: str = "foo-bar") -> InventoryItem:
    return InventoryItem(project, version, f"{project}.whl", "ab" * 32, "http://index", ("a",), targets, installed=True)


def noted(made: Report, **summary: object) -> dict[str, tuple[CellNote, ...]]:
    changed = msgspec.structs.replace(made, summary=msgspec.structs.replace(made.summary, **summary))
    return {row.requirement: row.notes for row in rows_of(changed)}


def test_a_cell_names_the_version_that_its_target_takes() -> None:
    """The version of the inventory stands in the cells of its targets; two versions of one target are none."""
    made = hit(Outcome.PASSED)
    alone = noted(made, inventory=(taken(HERE), taken(WINDOWS, version="1.0")))
    both = noted(made, inventory=(taken(HERE), taken(HERE, version="1.0")))

    assert ["1.2", "1.0"] == [note.version for note in alone["Foo_Bar[x]>=1"]]
    assert ["", ""] == [note.version for note in both["Foo_Bar[x]>=1"]]
    assert ["", ""] == [note.version for note in alone["other"]]


def test_a_cell_names_its_causes_by_their_numbers() -> None:
    """A victim has the number that the list of causes gives, at the target where the cause was found."""
    found = noted(hit(Outcome.FAILED, "foo-bar"))

    assert [(1,), ()] == [note.causes for note in found["Foo_Bar[x]>=1"]]
    assert [(), ()] == [note.causes for note in found["other"]]


def test_what_was_installed_is_proven_although_another_group_failed() -> None:
    """A check that another group's failure blocks leaves no doubt about a group that was installed and imported; a
    check that could not look does.
    """
    failed = entry("PIP02", TITLE, Outcome.FAILED, subject=HERE, findings=(finding("x", TITLE, TITLE, victims=("b",)),))
    blocked, broken = (
        entry("PIP03", TITLE, outcome, subject=HERE, reason=TITLE) for outcome in (Outcome.BLOCKED, Outcome.BROKEN)
    )
    shown = {}
    for name, after, proven in (
        ("proven", blocked, {HERE: ("a",)}),
        ("another group", blocked, {HERE: ("b",)}),
        ("not looked", broken, {HERE: ("a",)}),
    ):
        made = report(failed, after, groups={"a": ("fine",), "b": ("b",)})
        made = msgspec.structs.replace(made, summary=msgspec.structs.replace(made.summary, proven=proven))
        shown[name] = cells(made)["fine"]

    assert {"proven": (Cell.PASSED,), "another group": (Cell.OPEN,), "not looked": (Cell.OPEN,)} == shown


def test_targets_that_take_other_versions_are_no_one_column() -> None:
    """Many targets are folded if they are alike, also in what stands in their cells."""
    names = tuple(f"t{number}" for number in range(8))
    looked = tuple(entry("DEP01", TITLE, subject=name) for name in names)
    made = report(*looked, groups={"a": ("foo-bar",)}, targets=names)
    items = (taken(*names[:3], version="1.0"), taken(*names[3:], version="2.0"))
    changed = msgspec.structs.replace(made, summary=msgspec.structs.replace(made.summary, inventory=items))

    folded = matrix_of(changed, causes_of(changed))

    assert [(CellNote("1.0"), CellNote("2.0"))] == [row.notes for row in folded.rows]
    assert 2 == len(folded.targets)
