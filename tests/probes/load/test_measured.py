"""Numbers of a step: quantiles, what did not come to its end, and airproof's own share."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airproof.probes.load.load import LoadMeasured, LoadPlan
from airproof.probes.load.measured import LineReader, LoadStep, LoadTrouble, Quantiles, StepTally, quantiles
from airproof.probes.load.worker import AnsweredRequest, WorkerLine


def plan(**changes: Any) -> LoadPlan:
    made = LoadPlan("http://192.0.2.10:3141", 8, 8, 10.0, (1, 2, 4, 8), (), 100, 1000, 200, 60.0, same_machine=False)
    return msgspec.structs.replace(made, **changes)


def step(hosts: int, p95: float | None, **changes: Any) -> LoadStep:
    made = LoadStep(
        hosts=hosts,
        activations=hosts,
        failed=0,
        unfinished=0 if p95 is not None else hosts,
        seconds=20.0,
        activation=Quantiles(hosts, p95, p95, p95, p95 or 19.0),
        pages=None,
        metadata=None,
        files=None,
        requests=10,
        size=0,
        retried=0,
        troubles=(),
        workers=1,
        own_busy=0.1,
        own_all=0.2,
        own_late=0.05,
    )
    return msgspec.structs.replace(made, **changes)


def test_a_quantile_is_a_measured_value() -> None:
    """Nearest rank: of 20 times the 95th in 100 is the 19th."""
    found = quantiles([float(number) for number in range(20, 0, -1)])

    assert Quantiles(20, 10.0, 19.0, 20.0, 20.0) == found


def test_of_a_few_the_longest_counts() -> None:
    """With fewer than twenty hosts no one of them is left out."""
    assert Quantiles(3, 2.0, 3.0, 3.0, 3.0) == quantiles([3.0, 1.0, 2.0])


def test_nothing_was_measured() -> None:
    """No quantile is made of nothing."""
    assert quantiles([]) is None
    assert quantiles([], longer=5) is None


def test_what_did_not_end_took_longest() -> None:
    """Activations that were cut off are no fast ones: a quantile that falls on them has no value."""
    assert Quantiles(20, 1.0, None, None, 1.0) == quantiles([1.0] * 18, longer=2)


@given(st.lists(st.floats(0, 1000), min_size=1), st.integers(0, 50))
def test_quantiles_rise(times: list[float], longer: int) -> None:
    """Whatever was measured: none is below the one before, and none is invented."""
    found = quantiles(times, longer=longer)

    assert found is not None
    values = [value for value in (found.p50, found.p95, found.p99) if value is not None]
    assert values == sorted(values)
    assert set(values) <= {round(time, 4) for time in times}


def line(*, done: bool = False, busy: float = 0.0, seconds: float = 1.0, bounded: bool = False) -> WorkerLine:
    requests = (
        AnsweredRequest("page", 0.1, 10),
        AnsweredRequest("file", 0.2, 1000, retried=2),
        AnsweredRequest("file", 0.3, 0, "status 503", 5, "GET /a: Service Unavailable"),
    )
    return WorkerLine(requests, ((1.0, True), (2.0, False)), busy, 0.01, seconds, done, bounded)


def test_lines_of_several_workers_are_one_step() -> None:
    """Requests and errors are counted; the busiest worker says how busy airproof was."""
    tally = StepTally(4, 6)
    tally.take(0, line(busy=0.5, done=True))
    assert not tally.heard_of(2)
    tally.take(1, line(busy=0.2, seconds=3.0, done=True, bounded=True))
    made = tally.step(None, workers=2)

    assert tally.heard_of(2)
    assert (2, 2, 2, 6, 2020, 14) == (
        made.activations,
        made.failed,
        made.unfinished,
        made.requests,
        made.size,
        made.retried,
    )
    assert (0.5, 0.7, 3.0, True, 40.0) == (made.own_busy, made.own_all, made.seconds, made.bounded, made.per_minute)
    assert [("status 503", 2, "GET /a: Service Unavailable")] == [
        (trouble.kind, trouble.count, trouble.example) for trouble in made.troubles
    ]


def test_half_a_line_waits_for_its_end() -> None:
    """A worker's output comes in pieces that end anywhere; what a killed one has not ended is left out."""
    raw = msgspec.json.encode(line()) + b"\n"
    reader = LineReader()

    assert [[], [line()], [line()]] == [reader.feed(raw[:7]), reader.feed(raw[7:] + raw[:9]), reader.feed(raw[9:])]


def test_the_first_step_beyond_the_time_is_told() -> None:
    """It held up to the step before; one that was interrupted says nothing."""
    load = LoadMeasured(plan(), (step(1, 1.0), step(2, 9.9), step(4, 10.1), step(8, None, stopped=True)))

    assert (2, 4) == (load.held, load.too_slow.hosts if load.too_slow else None)


def test_failures_are_not_held() -> None:
    """A step with failures, or with activations that did not end, is neither in time nor too slow."""
    failed, unfinished = step(2, 1.0, failed=1), step(4, 1.0, unfinished=1)
    load = LoadMeasured(plan(), (step(1, 1.0), failed, unfinished))

    assert (1, None, failed) == (load.held, load.too_slow, load.not_held)
    assert [False, False] == [load.is_in_time(failed), load.is_in_time(unfinished)]


def test_nobody_said_a_time() -> None:
    """Without a time nothing held, and nothing was too slow."""
    load = LoadMeasured(plan(activation_time=0.0), (step(1, 100.0),))

    assert (0, None) == (load.held, load.too_slow)


@pytest.mark.parametrize(
    ("changes", "same_machine", "own"),
    [
        ({}, False, False),
        ({"own_busy": 1.5}, False, True),
        ({"own_late": 1.5}, False, True),
        ({"own_all": 1.5}, False, False),
        ({"own_all": 1.5}, True, True),
    ],
    ids=["idle", "busy", "late", "others-busy", "shares-the-machine"],
)
def test_a_server_is_not_slow_because_airproof_is(changes: dict[str, float], same_machine: bool, own: bool) -> None:
    """The time of airproof itself is given back to the server before it counts as too slow."""
    load = LoadMeasured(plan(same_machine=same_machine), ())

    assert own == load.is_own_fault(step(4, 11.0, **changes))


def test_an_endless_step_is_held_against_its_end() -> None:
    """Most never came to their end: at least the time of the step has passed."""
    load = LoadMeasured(plan(), ())

    assert not load.is_own_fault(step(4, None, own_busy=9.0))
    assert load.is_own_fault(step(4, None, own_busy=11.0))


def test_a_late_process_is_told() -> None:
    """Hosts that began after the others had ended did not ask at once; a moment is none."""
    assert [False, False, True] == [step(4, 1.0, workers=2, began_late=late).is_apart for late in (0.1, 0.9, 1.1)]
    assert not step(4, 1.0, workers=1, began_late=1.1).is_apart


def test_a_busy_generator_is_told() -> None:
    """The number is a lower bound then."""
    failed_here = LoadTrouble("own-limit", 1, "GET /: too many open files")
    steps = (step(4, 1.0), *(step(4, 1.0, **busy) for busy in ({"own_busy": 15.0}, {"own_late": 15.0})))

    assert [False, True, True] == [made.is_limited for made in steps]
    assert step(4, 1.0, troubles=(failed_here,)).is_limited
