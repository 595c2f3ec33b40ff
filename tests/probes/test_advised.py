"""The version that would be taken in place of an affected one is the one that pip takes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from airproof.custody.advisories import index_database
from airproof.probes.advised import AdvisedPackages, Closure, probe_advised
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Reading
from airproof.probes.files.known import KnownFile
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.group import Group
from airproof.system.processes import run
from pytest_airproof.packages.advisories import advisory, write_database
from tests.probes.cases import Case, make_case
from tests.probes.closure import pipcases
from tests.probes.closure.test_agreement_with_pip import CaseSource, tags_for, write_index
from tests.probes.pythons import host_of

CASES = int(os.environ.get("AIRPROOF_ADVISED_CASES", "80"))
FIRST = int(os.environ.get("AIRPROOF_FIRST_CASE", "5000"))


class Fetched(CaseSource):
    """One case, as a source that could be asked ahead."""

    def fetch_pages(self, projects: Sequence[str]) -> None:
        """All is there."""

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        """All is there."""


def test_what_is_taken_instead_agrees_with_pip(tmp_path: Path) -> None:
    """Random indexes, with an advisory about a version that is taken: pip, with that version excluded by a constraint,
    takes the version that airproof names, or resolves no more where airproof names none.
    """
    target = TargetMatcher.of(host_of(sys.executable))
    made = [(make_case(seed, f"c{seed}", tags_for(host_of(sys.executable)))) for seed in range(FIRST, FIRST + CASES)]
    write_index(tmp_path, made)
    records, asked, closures = [], [], []
    for number, case in enumerate(made):
        group = Group(f"c{number}", tuple(case.requirements), constraints=tuple(case.constraints))
        source = Fetched(case)
        reading = read_group(source, target, group)
        if not (reading.resolves and reading.pins):
            continue
        pin = reading.pins[number % len(reading.pins)]
        records.append(advisory(f"GHSA-{number}", pin.project, versions=[pin.version], severity="HIGH"))
        limits = [*case.constraints, f"{pin.project}!={pin.version}"]
        asked.append({"requirements": case.requirements, "constraints": limits})
        readings = Readings("here", "", (GroupReading(group.name, group.requirements, False, reading),))
        closures.append((pin.project, group, source, Closure("here", readings, target, source)))
    index = index_database(write_database(tmp_path / "all.zip", records))
    (tmp_path / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    driver, index_url = Path(pipcases.__file__), (tmp_path / "simple").as_uri()
    ran = run([sys.executable, driver, tmp_path / "cases.json", tmp_path / "answers.json", index_url], timeout=600)
    assert ran.ok, ran.stderr
    answers = json.loads((tmp_path / "answers.json").read_bytes())

    found = [
        (project, probe_advised(index, [closure], {}, source=source, groups=[group]))
        for project, group, source, closure in closures
    ]

    expected = [_by_pip(project, answer) for (project, _), answer in zip(found, answers, strict=True)]
    assert expected == [_by_airproof(packages) for _, packages in found]
    assert {True, False} == {version is None for version in expected}


def _by_pip(project: str, answer: list[str] | None) -> str | None:
    """The version of a project that pip takes; None where it fails, `-` where nothing needs the project any more."""
    if answer is None:
        return None
    taken = [name for name in answer if name.startswith(f"{project.replace('-', '_')}-")]
    return taken[0].split("-")[1] if taken else "-"


def _by_airproof(packages: AdvisedPackages) -> str | None:
    (advised,) = packages.advised
    instead = advised.instead.get("here")
    return instead if instead is None or " " not in instead else "-"


def test_an_affected_version_that_no_page_lists_is_told(tmp_path: Path) -> None:
    """It is installed there and stays, or its version is none that PEP 440 reads: nothing breaks over it."""
    records = [advisory(f"GHSA-{name}", name, events=[{"introduced": "0"}]) for name in ("kept", "old")]
    index = index_database(write_database(tmp_path / "all.zip", records))
    reading = Reading((), had={"kept": "1.0", "old": "2004d"})
    readings = Readings("here", "", (GroupReading("kept", ("kept",), False, reading),))
    source = Fetched(Case([], []))
    closure = Closure("here", readings, TargetMatcher.of(host_of(sys.executable)), source)

    packages = probe_advised(index, [closure], {}, source=source)

    assert [("kept", {}), ("old", {})] == [(one.match.project, one.instead) for one in packages.advised]


def test_a_project_of_the_index_is_compared_where_all_are_asked_for(tmp_path: Path) -> None:
    """Nobody names it, and each target would be given it; it stands for itself."""
    records = [advisory("GHSA-lone", "lone", events=[{"introduced": "0"}])]
    index = index_database(write_database(tmp_path / "all.zip", records))
    taken = KnownFile("lone", "1.0", "lone-1.0-py3-none-any.whl", "http://192.0.2.10/lone-1.0-py3-none-any.whl")
    source = Fetched(Case([], []))
    target = TargetMatcher.of(host_of(sys.executable))
    closure = Closure("here", Readings("here", "", ()), target, source, further={"lone": (taken,)})

    packages = probe_advised(index, [closure], {}, source=source)

    assert [(("here",), ("lone",), {})] == [(one.targets, one.needed_by, one.instead) for one in packages.advised]
