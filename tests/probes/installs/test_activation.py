"""Activation, played with a real pip: package by package into one environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.probes.installs.activation import Activation, probe_activations
from airproof.site.group import Group
from pytest_airproof.packages.wheels import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import offline_pip

PROJECTS = {
    "app": [Wheel("app", requires=("lib<2",))],
    "lib": [Wheel("lib", "1.0"), Wheel("lib", "2.0")],
    "solo": [Wheel("solo")],
}


def flow(name: str, *requirements: str) -> Group:
    return Group(name, requirements, items=dict.fromkeys(requirements, ("fetch",)))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Activation]]:
    """Four flows, one after the other."""
    flows = (
        flow("good", "app", "solo"),
        flow("gone", "solo", "absent"),
        flow("newer", "lib==2.0"),
        flow("last", "solo"),
    )
    with StaticIndex(PROJECTS) as index:
        pip = offline_pip(index.url, tmp_path_factory.mktemp("pip"))
        yield {entry.flow: entry for entry in probe_activations(pip, flows).flows}


def test_a_flow_installs_package_by_package(played: dict[str, Activation]) -> None:
    """With what each brings along; in the flow's order."""
    good = played["good"]

    assert [("app", {"app": "1.0", "lib": "1.0"}), ("solo", {"solo": "1.0"})] == [
        (step.requirement, step.changed) for step in good.steps
    ]
    assert good.ok


def test_what_is_there_already_is_skipped(played: dict[str, Activation]) -> None:
    """Nothing changes, and that is no failure."""
    step = played["last"].steps[0]

    assert (True, {}, {}) == (step.ok, step.changed, step.replaced)


def test_a_package_that_fails_does_not_hide_the_others(played: dict[str, Activation]) -> None:
    """Its last words are kept, and the item that declared it."""
    gone = played["gone"]

    assert [True, False] == [step.ok for step in gone.steps]
    assert ("absent" in gone.steps[1].said, ("fetch",), False) == (True, gone.steps[1].items, gone.ok)


def test_a_success_that_breaks_another_flow_is_seen(played: dict[str, Activation]) -> None:
    """pip ends well and has replaced what the first flow needs; it is told once, of the flow that did it."""
    newer = played["newer"]

    assert (True, {"lib": "1.0"}) == (newer.steps[0].ok, newer.steps[0].replaced)
    assert (["app"], False) == ([problem.split()[0] for problem in newer.problems], newer.ok)
    assert played["last"].ok


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The environment is gone afterwards."""
    with StaticIndex(PROJECTS) as index:
        probe_activations(offline_pip(index.url, tmp_path), (flow("good", "solo"),))

    assert [] == [
        path for path in tmp_path.iterdir() if path.name.startswith("pip-") and not path.name.startswith("pip-of-")
    ]
