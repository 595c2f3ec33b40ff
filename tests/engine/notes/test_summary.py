"""The typed summary of a record: it is computed from the types of the facts, so a field that is renamed is noticed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.custody.licences import Licence
from airproof.engine.notes.summary import summary_of
from airproof.facts.keys import ACTIVATIONS, FORMS, MIRROR_KEEPS, NEEDED, PAGES, PIP, READINGS, WALKS
from airproof.probes.closure.needed import Needed
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Gap, Pin, Reading
from airproof.probes.files.known import KnownFile
from airproof.probes.index.forms import Forms
from airproof.probes.index.mirrors import MirrorKeeps
from airproof.probes.index.simple import Link, Page
from airproof.probes.index.snapshot import PagesRead
from airproof.probes.installs.activation import Activation, Activations, ActivationStep
from airproof.probes.installs.openends import FlowWalk, ItemWalk, Walks
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.probes.pip.importing import TriedImport
from airproof.probes.pip.installed import Installed
from airproof.record.summary import (
    FlowSummary,
    GapSummary,
    InventoryItem,
    Listing,
    MirrorSummary,
    Summary,
    TargetSummary,
)
from airproof.system.processes import Ran

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


def pin(project: str, version: str, folder: str) -> Pin:
    filename = f"{project}-{version}.whl"
    return Pin(project, version, Link(filename, f"{folder}/{filename}", {"sha256": "ab" * 32}))


def reading(group_name: str, *pins: Pin, by_pip: bool = True, gaps: tuple[Gap, ...] = ()) -> GroupReading:
    return GroupReading(group_name, (), by_pip=by_pip, reading=Reading(pins, gaps))


def test_the_inventory_names_each_file_once() -> None:
    """A file of two groups and two interpreters is one item, from the index and not from devpi's folder of files; the
    files of a group that does not resolve are none.
    """
    stored = pin("alpha", "1.0", "http://user:secret@192.0.2.10:3141/root/local/%2Bf/123/456")
    plain = pin("beta", "2.0", "http://192.0.2.20/packages/b")
    here = Readings(HERE, "26.3", (reading("a", stored), reading("b", stored, plain)))
    other = Readings("cp38-linux", "20.3", (reading("a", stored), reading("lost", plain, gaps=(GAP,))))
    facts = {READINGS.of(name.label).name: msgspec.to_builtins(name) for name in (here, other)}

    digest = "ab" * 32
    assert (
        InventoryItem(
            *("alpha", "1.0", "alpha-1.0.whl", digest, "http://192.0.2.10:3141/root/local"),
            groups=("a", "b"),
            targets=(HERE, "cp38-linux"),
            installed=True,
        ),
        InventoryItem(
            *("beta", "2.0", "beta-2.0.whl", digest, "http://192.0.2.20/packages/b"),
            groups=("b",),
            targets=(HERE,),
            installed=True,
        ),
    ) == summary_of(facts).inventory


def test_the_inventory_tells_what_a_file_states_and_needs() -> None:
    """Its licence, the SBOMs in it, and what it needs on which of its targets."""
    app, lib = pin("app", "1.0", URL), pin("lib", "2.0", URL)
    mit = Licence(("MIT",), "", "Classifier")
    facts = {}
    for label, needs in (("win", ("lib",)), ("linux", ())):
        known = KnownFile("app", "1.0", app.link.filename, app.link.url, mit, ("app-1.0.dist-info/sboms/x",), needs)
        readings = Readings(label, "", (reading("a", app, lib, by_pip=False),))
        facts[NEEDED.of(label).name] = msgspec.to_builtins(Needed(readings, (), "", pip_here=False, files=(known,)))

    first, second = summary_of(facts).inventory

    assert (mit, ("app-1.0.dist-info/sboms/x",), {"lib": ("win",)}) == (first.licence, first.sboms, first.needs)
    assert [("lib",), ()] == [first.needed_on(target) for target in ("win", "linux")]
    assert (Licence(), (), {}) == (second.licence, second.sboms, second.needs)


def ran(group_name: str, code: int = 0, **changed: Any) -> PipRun:
    installed = Installed("alpha", "1.0", (), ("alpha",))
    run = PipRun((group_name,), ("alpha",), Ran((), code, 0.1, "", ""), (installed,))
    return msgspec.structs.replace(run, **changed)


@pytest.mark.parametrize(
    ("run", "proven"),
    [
        (ran("a"), {HERE: ("a",)}),
        (ran("a", 1), {}),
        (ran("a", check_problems=("alpha requires beta",)), {}),
        (ran("a", imports=(TriedImport("alpha", "alpha", ok=False, seconds=0.1),)), {}),
        (ran("a", counted={"alpha": "1.0"}), {}),
        (ran("a", installed=()), {}),
    ],
)
def test_a_group_is_proven_where_pip_installed_all_of_it(run: PipRun, proven: dict[str, tuple[str, ...]]) -> None:
    """Nothing is missing, every import was done, and nothing counted as installed before."""
    facts = {PIP.of(HERE).name: msgspec.to_builtins(PipFacts(HERE, "26.3", (run,)))}
    elsewhere = {PIP.of(HERE).name: msgspec.to_builtins(PipFacts(HERE, "26.3", (run,), carried=True))}

    assert proven == summary_of(facts).proven
    assert {} == summary_of(elsewhere).proven
