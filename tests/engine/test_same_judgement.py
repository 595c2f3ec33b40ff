"""The same judgement, however the checks are run; and nothing around the run has a say in it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.record.outcome import Outcome, Verdict
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.stage import Stage
from tests.engine.running import DEMO, airproof, judgement, own_pytest, ran, record, static_index
from tests.probes.indexserver import StaticIndex

HOSTILE_CONFTEST = """
import os, pathlib, pytest

pathlib.Path(os.environ["SEEN"]).write_text("a stranger's conftest took part")

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    return True  # everything holds

def pytest_collection_modifyitems(items):
    items.clear()

def pytest_sessionfinish(session):
    session.exitstatus = 0
"""
OWN_TESTS = """
def check_of_my_own():
    raise RuntimeError("a function of the user's that is no test")

def test_of_my_own():
    print("it ran")
"""


@pytest.fixture
def good() -> Iterator[StaticIndex]:
    """An index in which nothing is wrong; it counts its visitors."""
    with static_index(*DEMO) as index:
        yield index


@pytest.fixture
def bad(airproof_index: Stage) -> Stage:
    """A devpi index that lacks a dependency of a dependency."""
    airproof_index.upload(
        Wheel("demo", requires=("demo-lib",)), Wheel("demo-lib", requires=("demo-gone",)), Wheel("demo-alone")
    )
    return airproof_index


def folder(at: Path, name: str) -> Path:
    made = at / name
    made.mkdir()
    return made


def test_a_good_site_is_accepted_by_each_engine_and_asked_once(good: StaticIndex, tmp_path: Path) -> None:
    """A stranger's conftest, options and ini change nothing of airproof's own run; a pytest on two workers, beside
    the user's own tests, agrees with it and asks the site not once more.
    """
    hostile, plain = folder(tmp_path, "hostile"), folder(tmp_path, "plain")
    (hostile / "conftest.py").write_text(HOSTILE_CONFTEST)
    (hostile / "pytest.ini").write_text("[pytest]\naddopts = -k nothing --collect-only\n")
    (hostile / "msgspec.py").write_text("raise RuntimeError('a module of the folder shadows another')")
    (plain / "pytest.ini").write_text("[pytest]\n")
    (plain / "test_mine.py").write_text(OWN_TESTS)
    options = {"PYTEST_ADDOPTS": "-k nothing", "PYTEST_PLUGINS": "conftest", "SEEN": str(hostile / "seen")}

    first = airproof("check", good.url, "-p", "demo", cwd=hostile, **options)
    asked_first = Counter(good.asked)
    second = own_pytest(good.url, "test_mine.py", "--airproof-package", "demo", "-n2", "-v", cwd=plain)
    asked_second = Counter(good.asked) - asked_first

    ours, theirs = record(hostile), record(plain)
    assert (0, 0) == (first.returncode, second.returncode), first.stderr + second.stdout
    assert (Verdict.ACCEPTED, False) == (ours.verdict, (hostile / "seen").exists())
    assert judgement(ours) == judgement(theirs)
    assert asked_first == asked_second
    assert ("airproof", "check", "pytest", "pytest") == (
        ours.run.engine,
        ours.run.command,
        theirs.run.engine,
        theirs.run.command,
    )
    assert ("test_mine.py::test_of_my_own" in second.stdout, "check_of_my_own" in second.stdout) == (True, False)


@pytest.mark.parametrize(
    ("options", "python"),
    [
        pytest.param(("-n2",), (), id="two workers", marks=pytest.mark.thorough),
        pytest.param((), ("-O",), id="without asserts"),
    ],
)
def test_a_bad_site_is_rejected_by_each_engine(
    bad: Stage, tmp_path: Path, options: tuple[str, ...], python: tuple[str, ...]
) -> None:
    """On two workers, and under `python -O` where an assert would vanish: the same findings and exit 1."""
    ours, theirs = folder(tmp_path, "ours"), folder(tmp_path, "theirs")
    words = ("--airproof-package", "demo", "--airproof-package", "demo-alone", *options)

    first = airproof("check", bad.url, "-p", "demo", "-p", "demo-alone", cwd=ours)
    second = own_pytest(bad.url, *words, cwd=theirs, python=python)

    report = record(ours)
    assert (1, 1) == (first.returncode, second.returncode)
    assert [finding.cause for entry in report.checks for finding in entry.findings] == ["dependency-missing"]
    assert (Verdict.REJECTED, judgement(report)) == (report.verdict, judgement(record(theirs)))


def test_deselected_checks_are_no_acceptance(good: StaticIndex, tmp_path: Path) -> None:
    """With -k the checks that were left out are named, and a session in which every test passed exits with 3."""
    session = own_pytest(good.url, "--airproof-package", "demo", "-k", "port_answers or name_resolves", cwd=tmp_path)

    report = record(tmp_path)
    left_out = {check.outcome for check in report.checks if check.id in report.run.deselected}
    assert (3, Verdict.INCONCLUSIVE) == (session.returncode, report.verdict)
    applying = {check.id for check in report.checks if check.outcome is not Outcome.NOT_APPLICABLE}
    assert {"NET01", "NET02"} == applying - set(report.run.deselected)
    assert {Outcome.BROKEN, Outcome.BLOCKED} == left_out
    assert "INCONCLUSIVE" in session.stdout


def test_the_users_own_failing_test_fails_the_session(good: StaticIndex, tmp_path: Path) -> None:
    """An accepted site does not turn a red session green."""
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    raise RuntimeError('red')\n")

    session = own_pytest(good.url, "test_mine.py", "--airproof-package", "demo", cwd=tmp_path)

    assert (1, Verdict.ACCEPTED) == (session.returncode, record(tmp_path).verdict)


def test_an_empty_url_is_no_way_to_judge_nothing(tmp_path: Path) -> None:
    """A variable that a pipeline left empty is bad usage, not a green session without a check."""
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    pass\n")

    session = own_pytest("", "test_mine.py", cwd=tmp_path)

    assert (int(pytest.ExitCode.USAGE_ERROR), False) == (session.returncode, (tmp_path / "airproof-report").exists())
    assert "ERROR: " in session.stderr
    assert "PIP Server" in session.stderr


def test_checks_without_a_site_are_not_collected(tmp_path: Path) -> None:
    """In a pytest that judges no site the plug-in changes nothing: the folder of checks is empty, and not green."""
    session = ran([sys.executable, "-m", "pytest", "--pyargs", "airproof.checks"], tmp_path)

    assert (int(pytest.ExitCode.NO_TESTS_COLLECTED), False) == (
        session.returncode,
        (tmp_path / "airproof-report").exists(),
    )
