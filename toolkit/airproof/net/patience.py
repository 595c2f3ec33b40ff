"""The questions that are asked again, when, and how gently: as pip does, which gives up after five retries.

pip asks again where a connection breaks off, for 500, 502 (some versions), 503, 520 and 527, and for 413, 429 and 503
that name a time; first at once, then after 0.5, 1, 2 and 4 seconds (read in pip 20.3 to 26.3). pip asks one question at
a time, so once a server answers like that, airproof does as well: its own eight at a time may be the reason.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from airproof.net.trouble import Trouble

RETRIES = 5
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each retry."""
RETRIED = frozenset({500, 502, 503, 520, 527})
RETRIED_AFTER = frozenset({413, 429, 503})
"""Statuses that are asked again if the answer has a Retry-After."""
LONGEST_PAUSE = 60.0
"""Seconds of a Retry-After that are waited for."""


class Patience:
    """One client's, shared by its threads."""

    def __init__(self) -> None:
        self.gentle = False
        """A server broke off or refused for a while: one question at a time."""
        self.flapped: Counter[str] = Counter()
        """Answers that were asked for again and then came, by what was wrong with the first."""
        self.drips = False
        """A file came so slowly that its time was over before it was whole."""
        self._in_vain = False
        self._turn = threading.Lock()

    def pause(
        self, tried: int, status: int | None, headers: Mapping[str, str], trouble: Trouble | None
    ) -> float | None:
        """Seconds to wait before the next try, `tried` retries after the first; None: this is the answer.

        Once a question was asked in vain to the end, the others are asked again once only: a server that is broken is
        no server that flaps.
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
        """A question was answered after all, at first with `first`."""
        if first:
            self.flapped[first] += 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One at a time, where that is wanted."""
        if not self.gentle:
            yield
            return
        with self._turn:
            yield

    def _is_passing(self, status: int | None, headers: Mapping[str, str], trouble: Trouble | None) -> bool:
        if trouble is not None:
            return trouble in (Trouble.CUT, Trouble.RESET)
        return status in RETRIED or (status in RETRIED_AFTER and "retry-after" in headers)


def shown_as(status: int | None, trouble: Trouble | None) -> str:
    """Name in a word what was wrong with an answer."""
    return trouble.value if trouble is not None else f"status {status}"
