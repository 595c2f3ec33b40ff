"""Retries of requests, as pip makes them: which answers are retried, when, and how many requests run at a time.

pip gives up after five retries. It retries if a connection breaks off, for 500, 502 (from 24.0 on), 503, 520 and 527,
and for 413, 429 and 503 with a Retry-After; first at once, then after 0.5, 1, 2 and 4 seconds (read in pip 20.3 to
26.3). An answer names the statuses that were retried, for the pips that stop at one of them. pip sends one request at a
time, so once a server answers like that, airproof does as well: its own eight at a time may be the reason.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from airproof.net.trouble import NetworkFailure

RETRIES = 5
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each retry."""
RETRIED = frozenset({500, 502, 503, 520, 527})
RETRIED_AFTER = frozenset({413, 429, 503})
"""Statuses that are retried if the answer has a Retry-After."""
IMPATIENT = 2
"""Timeouts that a slow file or page may take once another slow one has used up the whole time for one. The verdict is
then settled, and a hundred of them must not take hours.
"""
LONGEST_PAUSE = 60.0
"""Longest Retry-After, in seconds, that is waited for."""


class Patience:
    """Retry state of one client, shared by its threads."""

    def __init__(self) -> None:
        self.gentle = False
        """A server broke off or refused for a while: from then on one request runs at a time."""
        self.flapped: Counter[str] = Counter()
        """Number of answers that came after a retry, by the problem of the first attempt."""
        self.drips = False
        """A file arrived so slowly that its time was over before it was whole."""
        self._in_vain = False
        self._turn = threading.Lock()

    def pause(
        self, tried: int, status: int | None, headers: Mapping[str, str], trouble: NetworkFailure | None
    ) -> float | None:
        """Return the seconds to wait before the next try, `tried` retries after the first; None: this is the answer.

        Once a request failed after all retries, the others are retried only once: a server that is down is not one that
        flaps.
        """
        if not self._is_passing(status, headers, trouble):
            return None
        self.gentle = True
        if tried >= (1 if self._in_vain else RETRIES):
            self._in_vain = True
            return None
        named = headers.get("retry-after", "")
        return min(float(named), LONGEST_PAUSE) if named.isascii() and named.isdigit() else PAUSES[tried]

    def came(self, first: str) -> None:
        """Note that a request was answered after a first attempt with `first`."""
        if first:
            self.flapped[first] += 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let one request run at a time, once that is wanted."""
        if not self.gentle:
            yield
            return
        with self._turn:
            yield

    def _is_passing(self, status: int | None, headers: Mapping[str, str], trouble: NetworkFailure | None) -> bool:
        if trouble is not None:
            return trouble in (NetworkFailure.CUT, NetworkFailure.RESET)
        return status in RETRIED or (status in RETRIED_AFTER and "retry-after" in headers)


def shown_as(status: int | None, trouble: NetworkFailure | None) -> str:
    """Name the problem of an answer in one word."""
    return trouble.value if trouble is not None else f"status {status}"
