"""Whatever breaks in airproof itself, a healthy site is then not accepted, and never rejected either."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airproof.catalog import load_catalog
from airproof.check import Level, Seen
from airproof.custody.licences import Rules
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import Report
from airproof.site.site import Kind
from tests.engine.rejudged import Rejudge
from tests.thorough import variant

CATALOG = load_catalog()
LEVELS = {id: one.info.level for id, one in CATALOG.checks.items()}
HERE = [
    id
    for id, one in CATALOG.checks.items()
    if one.info.only in (None, Kind.LIVE) and one.info.family != "DEP" and not one.info.given
]
"""The checks that a live site runs for which no target is named, and no option given: those of the closure ask targets
only.
"""
PROBES = (
    *("reach", "roots", "forms", "server", "login", "host", "trust", "pip", "usage", "canary", "readings", "served"),
    "provided",
)
"""The facts of a live site."""
ADVISING = ("account",)
"""Those that advised checks alone ask for."""


def key_error(**_: Any) -> Seen:
    raise KeyError("a slip")


def system_exit(**_: Any) -> Seen:
    raise SystemExit(0)


def session_exit(**_: Any) -> Seen:
    pytest.exit("", 0)


def nothing(**_: Any) -> Any:
    """As a check does that forgot what it saw."""


CRASHES: tuple[Callable[..., Any], ...] = (key_error, system_exit, session_exit, nothing)


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Callable[..., Any]], None]]:
    """Puts something else in place of a check's body: its name, arguments and mark stay."""

    def put(id: str, body: Callable[..., Any]) -> None:
        function = CATALOG.checks[id].function
        module = next(loaded for loaded in CATALOG.modules.values() if loaded.__name__ == function.__module__)
        monkeypatch.setattr(module, function.__name__, functools.wraps(function)(functools.partial(body)))

    yield put


def outcomes(report: Report, *wanted: Outcome) -> set[str]:
    return {check.id for check in report.checks if check.outcome in wanted}


def test_the_healthy_site_is_accepted(rejudge: Rejudge) -> None:
    """The ground on which all others stand: nothing broken, and even the advised checks pass."""
    report = rejudge(strict=True)

    assert (Verdict.ACCEPTED, 0) == (report.verdict, rejudge.exit_code)
    told_besides = {"refusal", "pages", "applying", "steady"}
    assert {*PROBES, *ADVISING, *told_besides} == {name.partition("-")[0] for name in rejudge.facts}


FIRST = {id[:3]: id for id in sorted(HERE, reverse=True)}
"""One check of each family; all others crash in a thorough run."""


@pytest.mark.parametrize("id", [variant(id, daily=id in FIRST.values()) for id in HERE])
def test_a_check_that_crashes_is_broken(rejudge: Rejudge, crash: Callable[..., None], id: str) -> None:
    """Each check once, with each kind of crash in turn: not accepted, and the site is not blamed."""
    body = CRASHES[HERE.index(id) % len(CRASHES)]
    crash(id, body)

    report = rejudge(strict=True)

    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, rejudge.exit_code)
    assert id in outcomes(report, Outcome.BROKEN)
    assert set() == outcomes(report, Outcome.FAILED)


def test_a_check_of_an_option_that_crashes_is_broken(rejudge: Rejudge, crash: Callable[..., None]) -> None:
    """The crash shows if the option was given; without it the check does not apply, whatever its code would do."""
    crash("SEC03", key_error)

    unasked = rejudge()
    asked = rejudge(licences=Rules(deny=("ISC",)))

    assert (Verdict.ACCEPTED, Verdict.INCONCLUSIVE) == (unasked.verdict, asked.verdict)
    assert "SEC03" in outcomes(unasked, Outcome.NOT_APPLICABLE)
    assert {"SEC03"} == outcomes(asked, Outcome.BROKEN)


@pytest.mark.parametrize("body", CRASHES)
@pytest.mark.parametrize("id", ["NET02", "FIL02", "SRV06"])
def test_every_kind_of_crash_is_broken(rejudge: Rejudge, crash: Callable[..., None], id: str, body: Any) -> None:
    """In a check that others wait for, in one that few wait for, and in one that does not apply here."""
    crash(id, body)

    report = rejudge()

    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, rejudge.exit_code)
    assert id in outcomes(report, Outcome.BROKEN)
    assert (body is not session_exit) == report.run.finished


