"""The facts about packages that cross the gap: the database of advisories, and what it says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.custody.advisories import kept_index
from airproof.facts.gathering import Announce, ask_host, choosing_of
from airproof.facts.keys import ADVISED, ADVISORIES, EACH_PROJECT, NEEDED, PIP, READINGS
from airproof.facts.store import FactStore
from airproof.probes.advised import (
    AdvisedPackages,
    Closure,
    Database,
    carried_in_folder,
    database_of,
    probe_advised,
)
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.media import Medium
from airproof.site.site import Site


@pytest.fixture(scope="session")
def advisories(asked: Site, work_dir: Path, airproof_facts: FactStore) -> Database | None:
    """The database of advisories that is named, or that lies on the medium; None without any."""
    if asked.advisories is None:
        return None
    path = Path(asked.advisories)
    return airproof_facts.get(ADVISORIES, lambda: database_of(kept_index(work_dir, path)))


@pytest.fixture(scope="session")
def advised(
    asked: Site, work_dir: Path, announce: Announce, airproof_facts: FactStore, request: pytest.FixtureRequest
) -> AdvisedPackages | None:
    """Advisories that affect the packages of each closure, and those carried in; None without a database.

    The closures are those that the checks of packages have read before: one that they could not read is not known.
    """
    if asked.advisories is None:
        return None
    path = Path(asked.advisories)

    def gather() -> AdvisedPackages:
        announce("advisories")
        site: Site = request.getfixturevalue("site")
        source: IndexSource = request.getfixturevalue("source")
        medium: Medium | None = request.getfixturevalue("medium")
        closures = [*_closures(site, source, airproof_facts)]
        carried = {
            held.folder: [(file.project, file.version) for file in held.manifest.files]
            for held in (medium.each if medium is not None else ())
        }
        if site.wheelhouse is not None and medium is None:
            names = (found.name for found in Path(site.wheelhouse).rglob("*"))
            carried[site.wheelhouse] = list(carried_in_folder(names))
        return probe_advised(
            kept_index(work_dir, path),
            closures,
            carried,
            source=source,
            groups=site.groups,
            choosing=choosing_of(site),
        )

    return airproof_facts.get(ADVISED, gather)


def _closures(site: Site, source: IndexSource, facts: FactStore) -> list[Closure]:
    """Return the closure of each interpreter and target, as it was read before."""
    closures = []
    for interpreter in site.interpreters:
        readings = facts.known(READINGS.of(interpreter.label))
        target = TargetMatcher.of(ask_host(interpreter, facts)).as_if_empty() if readings is not None else None
        pip = facts.known(PIP.of(interpreter.label))
        requires = {dist.name: dist.requires for run in (pip.runs if pip is not None else ()) for dist in run.installed}
        closures.append(Closure(interpreter.label, readings, target, source, requires))
    for asked_target in site.targets:
        needed = facts.known(NEEDED.of(asked_target.label))
        readings = needed.readings if needed is not None else None
        each = facts.known(EACH_PROJECT.of(asked_target.label))
        if site.all_projects and each is None:
            readings = None
        further = each.taken.by_asker if each is not None else {}
        closures.append(Closure(asked_target.label, readings, TargetMatcher.by(asked_target), source, {}, further))
    return closures
