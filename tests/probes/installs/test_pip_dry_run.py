"""A dry run: pip resolves as ever, and puts nothing anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from airproof.errors import CannotLook
from airproof.probes.installs.builds import Tried, probe_builds
from airproof.probes.installs.together import probe_pip
from pytest_airproof.packages import Wheel
from pytest_airproof.packages.sdists import Sdist
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


def test_source_distributions_are_tried_once_and_for_a_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number is the index's: when the time is over, those that were not tried are said not to be judged."""
    with StaticIndex({"one": [Sdist("one")], "two": [Sdist("two")]}) as index:
        monkeypatch.setattr("airproof.probes.installs.pip.TRYING_TIME", 0.001)
        pip = offline_pip(index.url, tmp_path)
        first = pip.prepare("one==1.0")
        builds = probe_builds(pip, {"two-1.0.tar.gz": Tried("two==1.0", "two", given_up=False)})

        with pytest.raises(CannotLook) as caught:
            pip.build("two==1.0")

    assert (True, (), first) == (first.ok, builds.failed, pip.prepare("one==1.0"))
    assert "sdists-too-slow" == caught.value.key
