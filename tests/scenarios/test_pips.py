"""The oldest and the newest pip: what each says of a failure differs, and what airproof says of it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from packaging.version import Version

from pytest_airproof.drill.corpus import read_scenario, read_scenarios
from pytest_airproof.drill.run import run_scenario
from pytest_airproof.servers.world import World
from tests.probes.pythons import NAMED, python_with_pip
from tests.thorough import variant

MENDED = Path(__file__).with_name("mended")
SAMPLE = (
    variant("many-missing", daily=False),  # seven ways to find nothing
    "name-inside-differs",  # an old pip installs it, and ends well
    variant("conflict", daily=False),
    variant("file-changed", daily=False),
    variant("direct-url-dependency", daily=False),
    variant("sdist-build-failed", daily=False),
    variant("sdist-given-up", daily=False),
    variant("accepted-sdist-passed-over", daily=False),
    variant("wheel-of-the-future", daily=False),
)
"""One for each way in which pip fails."""
SCENARIOS = {scenario.name: scenario for scenario in (*read_scenarios(), read_scenario(MENDED / "many-missing.toml"))}
WANTED = {"oldest": ("20.3", "21"), "newest": ("26", "99")}
"""Which pip stands for each: at least this version, and below that one."""


class Worlds:
    """One world for each pip, made when the first scenario asks for it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._made: dict[str, World] = {}

    def of(self, executable: str) -> World:
        if executable not in self._made:
            self._made[executable] = self._stack.enter_context(World(executable))
        return self._made[executable]


@pytest.fixture(scope="session")
def worlds() -> Iterator[Worlds]:
    with ExitStack() as stack:
        yield Worlds(stack)


def interpreter_with(age: str) -> str:
    """The first interpreter here whose pip is of that age. Skips where there is none."""
    least, below = map(Version, WANTED[age])
    found = python_with_pip(least, below)
    if found is None:
        pytest.skip(f"absent: an interpreter with pip {least} or newer and below {below}, in {NAMED}")
    return found


@pytest.mark.parametrize("age", [variant(age, daily=age == "oldest") for age in WANTED])
@pytest.mark.parametrize("name", SAMPLE)
def test_the_causes_do_not_depend_on_the_pip(name: str, age: str, worlds: Worlds) -> None:
    """The expectations for any pip hold for this one; a scenario may be of certain pips alone."""
    judged = run_scenario(SCENARIOS[name], worlds.of(interpreter_with(age)))
    if judged.left_out:
        pytest.skip(judged.left_out)

    assert ((), (), "") == (judged.missed, judged.false_alarms, judged.trouble)
    assert judged.ok
