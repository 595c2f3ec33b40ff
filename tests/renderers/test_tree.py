"""The tree of requirements that lack something."""

from __future__ import annotations

from airproof.record.report import Report
from airproof.record.summary import GapSummary, Summary
from airproof.renderers.html.page import render
from airproof.renderers.parts.tree import MOST_LEAVES, Node, tree_of
from tests.renderers.parsed import Parsed
from tests.renderers.records import entry, report, text


def lacking(label: str, *gaps: tuple[str, ...]) -> Report:
    return lacking_for((label, *gaps))


def lacking_for(*labels: tuple[str | tuple[str, ...], ...]) -> Report:
    """For each label its gaps: the path to it, and what is missing."""
    found = [GapSummary(str(label), str(gap[-1]), tuple(gap[:-1])) for label, *gaps in labels for gap in gaps]
    return report(entry("PIP02", text("x")), summary=Summary(gaps=tuple(found)))


def test_what_is_missing_hangs_below_whom_it_fails() -> None:
    """Two ways to it are two branches; who asked stands at the root."""
    tree = tree_of([("", lacking("here", ("a 1", "b 2", "c>=3"), ("a 1", "c>=3"), ("d",)))])

    leaf = Node({}, ["here"])
    assert {"a 1": Node({"b 2": Node({"c>=3": leaf}), "c>=3": leaf}), "d": leaf} == tree.roots


def test_a_gap_of_several_targets_is_one_leaf() -> None:
    """In a fleet each target has the host's name before it."""
    alpha = lacking_for(("here", ("a 1", "c")), ("far", ("a 1", "c"), ("e",)))
    tree = tree_of([("alpha", alpha), ("beta", lacking("here", ("a 1", "c")))])

    assert ["alpha here", "alpha far", "beta here"] == tree.roots["a 1"].below["c"].missing_for
    assert ["alpha far"] == tree.roots["e"].missing_for


def test_a_flood_is_cut_and_counted() -> None:
    """And a path of any length has both of its ends."""
    tree = tree_of([("", lacking("x", *((f"project-{number}",) for number in range(MOST_LEAVES + 7))))])
    deep = tree_of([("", lacking("x", tuple(map(str, range(5000)))))])

    assert (MOST_LEAVES, 7) == (len(tree.roots), tree.left)
    assert (0, ["0"]) == (deep.left, list(deep.roots))


def test_a_record_without_gaps_has_no_tree() -> None:
    """Nor a section for one."""
    assert {} == dict(tree_of([("", lacking("x"))]).roots)
    assert "tree" not in [tag["aria-labelledby"] for tag in Parsed(render(lacking("x"), "en")).all("section")]


def test_the_page_shows_it_in_words() -> None:
    """The target for which it is missing stands beside it, not only a colour."""
    page = Parsed(render(lacking("cp311-linux", ("app 1.0", "cffi>=1")), "en"))

    assert "✗ missing for cp311-linux" in page.text
    assert [] == page.open
