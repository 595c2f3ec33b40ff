"""The canary: that a refusal would have been seen, and that without the guard the decoy would have been believed."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from airproof.probes.pip.decoy import CANARY, Decoy
from airproof.probes.pip.template import OPEN_EDITION
from airproof.site.site import COMMERCIAL
from pytest_airproof.packages import Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import PLAIN, group, offline_pip
from tests.thorough import variant

FORMS = pytest.mark.parametrize(
    "command",
    [
        variant(COMMERCIAL, daily=True, id="commercial"),
        variant(PLAIN, daily=False, id="plain"),
        variant(OPEN_EDITION, daily=True, id="open"),
    ],
)


@FORMS
def test_with_the_guard_the_canary_is_refused(tmp_path: Path, command: str) -> None:
    """The decoy answers, pip is refused, nobody else came."""
    with StaticIndex() as index:
        canary = offline_pip(index.url, tmp_path, pip_command=command).canary()

    assert (canary.decoy_answers, canary.refused, canary.visitors) == (True, True, 0)
    assert "No matching distribution found for airproof-canary" in canary.detail


@FORMS
def test_without_the_guard_the_canary_is_installed(tmp_path: Path, command: str) -> None:
    """The same call gets the decoy's package: loopback is trusted over http, and nothing else held pip back."""
    with StaticIndex() as index, Decoy() as decoy:
        pip = offline_pip(index.url, tmp_path, pip_command=command, guarded=False)
        canary = pip.canary()
        bare = offline_pip(decoy.url, tmp_path, pip_command=PLAIN, guarded=False).install([group(CANARY)])

    assert (canary.decoy_answers, canary.refused) == (True, False)
    assert canary.visitors >= 2
    assert [dist.name for dist in bare.installed] == [CANARY]
    assert f"Successfully installed {CANARY}-1.0" in bare.ran.stdout


def test_the_canary_has_no_hash_and_is_refused_all_the_same(tmp_path: Path) -> None:
    """A command with `--require-hashes` would refuse it before the guard does."""
    with StaticIndex() as index:
        pip = offline_pip(index.url, tmp_path, pip_command=PLAIN.replace("install", "install --require-hashes"))
        canary = pip.canary()

    assert (canary.decoy_answers, canary.refused) == (True, True)


@pytest.mark.parametrize(("option", "code"), [("", 0), ("--no-deps", 0), ("--unheard-of", 2)])
def test_pip_is_asked_for_the_options_of_the_command(option: str, code: int, tmp_path: Path) -> None:
    """It reads those that stand before `--help`."""
    pip = offline_pip("http://192.0.2.1/", tmp_path, pip_command=PLAIN.replace("install", f"install {option}"))

    usage = pip.usage()

    assert (code, code == 2) == (usage.exit_code, "--unheard-of" in usage.said)


def test_a_decoy_that_stands_during_the_real_runs_has_no_visitor(tmp_path: Path) -> None:
    """It is planted in the surroundings of each run, and counted over all of them."""
    with Decoy() as decoy, StaticIndex({"dep": [Wheel("dep")]}) as index:
        pip = offline_pip(index.url, tmp_path, decoy=decoy)
        run = pip.install([group("dep")])
        canary = pip.canary()

    assert (run.ok, run.refused) == (True, ())
    assert (canary.decoy_answers, canary.refused, canary.visitors) == (True, True, 0)


def test_a_visitor_is_counted_and_airproof_itself_is_not() -> None:
    """Told apart by a word that only the decoy's own object knows."""
    with Decoy() as decoy:
        assert decoy.answers(10)
        assert decoy.visitors == 0
        urllib.request.urlopen(f"{decoy.url}{CANARY}/", timeout=10).close()
        visitors = decoy.visitors

    assert visitors == 1


def test_a_decoy_that_is_down_is_no_evidence() -> None:
    """It would not have answered, so that nobody came says nothing."""
    with Decoy() as decoy:
        pass

    assert not decoy.answers(2)
