"""The scenarios that every run of the suite plants: with them each check fails once and passes once, but for those that
only a rehearsal has.

All others are variants of the same faults, with the mark `thorough`: `python noxfile.py -s thorough` plants them too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from airproof.catalog import load_catalog
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.scenario import Scenario
from tests.scenarios.following import read_remedies

FOLLOWED = read_remedies().scenario
Expected = Callable[[Scenario], Collection[str]]


def chosen(scenarios: Sequence[Scenario], checks: Iterable[str]) -> frozenset[str]:
    """The names of scenarios in which every one of the checks is expected to fail, and of some in which it passes."""
    by_effort = sorted((scenario for scenario in scenarios if not scenario.rehearsal), key=_effort)
    names: dict[str, Scenario] = {}
    for check in sorted(checks):
        _add(names, by_effort, lambda scenario: {*scenario.expect.failed, *scenario.expect.broken}, check)
    for check in sorted(checks):
        _add(names, by_effort, lambda scenario: scenario.expect.passed, check)
    return frozenset(names)


def _add(names: dict[str, Scenario], scenarios: Sequence[Scenario], ids_of: Expected, check: str) -> None:
    """Take the first that has the check among its ids, unless one was taken that has it; some checks have none."""
    if any(check in ids_of(scenario) for scenario in names.values()):
        return
    found = next((scenario for scenario in scenarios if check in ids_of(scenario)), None)
    if found is not None:
        names[found.name] = found


def _effort(scenario: Scenario) -> tuple[bool, bool, int, str]:
    """A followed remedy takes three times as long as another site; one fault alone shows most."""
    expect = scenario.expect
    return bool(scenario.pip_time), scenario.name in FOLLOWED, len(expect.failed) + len(expect.broken), scenario.name


REHEARSED = frozenset({"restart-loses"})
"""A rehearsal takes ten times as long as a check of a site that stands: every run has one, `thorough` all."""
CHOSEN = REHEARSED | chosen(read_scenarios(), load_catalog().checks)
