"""Remedies work: whoever pastes the commands of a report, in their order, has an accepted site afterwards."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from airproof.catalog import load_catalog
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Report
from airproof.site.site import Site
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.planting import Planted, planted
from pytest_airproof.drill.run import false_alarms_in, judge, missed_in, seen_in
from pytest_airproof.drill.scenario import Scenario
from pytest_airproof.servers.world import World
from tests.scenarios.following import Mending, User, read_remedies
from tests.thorough import variant

REMEDIES = read_remedies()
DAILY = ("anonymous-upload",)
"""The site that every run mends."""
MENDED = Path(__file__).with_name("mended")
SCENARIOS = {entry.name: entry for entry in (*read_scenarios(), *read_scenarios(MENDED))}


@pytest.fixture(scope="session")
def user(world: World) -> User:
    return User(world)


@pytest.fixture
def no_password(world: World) -> Iterator[None]:
    """The server that has none has none again afterwards."""
    yield
    world.server("no-password").cheapen_logins()


def causes_in(report: Report) -> set[str]:
    return {found.cause for check in report.checks if check.outcome is Outcome.FAILED for found in check.findings}


def mended(scenario: Scenario, mending: Mending, world: World, user: User, folder: Path) -> tuple[Report, list[str]]:
    """The report after the remedies of the first one were followed, and what those commands said that failed.

    The first one is held against the scenario as in `test_scenarios`, which leaves these to this module.
    """
    with planted(scenario, world, folder) as built:
        first = judge(built, folder, world)
        assert ((), ()) == (missed_in(scenario, first), false_alarms_in(scenario, seen_in(first)))
        here = folder / "here"
        here.mkdir()
        ran = user.follow(first, mending, server=built.server, stage=built.stage, folder=here)
        failed = [f"{run.command[-1]}: {run.stdout[-500:]}{run.stderr[-500:]}" for run in ran if not run.ok]
        account = user.at_home(built.environment, here / "home") if mending.configures else built.environment
        with moved(built, mending) as site:
            return judge(dataclasses.replace(built, site=site, environment=account), folder, world), failed


@contextmanager
def moved(built: Planted, mending: Mending) -> Iterator[Site]:
    """The site with the URL that stands in PIP Server afterwards; a stage that was made for it is taken away again."""
    if not mending.moves or built.server is None:
        yield built.site
        return
    stage = mending.typed[mending.moves].format(stage=built.stage)
    try:
        yield msgspec.structs.replace(built.site, url=f"{built.server.url}/{stage}/")
    finally:
        built.server.client.delete_index(stage)


@pytest.mark.usefixtures("no_password")
@pytest.mark.parametrize("name", [variant(name, daily=name in DAILY) for name in REMEDIES.scenario])
def test_whoever_follows_the_remedies_has_an_accepted_site(name: str, world: World, user: User, tmp_path: Path) -> None:
    """Each command ends well, the verdict is accepted, and nothing of what was found before is found again."""
    scenario, mending = SCENARIOS[name], REMEDIES.scenario[name]
    if mending.console and sys.platform == "win32":
        pytest.skip("asks on the console, which only a person can type into")

    after, failed = mended(scenario, mending, world, user, tmp_path)

    told = {cause for causes in scenario.expect.failed.values() for cause in causes}
    assert ([], Verdict.ACCEPTED, set()) == (failed, after.verdict, causes_in(after) & told)


def test_every_remedy_that_can_be_pasted_is_followed() -> None:
    """A cause with commands is among those above, or excused with a reason; never both, and no other."""
    catalog = load_catalog()
    followed = {
        cause
        for name in REMEDIES.scenario
        for causes in SCENARIOS[name].expect.failed.values()
        for cause in causes
        if catalog.causes[cause].can_be_followed
    }

    assert {id for id, cause in catalog.causes.items() if cause.can_be_followed} == followed | set(REMEDIES.excused)
    assert set() == followed & set(REMEDIES.excused)
    assert [] == [cause for cause, reason in REMEDIES.excused.items() if len(reason.split()) < 4]
