"""A dry run: pip resolves as ever, and puts nothing anywhere."""

from __future__ import annotations

from pathlib import Path

from airproof.probes.installs.together import probe_pip
from pytest_airproof.packages import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import alike, group, offline_pip

DEMO = Wheel("demo", requires=["dep>=1"])


def test_a_dry_run_resolves_and_installs_nothing(tmp_path: Path) -> None:
    """pip names what it would install; the environment stays empty, and nothing is checked or imported."""
    with StaticIndex({"demo": [DEMO], "dep": [Wheel("dep", "1.2")]}) as index:
        facts = probe_pip(offline_pip(index.url, tmp_path), [group("demo")], same=alike, imports=True, dry_run=True)

    run = facts.runs[0]
    assert run.ok
    assert "Would install demo-1.0 dep-1.2" in run.ran.stdout
    assert ((), (), ()) == (run.installed, run.check_problems, run.imports)


def test_a_dry_run_fails_where_a_dependency_is_missing(tmp_path: Path) -> None:
    """Each group by itself, as in a real run."""
    with StaticIndex({"demo": [DEMO], "other": [Wheel("other")]}) as index:
        groups = [group("demo"), group("other")]
        facts = probe_pip(offline_pip(index.url, tmp_path), groups, same=alike, imports=False, dry_run=True)

    assert [("demo", False), ("other", True)] == [(run.groups[0], run.ok) for run in facts.runs]
