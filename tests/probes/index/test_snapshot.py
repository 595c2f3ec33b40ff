"""Copies of the project pages that a run read."""

from __future__ import annotations

import msgspec
import pytest

from airproof.net.http import NetworkFailure
from airproof.probes.index import snapshot
from airproof.probes.index.simple import Link, Page
from airproof.probes.index.snapshot import pages_read


def page(project: str, *files: str, status: int | None = 200, **more: object) -> Page:
    links = tuple(Link(file, f"http://192.0.2.1/{file}", {"md5": "1", "sha256": f"2{file}"}) for file in files)
    return Page(project, "", status, None, 0.0, links, **more)  # type: ignore[arg-type] # as Page takes them


def test_files_stand_under_their_project_with_their_strongest_hash() -> None:
    """A project without a page has no files; both orders are those of the names."""
    found = pages_read({"b": page("b", "b-2.whl", "b-1.whl"), "a": page("a", status=404)})

    assert ({"a": {}, "b": {"b-1.whl": "sha256:2b-1.whl", "b-2.whl": "sha256:2b-2.whl"}}, {}, 2) == (
        found.files,
        found.digests,
        found.count,
    )
    assert ["a", "b"] == list(found.files)


@pytest.mark.parametrize(
    "unknown",
    [
        page("a", "a-1.whl", status=500),
        msgspec.structs.replace(page("a", "a-1.whl"), trouble=NetworkFailure.ENDLESS),
        page("a", readable=False),
        msgspec.structs.replace(page("a"), trouble=NetworkFailure.TIMEOUT, status=None),
    ],
    ids=["server error", "too large", "no page", "no answer"],
)
def test_a_page_that_was_not_seen_whole_is_not_told(unknown: Page) -> None:
    """Else its files would seem to have gone."""
    assert snapshot.PagesRead({}, {}, 0) == pages_read({"a": unknown})


def test_beyond_the_bound_a_digest_tells_that_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are counted."""
    monkeypatch.setattr(snapshot, "MOST_FILES", 2)
    pages = {name: page(name, f"{name}-1.whl", f"{name}-2.whl") for name in "abc"}
    found, other = pages_read(pages), pages_read({**pages, "c": page("c", "c-1.whl", "c-3.whl")})

    assert (["a"], ["b", "c"], 6) == ([*found.files], [*found.digests], found.count)
    assert (True, False) == tuple(found.digests[letter] == other.digests[letter] for letter in "bc")


def test_what_is_no_text_is_kept_as_its_escape() -> None:
    """A server may send half a character; the record stays JSON."""
    found = pages_read({"a": page("a", "a-\ud800.whl")})

    assert ["a-\\ud800.whl"] == [*found.files["a"]]
    assert b"ud800" in msgspec.json.encode(found)
