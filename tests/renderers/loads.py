"""Made-up loads: one that held, and one that was too slow from sixteen hosts on."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from airproof.record.summary import (
    LoadErrors,
    LoadProfileSummary,
    LoadStepSummary,
    LoadSummary,
    LoadTimes,
    ServingProcess,
)

PAGE = {"Accept": "text/html", "User-Agent": "pip/23.2.1 airproof"}
FILE = {"Accept": "*/*", "User-Agent": "pip/23.2.1 airproof"}
PROFILE = LoadProfileSummary(
    label="cp311-linux",
    size=5_250_000,
    elsewhere=0,
    headers={"page": PAGE, "file": FILE},
    pips=(
        (
            ("page", "/root/local/+simple/paramiko/"),
            ("file", "/root/local/%2Bf/123/4567890abcdef/paramiko-3.4.0-py3-none-any.whl"),
        ),
    ),
)


def times(count: int, p50: float | None, p95: float | None, p99: float | None, longest: float) -> LoadTimes:
    return LoadTimes(count, p50, p95, p99, longest)


def step(hosts: int, seconds: float, **changes: Any) -> LoadStepSummary:
    """A step in which each host was ready after about so many seconds."""
    made = LoadStepSummary(
        hosts=hosts,
        activations=hosts,
        failed=0,
        unfinished=0,
        seconds=seconds,
        per_minute=60 * hosts / seconds,
        activation=times(hosts, 0.8 * seconds, 0.95 * seconds, seconds, seconds),
        pages=times(20 * hosts, 0.004, 0.012, 0.02, 0.03),
        metadata=None,
        files=times(20 * hosts, 0.006, 0.02, 0.05, 0.1),
        requests=40 * hosts,
        size=hosts * PROFILE.size,
        retried=0,
        troubles=(),
        own_busy=0.05 * seconds,
        is_limited=False,
        server=None,
        stopped=False,
        repeated=False,
    )
    return replace(made, **changes)


def held() -> LoadSummary:
    """Four hosts, of which each was ready in time."""
    return LoadSummary(
        server="http://192.0.2.10:3141",
        hosts=4,
        wanted=4,
        activation_time=60.0,
        held=4,
        too_slow=None,
        same_machine=False,
        profiles=(PROFILE,),
        steps=(step(1, 4.0), step(2, 6.5), step(4, 12.0)),
    )


def overloaded() -> LoadSummary:
    """Sixteen hosts are too many: some wait for ever, one is refused; airproof itself had much to do."""
    last = step(
        16,
        120.0,
        activations=9,
        failed=1,
        unfinished=6,
        per_minute=4.5,
        activation=times(15, 88.0, None, None, 119.0),
        retried=12,
        troubles=(LoadErrors("status 503", 1, "GET /root/local/+simple/<paramiko>/: Service Unavailable"),),
        server=ServingProcess("devpi-server", 57, 118.0, 340_000_000, 12_500_000),
        is_limited=True,
        own_busy=95.0,
        repeated=True,
    )
    steps = (step(1, 8.0), step(2, 14.0), step(4, 27.0), step(8, 52.0), last)
    return replace(held(), hosts=50, wanted=50, held=8, too_slow=16, same_machine=True, steps=steps)