def test_advice_that_crashes_counts_only_when_strict(rejudge: Rejudge, crash: Callable[..., None]) -> None:
    """An advised check rejects nothing and holds nothing up; its outcome is broken all the same."""
    crash("HOST02", key_error)

    report = rejudge()

    assert Level.ADVISED is LEVELS["HOST02"]
    assert (Verdict.ACCEPTED, {"HOST02"}) == (report.verdict, outcomes(report, Outcome.BROKEN))


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_that_could_not_look_is_no_acceptance(rejudge: Rejudge, probe: str) -> None:
    """Whichever fact is missing: what needs it is broken or blocked, and nothing is the site's failure."""
    rejudge.errors[rejudge.named(probe)] = "RuntimeError: the probe fell over"

    report = rejudge()

    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, rejudge.exit_code)
    assert (True, set()) == (bool(outcomes(report, Outcome.BROKEN)), outcomes(report, Outcome.FAILED))


@pytest.mark.parametrize("probe", ADVISING)
def test_a_probe_for_advice_that_could_not_look_counts_only_when_strict(rejudge: Rejudge, probe: str) -> None:
    """Its check is broken, and never passed."""
    rejudge.errors[rejudge.named(probe)] = "RuntimeError: the probe fell over"

    lenient, severe = rejudge(), rejudge(strict=True)

    assert (Verdict.ACCEPTED, Verdict.INCONCLUSIVE) == (lenient.verdict, severe.verdict)
    assert {"PIP09"} == outcomes(lenient, Outcome.BROKEN)


@pytest.mark.parametrize(
    ("probe", "path", "verdict"),
    [
        ("reach", ("addresses",), Verdict.REJECTED),  # a name without an address is a fact
        ("forms", ("configured",), Verdict.INCONCLUSIVE),
        ("forms", ("sister",), Verdict.INCONCLUSIVE),
        ("server", ("indexes",), Verdict.INCONCLUSIVE),
        ("pip", ("runs",), Verdict.INCONCLUSIVE),
        ("pip", ("runs", 0, "groups"), Verdict.INCONCLUSIVE),
        ("pip", ("runs", 0, "requirements"), Verdict.INCONCLUSIVE),
        ("pip", ("runs", 0, "installed"), Verdict.INCONCLUSIVE),
        ("pip", ("runs", 0, "imports"), Verdict.INCONCLUSIVE),
        ("readings", ("groups",), Verdict.INCONCLUSIVE),
        ("readings", ("groups", 0, "reading", "pins"), Verdict.INCONCLUSIVE),
        ("served", ("files",), Verdict.INCONCLUSIVE),
    ],
)
def test_an_empty_answer_proves_nothing(rejudge: Rejudge, probe: str, path: tuple[Any, ...], verdict: Verdict) -> None:
    """No check passes over nothing: "0 of 0 files" is no evidence."""
    *way, last = path
    part = rejudge.facts[rejudge.named(probe)]
    for step in way:
        part = part[step]
    part[last] = []

    report = rejudge()

    assert (verdict, True) == (report.verdict, rejudge.exit_code in (1, 3))


@pytest.mark.parametrize("fact", ["forms", "pip", "served"])
def test_facts_of_another_shape_are_no_answer(rejudge: Rejudge, fact: str) -> None:
    """A fact that cannot be read is broken, in the checks and in what the record says beside them."""
    rejudge.facts[rejudge.named(fact)] = {"of": "another version"}

    report = rejudge()

    assert (Verdict.INCONCLUSIVE, set()) == (report.verdict, outcomes(report, Outcome.FAILED))


class Torn:
    """A plug-in whose fixture, which a check asks for, fails as it is taken down."""

    def __init__(self, error: Callable[[], Any]) -> None:
        self.error = error

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.name.startswith("check_the_port_answers"):
            item.addfinalizer(self.error)


@pytest.mark.parametrize("error", [key_error, session_exit])
def test_an_error_after_the_pass_is_broken(rejudge: Rejudge, error: Callable[[], Any]) -> None:
    """A failure in the teardown of a check that has passed does not leave it passed."""
    report = rejudge(Torn(error))

    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, rejudge.exit_code)


class Gone:
    """A plug-in that ends the session after its last check, with an exit code of its choice."""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        if nextitem is None:
            pytest.exit("all is well", 0)


def test_an_exit_after_the_last_pass_is_no_end(rejudge: Rejudge) -> None:
    """Every check has passed, and the session still has no end: somebody ended it."""
    report = rejudge(Gone())

    assert (Verdict.INCONCLUSIVE, 3) == (report.verdict, rejudge.exit_code)
    assert (False, set()) == (report.run.finished, outcomes(report, Outcome.BROKEN, Outcome.FAILED))


def test_what_stops_after_the_first_failure_judged_the_rest_not(rejudge: Rejudge, crash: Callable[..., None]) -> None:
    """With -x the checks that did not run are not passed, and are named."""
    crash("NET01", key_error)

    report = rejudge(options=("-x",))

    assert (Verdict.INCONCLUSIVE, True) == (report.verdict, "PIP02" in report.run.deselected)
