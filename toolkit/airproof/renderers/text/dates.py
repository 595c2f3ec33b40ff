"""A record's times, as the reader writes them; always UTC, and said so."""

from __future__ import annotations

from datetime import datetime, timezone

from airproof.printable import one_line
from airproof.words import Lang

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def when(started: str, lang: Lang) -> str:
    """`2026-01-31T08:00:00Z` as `31 Jan 2026 08:00:00 UTC` or `2026年1月31日 08:00:00 UTC`; no time stays as it is."""
    at = time_of(started)
    if at is None:
        return one_line(started, 40)
    day = f"{at.year}年{at.month}月{at.day}日" if lang == "zh-TW" else f"{at.day} {MONTHS[at.month - 1]} {at.year}"
    return f"{day} {at:%H:%M:%S} UTC"


def time_of(started: str) -> datetime | None:
    """The time of a record; None where somebody wrote something else."""
    try:
        return datetime.strptime(started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
