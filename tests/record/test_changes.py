"""What came to an index and what went, and what got slower."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.record.changes import index_change, slower
from airproof.record.listing import listing_of
from airproof.record.outcome import Outcome
from airproof.record.report import Report, Step
from tests.renderers.records import entry, report, text


def roots(*names: str, count: int | None = None, digest: str = "") -> dict[str, Any]:
    return {"configured": {"projects": len(names) if count is None else count, "names": names, "names_digest": digest}}


def held(*names: str, pages: dict[str, dict[str, str]] | None = None, **more: Any) -> Report:
    read = {"files": pages or {}, "digests": more.pop("digests", {}), "count": 0}
    return report(entry("API01", text("x")), facts={"roots": roots(*names, **more), "pages-main": read})


def test_projects_and_files_that_came_and_went_are_named() -> None:
    """Files only of projects whose pages both runs read; one with other bytes is told apart."""
    old = held("a", "b", pages={"a": {"a-1.whl": "sha256:1", "a-2.whl": "sha256:2"}, "b": {"b-1.whl": "sha256:9"}})
    new = held("a", "c", pages={"a": {"a-2.whl": "sha256:3", "a-3.whl": "sha256:4"}})
    found = index_change(old, new)

    assert (2, 2, False, ("c",), ("b",)) == (
        found.before,
        found.now,
        found.same,
        found.added.names,
        found.removed.names,
    )
    assert (1, ("a-3.whl",), ("a-1.whl",), ("a-2.whl",)) == (
        found.pages,
        found.files_added.names,
        found.files_removed.names,
        found.files_changed.names,
    )


def test_a_project_that_had_no_page_has_new_files() -> None:
    """It was asked for and was not there."""
    found = index_change(held("a", pages={"a": {}}), held("a", pages={"a": {"a-1.whl": ""}}))

    assert (1, ("a-1.whl",)) == (found.files_added.count, found.files_added.names)


def test_the_same_index_has_not_changed() -> None:
    """Nothing is made up; another kind of hash is no other file."""
    old = held("a", pages={"a": {"a-1.whl": "md5:1"}})
    found = index_change(old, held("a", pages={"a": {"a-1.whl": "sha256:2"}}))

    assert (True, 0, 0) == (found.same, found.added.count, found.files_changed.count)


def test_lists_that_are_not_whole_are_compared_as_far_as_both_go() -> None:
    """A name beyond the end of the shorter list may be there all the same."""
    found = index_change(held("a", "b", "c", count=9, digest="1"), held("a", "c", "d", "e", count=9, digest="2"))

    assert (False, "c", (), ("b",)) == (found.same, found.up_to, found.added.names, found.removed.names)


def test_a_digest_tells_two_long_lists_alike() -> None:
    """Though most of their names are not kept."""
    assert index_change(held("a", count=9, digest="1"), held("a", count=9, digest="1")).same is True
    assert index_change(held("a", count=9), held("a", count=9)).same is None


def test_projects_with_too_many_files_are_told_by_their_digest() -> None:
    """Changed, not what."""
    old, new = held("a", "b", digests={"a": "1", "b": "2"}), held("a", "b", digests={"a": "1", "b": "3"})

    assert (("b",), 2) == (index_change(old, new).unnamed, index_change(old, new).pages)


@pytest.mark.parametrize(
    "facts", [{}, {"roots": {"error": "no"}, "forms": {"error": "no"}}, {"roots": 3, "pages-main": {"files": [1]}}]
)
def test_a_record_without_an_index_says_nothing_of_it(facts: dict[str, Any]) -> None:
    """Not that everything was removed."""
    bare = report(entry("API01", text("x")), facts=facts)
    found = index_change(held("a"), bare)

    assert (None, None, 0, 0) == (found.same, found.now, found.removed.count, found.pages)


def test_pages_of_the_forms_are_files_too() -> None:
    """A record of a run that read nothing else has those."""
    page = {"project": "a", "status": 200, "links": [{"filename": "a-1.whl", "hashes": {"sha256": "1"}}]}
    gone = {"project": "b", "status": 500, "links": []}

    assert {"a": {"a-1.whl": "sha256:1"}} == listing_of({"forms": {"configured": [page, gone]}}).files


def timed(*seconds: float, outcome: Outcome = Outcome.PASSED, steps: tuple[Step, ...] = ()) -> Report:
    entries = [
        msgspec.structs.replace(entry(f"PIP{number:02}", text(f"check {number}"), outcome), seconds=one)
        for number, one in enumerate(seconds)
    ]
    return report(*entries, steps=steps)


def test_what_takes_many_times_as_long_is_slower() -> None:
    """Worst first, with both times."""
    found = slower(timed(1.0, 1.0, 1.0, 1.0, 1.0), timed(1.1, 1.0, 9.0, 5.0, 1.0))

    assert [("PIP02", 1.0, 9.0), ("PIP03", 1.0, 5.0)] == [(one.label, one.before, one.now) for one in found]
    assert 9.0 == found[0].ratio


@pytest.mark.parametrize(
    "now",
    [(2.5, 1.0, 1.0, 1.0), (5.0, 5.0, 5.0, 5.0), (0.9, 0.01, 0.01, 0.01)],
    ids=["within the noise", "a machine that is busy as a whole", "fractions of a second"],
)
def test_noise_is_not_slower(now: tuple[float, ...]) -> None:
    """A ratio alone, or a busy machine, accuses nobody."""
    assert () == slower(timed(1.0, 1.0, 1.0, 1.0), timed(*now))


def test_a_check_that_waited_says_nothing_of_speed() -> None:
    """Only what was judged both times."""
    assert () == slower(timed(0.0, 0.0, 0.0, outcome=Outcome.BROKEN), timed(30.0, 0.1, 0.1))


def test_a_step_of_the_rehearsal_can_be_slower() -> None:
    """By its own name."""
    steps = [(Step("4", text("upload the folder"), "devpi upload", 0, one),) for one in (2.0, 40.0)]
    found = slower(timed(1.0, 1.0, 1.0, steps=steps[0]), timed(1.0, 1.0, 1.0, steps=steps[1]))

    assert [("4 upload the folder", "upload the folder")] == [(one.label, one.title.en) for one in found]
