"""The fixtures that a run gives to the facts: what is asked, where they lie, and who follows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.engine.events import EventLog
from airproof.engine.plan import Plan
from airproof.engine.plugin import PLAN
from airproof.facts.gathering import Announce
from airproof.facts.store import FactStore
from airproof.record.fold import Progress
from airproof.site.site import Site


@pytest.fixture(scope="session")
def airproof_plan(request: pytest.FixtureRequest) -> Plan:
    """The plan of the run."""
    return request.config.stash[PLAN]


@pytest.fixture(scope="session")
def asked(airproof_plan: Plan) -> Site:
    """The site as it was asked for; of a rehearsal without its URL, which is not known before the server stands."""
    return airproof_plan.site


@pytest.fixture(scope="session")
def airproof_facts(airproof_plan: Plan) -> FactStore:
    """The store in which each fact is gathered once."""
    return airproof_plan.facts


@pytest.fixture(scope="session")
def work_dir(airproof_plan: Plan) -> Path:
    """The folder for environments, downloads and servers. It is removed at the end of the run."""
    return airproof_plan.work_dir


@pytest.fixture(scope="session")
def airproof_uploads(airproof_plan: Plan) -> Path | None:
    """The folder that a rehearsal uploads; None for a live site."""
    return airproof_plan.uploads


@pytest.fixture(scope="session")
def announce(airproof_plan: Plan) -> Announce:
    """Write each step into the log of events, which the parent of the run reads along."""
    log = EventLog.of(airproof_plan.events)

    def write(step: str, /, **values: str) -> None:
        log.write(Progress(step, values))

    return write
