"""Additions to an index and removals from it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from airproof.record.changes import LoadChange, index_change, load_change
from airproof.record.report import Report
from airproof.record.summary import Listing, LoadSummary, Summary
from tests.renderers.loads import PROFILE, held, overloaded
from tests.renderers.records import entry, report, text


def listed(
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
    old = listed("a", "b", pages={"a": {"a-1.whl": "sha256:1", "a-2.whl": "sha256:2"}, "b": {"b-1.whl": "sha256:9"}})
    new = listed("a", "c", pages={"a": {"a-2.whl": "sha256:3", "a-3.whl": "sha256:4"}})
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
    found = index_change(listed("a", pages={"a": {}}), listed("a", pages={"a": {"a-1.whl": ""}}))

    assert (1, ("a-1.whl",)) == (found.files_added.count, found.files_added.names)


def test_the_same_index_has_not_changed() -> None:
    """Nothing is made up; another kind of hash is no other file."""
    old = listed("a", pages={"a": {"a-1.whl": "md5:1"}})
    found = index_change(old, listed("a", pages={"a": {"a-1.whl": "sha256:2"}}))

    assert (True, 0, 0) == (found.same, found.added.count, found.files_changed.count)


def test_lists_that_are_not_whole_are_compared_as_far_as_both_go() -> None:
    """A name beyond the end of the shorter list may be there all the same."""
    found = index_change(listed("a", "b", "c", count=9, digest="1"), listed("a", "c", "d", "e", count=9, digest="2"))

    assert (False, "c", (), ("b",)) == (found.same, found.up_to, found.added.names, found.removed.names)


def test_a_digest_tells_two_long_lists_alike() -> None:
    """Though most of their names are not kept."""
    assert index_change(listed("a", count=9, digest="1"), listed("a", count=9, digest="1")).same is True
    assert index_change(listed("a", count=9), listed("a", count=9)).same is None


def test_projects_with_too_many_files_are_told_by_their_digest() -> None:
    """Changed, not what."""
    old, new = listed("a", "b", digests={"a": "1", "b": "2"}), listed("a", "b", digests={"a": "1", "b": "3"})

    assert (("b",), 2) == (index_change(old, new).unnamed, index_change(old, new).pages)


def test_a_record_without_an_index_says_nothing_of_it() -> None:
    """Not that everything was removed."""
    found = index_change(listed("a"), report(entry("API01", text("x"))))

    assert (None, None, 0, 0) == (found.same, found.now, found.removed.count, found.pages)


def loads(old: LoadSummary, new: LoadSummary) -> LoadChange:
    found = load_change(old, new)
    assert found is not None
    return found


def test_fewer_hosts_in_the_same_time_are_worse() -> None:
    """The numbers of hosts that both runs measured are compared; a time that was not reached is told as that."""
    found = loads(held(), overloaded())

    assert (60.0, 4, 8, False) == (found.activation_time, found.held_before, found.held_now, found.is_worse)
    assert [1, 2, 4] == [step.hosts for step in found.steps]
    assert loads(overloaded(), held()).is_worse
    both = loads(overloaded(), overloaded())
    assert (16, True) == (both.steps[-1].hosts, both.steps[-1].now.is_longer)


def test_other_files_take_another_time() -> None:
    """A file that was uploaded anew has another hash in its URL, and is the same file all the same."""
    pip = PROFILE.pips[0]
    again = replace(PROFILE, pips=((pip[0], ("file", pip[1][1].replace("123/4567890abcdef", "fff/0000000000000"))),))
    other = replace(PROFILE, pips=((*pip, ("file", "/root/local/%2Bf/1/2/cffi-1.0-py3-none-any.whl")),))

    assert loads(held(), replace(held(), profiles=(again,))).steps
    found = loads(held(), replace(held(), profiles=(other,)))
    assert (False, 0.0, ()) == (found.same_files, found.activation_time, found.steps)


def test_another_time_that_was_wanted_is_not_compared() -> None:
    """How many are ready in 60 seconds says nothing of 30."""
    found = loads(held(), replace(held(), activation_time=30.0))

    assert (0.0, False, 3) == (found.activation_time, found.is_worse, len(found.steps))


@pytest.mark.parametrize(("old", "new"), [(None, held()), (held(), None), (None, None)])
def test_a_run_without_load_is_compared_with_none(old: LoadSummary | None, new: LoadSummary | None) -> None:
    assert None is load_change(old, new)
