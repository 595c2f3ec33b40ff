"""Installed distributions count as served if the index alone is not enough: with a real pip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.present import Present, count_present
from airproof.probes.closure.readings import probe_readings
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.installs.activation import probe_activations
from airproof.probes.installs.together import probe_pip
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts
from airproof.site.group import Group
from airproof.site.hosts import InstalledDistribution
from pytest_airproof.packages import Package
from pytest_airproof.packages.sdists import Sdist
from pytest_airproof.packages.wheels import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.probes.pythons import host_of
from tests.probes.tables import LINUX_311, Table

HAD = {
    "old": InstalledDistribution("2.0", ("deep>=1",)),
    "deep": InstalledDistribution("1.5", ()),
    "lone": InstalledDistribution("1.0", ("nowhere",)),
}
"""Of `lone` a dependency is not there."""
ASKED = (
    group("old"),
    group("new", "old"),
    group("new", "old>=3"),
    group("lone"),
    group("old", constraints=("old<2",)),
    group("solo"),
)
GROUPS = tuple(Group(f"g{number}", one.requirements, one.constraints) for number, one in enumerate(ASKED))
COUNTED = [{"old": "2.0", "deep": "1.5"}, {"old": "2.0", "deep": "1.5"}, {}, {}, {}, {}]


class Asked:
    """One index, one pip, and what it has."""

    def __init__(self, url: str, http: Http, folder: Path) -> None:
        self.target = TargetMatcher.of(host_of(), HAD)
        self.pip = offline_pip(url, folder / "pip")
        self.source = IndexSource(http, url, folder / "files")
        self.present = Present(self.source, self.target)
        self.alone = probe_pip(self.pip, GROUPS, same=lambda *_: True, imports=True)
        self.facts = count_present(self.alone, self.pip, GROUPS, self.present)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    projects = {"new": [Wheel("new", requires=("deep",))], "solo": [Wheel("solo")]}
    with StaticIndex(projects) as index, Http(5.0) as http:
        yield Asked(index.url, http, tmp_path_factory.mktemp("present"))


def told(facts: PipFacts) -> dict[str, tuple[bool, dict[str, str]]]:
    return {name: (run_.ok, run_.counted) for run_ in facts.runs for name in run_.groups}


@pytest.mark.thorough
def test_what_is_installed_in_a_version_that_will_do_counts(asked: Asked) -> None:
    """With its dependencies, also below something new; not in another version, nor where it lacks something itself."""
    ok = [bool(counted) for counted in COUNTED[:-1]] + [True]

    assert {f"g{n}": one for n, one in enumerate(zip(ok, COUNTED, strict=True))} == told(asked.facts)


def test_the_index_is_judged_without_it_first(asked: Asked) -> None:
    """In an empty environment; what installs there rests on nothing."""
    alone = told(asked.alone)

    assert [False] * 5 + [True] == [alone[f"g{number}"][0] for number in range(6)]


def test_pip_installs_the_rest(asked: Asked) -> None:
    """Distributions that come from the index beside it are installed for real, and belong to the group's files."""
    (run,) = (run_ for run_ in asked.facts.runs if run_.groups == ("g1",))
    readings = probe_readings(asked.facts, asked.target, GROUPS, asked.source)

    assert (["new"], True) == ([dist.name for dist in run.installed], "new==1.0" in run.ran.command)
    pins = {asked_group.group: [pin.project for pin in asked_group.reading.pins] for asked_group in readings.groups}
    assert (["new"], []) == (pins["g1"], pins["g0"])
    # What lacks is what neither the index nor the interpreter has.
    gaps = {entry.group: [gap.project for gap in entry.reading.gaps] for entry in readings.groups if not entry.by_pip}
    assert {"g2": ["old"], "g3": ["nowhere"], "g4": ["old"]} == gaps


def test_a_flow_activates_beside_it(asked: Asked) -> None:
    """Step by step; `pip check` misses nothing that is there, and still misses what is not."""
    flows = [
        Group(name, ask, items=dict.fromkeys(ask, ("i",))) for name, ask in (("f", ("new", "old")), ("g", ("lone",)))
    ]

    good, bad = probe_activations(asked.pip, flows, asked.present).flows

    assert [("new", True), ("old", True)] == [(step.requirement, step.ok) for step in good.steps]
    assert ((), {"deep": "1.5"}, False) == (good.problems, good.steps[0].counted, bad.ok)


@pytest.mark.parametrize(("backend", "ok"), [("raise SystemExit(1)\n", False), (None, True)])
def test_a_source_that_is_given_up_has_to_build_beside_it_too(tmp_path: Path, backend: str | None, ok: bool) -> None:
    """pip builds the metadata of the newer release before it knows that what it needs is not there."""
    newer = Sdist("new", "2.0", requires=("nowhere",), requires_python=">=3.99", backend_source=backend)
    projects: dict[str, list[Package]] = {"new": [Wheel("new", requires=("deep",)), newer]}
    with StaticIndex(projects) as index, Http(5.0) as http:
        pip, source = offline_pip(index.url, tmp_path / "pip"), IndexSource(http, index.url, tmp_path / "files")
        groups = (Group("g", ("new",)),)
        alone = probe_pip(pip, groups, same=lambda *_: True, imports=False)
        beside = count_present(alone, pip, groups, Present(source, TargetMatcher.of(host_of(), HAD)))

    assert {"g": (ok, {"deep": "1.5"} if ok else {})} == told(beside)


def test_what_is_installed_is_preferred(asked: Asked) -> None:
    """As pip does, which asks no index for it; an extra of it may still need something new."""
    table = Table({"a-2.0-py3-none-any.whl": [], "b-1.0-py3-none-any.whl": []})
    had = TargetMatcher(
        "x", LINUX_311.markers, LINUX_311.tags, had={"a": InstalledDistribution("1.0", ('b; extra == "more"',))}
    )

    plain, more, newer = (read_closure(table, had, (text,)) for text in ("a", "a[more]", "a>=2"))

    assert [({"a": "1.0"}, []), ({"a": "1.0"}, ["b"]), ({}, ["a"])] == [
        (reading.had, [pin.project for pin in reading.pins]) for reading in (plain, more, newer)
    ]


def test_where_nothing_counts_nothing_is_tried_again(asked: Asked) -> None:
    """An interpreter that merely runs airproof has nothing of OMFlow's."""
    none = Present(asked.source, TargetMatcher.of(host_of()))

    assert asked.alone == count_present(asked.alone, asked.pip, GROUPS, none)
