"""One request to a server with one rule, in short."""

from __future__ import annotations

import time

import pytest

from airproof.net.http import MAX_PAGE, Answer, Http
from pytest_airproof.servers.faulty import FaultyProxy, Rule

SHORT = 0.4
"""Seconds for answers that never come."""
LONG = 30.0
"""Seconds for answers that do come, and above which a test has caught a hang."""
PAGE = b"<!DOCTYPE html><html><body><a href='alpha/'>alpha</a></body></html>"


def asked(rule: Rule, *, timeout: float = LONG, path: str = "/page", limit: int = MAX_PAGE) -> Answer:
    """One GET of a server with that rule; fails where it takes much longer than it may."""
    started = time.monotonic()
    with FaultyProxy(None, rule) as proxy, Http(timeout) as http:
        answer = http.get(proxy.url + path, limit=limit)
    if time.monotonic() - started > LONG:
        pytest.fail("the time limit did not hold")
    return answer
