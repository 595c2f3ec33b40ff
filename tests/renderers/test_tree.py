"""Who needs what is missing."""

from __future__ import annotations

from typing import Any

from airproof.record.report import Report
from airproof.renderers.html.page import render
from airproof.renderers.parts.tree import MOST_LEAVES, Node, tree_of
from tests.renderers.parsed import Parsed
from tests.renderers.records import entry, report, text


def lacking(**facts: Any) -> Report:
    return report(entry("PIP02", text("x")), facts=facts)


def group(*gaps: tuple[str, ...]) -> dict[str, Any]:
    return {"reading": {"gaps": [{"path": list(path), "requirement": missing} for *path, missing in gaps]}}


def test_what_is_missing_hangs_below_whom_it_fails() -> None:
    """Two ways to it are two branches; who asked stands at the root."""
    readings = {"label": "here", "groups": [group(("a 1", "b 2", "c>=3"), ("a 1", "c>=3"), ("d",))]}
    tree = tree_of([("", lacking(**{"readings-here": readings}))])

    leaf = Node({}, ["here"])
    assert {"a 1": Node({"b 2": Node({"c>=3": leaf}), "c>=3": leaf}), "d": leaf} == tree.roots


def test_a_gap_of_several_targets_is_one_leaf() -> None:
    """Interpreters, targets and every project by itself; of a fleet with the host's name."""
    facts = {
        "readings-here": {"label": "here", "groups": [group(("a 1", "c"))]},
        "needed-far": {"readings": {"label": "far", "groups": [group(("a 1", "c"))]}},
        "each-project-far": {"label": "far", "failed": [group(("e",))]},
    }
    tree = tree_of([("alpha", lacking(**facts)), ("beta", lacking(**{"readings-here": facts["readings-here"]}))])

    assert ["alpha here", "alpha far", "beta here"] == tree.roots["a 1"].below["c"].missing_for
    assert ["alpha far"] == tree.roots["e"].missing_for


def test_a_flood_is_cut_and_counted() -> None:
    """And a path of any length has both of its ends."""
    gaps = [(f"project-{number}",) for number in range(MOST_LEAVES + 7)]
    tree = tree_of([("", lacking(**{"readings-x": {"label": "x", "groups": [group(*gaps)]}}))])
    deep = tree_of([("", lacking(**{"readings-x": {"label": "x", "groups": [group(tuple(map(str, range(5000))))]}}))])

    assert (MOST_LEAVES, 7) == (len(tree.roots), tree.left)
    assert (0, ["0"]) == (deep.left, list(deep.roots))


def test_facts_that_failed_have_no_branch() -> None:
    """A record without gaps has no tree at all, and no section."""
    facts = {"readings-x": {"error": "no"}, "needed-y": [1], "each-project-z": {"label": 3}}

    assert {} == dict(tree_of([("", lacking(**facts))]).roots)
    assert "tree" not in [one["aria-labelledby"] for one in Parsed(render(lacking(**facts), "en")).all("section")]


def test_the_page_shows_it_in_words() -> None:
    """The target for which it is missing stands beside it, not only a colour."""
    facts = {"readings-x": {"label": "cp311-linux", "groups": [group(("app 1.0", "cffi>=1"))]}}
    page = Parsed(render(lacking(**facts), "en"))

    assert "✗ missing for cp311-linux" in page.text
    assert [] == page.open
