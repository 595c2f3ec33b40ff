"""The typed summary of a record: it is computed from the types of the facts, so a field that is renamed is noticed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.engine.around import summary_of
from airproof.facts.keys import ACTIVATIONS, FORMS, MIRROR_KEEPS, NEEDED, PAGES, READINGS, WALKS
from airproof.probes.closure.needed import Needed
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Gap, Reading
from airproof.probes.index.forms import Forms
from airproof.probes.index.mirrors import MirrorKeeps
from airproof.probes.index.simple import Link, Page
from airproof.probes.index.snapshot import PagesRead
from airproof.probes.installs.activation import Activation, Activations, ActivationStep
from airproof.probes.installs.openwalk import FlowWalk, ItemWalk, Walks
from airproof.record.summary import FlowSummary, GapSummary, Listing, MirrorSummary, Summary, TargetSummary

HERE = "cp311-linux"
URL = "http://192.0.2.10:3141/root/local/"
GAP = Gap("cffi>=1", "cffi", ("pynacl 1.5",), 404, "", ())


def group(name: str, items: dict[str, tuple[str, ...]]) -> GroupReading:
    return GroupReading(name, tuple(items), by_pip=False, reading=Reading((), (GAP,)), items=items)


def test_flows_are_told_with_what_of_them_fails() -> None:
    """Each requirement of the activation, those that fail, and the complaints of pip."""
    steps = (
        ActivationStep("alpha", ("item",), ok=True, seconds=0.1),
        ActivationStep("gone", ("item",), ok=False, seconds=0.1),
    )
    played = Activations(HERE, (Activation("Demo / nightly", steps, ("app needs lib<2",)),))

    summary = summary_of({ACTIVATIONS.of(HERE).name: msgspec.to_builtins(played)})

    assert (
        FlowSummary(HERE, "Demo / nightly", ("alpha", "gone"), ("gone",), ("app needs lib<2",), installed=True),
    ) == summary.flows


def test_a_flow_of_which_nobody_knows_is_told() -> None:
    """By the interpreter on which it was played."""
    walks = Walks(HERE, (FlowWalk("a", (ItemWalk("i", untold="x.act()"),)), FlowWalk("b", (ItemWalk("i"),))))

    assert {HERE: ("a",)} == summary_of({WALKS.of(HERE).name: msgspec.to_builtins(walks)}).unknown


def test_gaps_and_targets_are_told_once() -> None:
    """A gap of two groups is one; requirements of nobody's flow have no line."""
    readings = Readings("win", "23.2.1", (group("flow", {"cffi": ("item",)}), group("solo", {})))
    facts = {
        NEEDED.of("win").name: msgspec.to_builtins(Needed(readings, (), "--platform win32", pip_here=False)),
        READINGS.of(HERE).name: msgspec.to_builtins(readings),
    }

    summary = summary_of(facts)

    assert (TargetSummary("win", "--platform win32", {"flow": ("cffi",)}),) == summary.targets
    assert tuple(GapSummary(label, "cffi>=1", ("pynacl 1.5",)) for label in (HERE, "win")) == summary.gaps


def test_files_of_pages_are_listed() -> None:
    """Those of the compared forms and of each worker; a page that did not come lists nothing."""
    link = Link("a-1.whl", "http://192.0.2.10/a-1.whl", hashes={"sha256": "1"})
    there, gone = Page("a", URL, 200, None, 0.1, (link,)), Page("b", URL, 500, None, 0.1)
    read = PagesRead({"c": {"c-1.whl": ""}}, {"d": "digest"}, 1)
    facts = {
        FORMS.name: msgspec.to_builtins(Forms(URL, (there, gone))),
        PAGES.of("gw0").name: msgspec.to_builtins(read),
    }

    listing = summary_of(facts).listing

    assert Listing(files={"a": {"a-1.whl": "sha256:1"}, "c": {"c-1.whl": ""}}, digests={"d": "digest"}) == listing


def test_what_a_mirror_keeps_is_told() -> None:
    """Projects and files."""
    kept = MirrorKeeps(("root/pypi",), ("demo",), ("demo-1.whl",))

    summary = summary_of({MIRROR_KEEPS.of("main").name: msgspec.to_builtins(kept)})

    assert (MirrorSummary(("root/pypi",), ("demo",), ("demo-1.whl",)),) == summary.mirrors


@pytest.mark.parametrize("broken", [{"error": "no"}, [], "x", {"flows": 7}])
def test_facts_that_failed_are_left_out(broken: Any) -> None:
    """Their checks are broken; the rest of the record stands."""
    names = (ACTIVATIONS.of(HERE).name, f"host-{HERE}", "reach", "roots", "forms", "pages-main")

    assert Summary() == summary_of(dict.fromkeys(names, broken))
