"""Additions to an index and removals from it."""

from __future__ import annotations

from airproof.record.changes import index_change
from airproof.record.report import Report
from airproof.record.summary import Listing, Summary
from tests.renderers.records import entry, report, text


def held(
    *names: str,
    pages: dict[str, dict[str, str]] | None = None,
    digests: dict[str, str] | None = None,
    count: int | None = None,
    digest: str = "",
) -> Report:
    listing = Listing(len(names) if count is None else count, names, digest, pages or {}, digests or {})
    return report(entry("API01", text("x")), summary=Summary(listing=listing))


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


def test_a_record_without_an_index_says_nothing_of_it() -> None:
    """Not that everything was removed."""
    found = index_change(held("a"), report(entry("API01", text("x"))))

    assert (None, None, 0, 0) == (found.same, found.now, found.removed.count, found.pages)
