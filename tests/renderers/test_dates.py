"""Times in the reader's form."""

from __future__ import annotations

import pytest

from airproof.renderers.text.dates import when
from airproof.words import Lang


@pytest.mark.parametrize(
    ("started", "lang", "shown"),
    [
        ("2026-01-31T08:00:05Z", "en", "31 Jan 2026 08:00:05 UTC"),
        ("2026-12-01T23:59:00Z", "zh-TW", "2026年12月1日 23:59:00 UTC"),
        ("yesterday\x1b[2J", "en", "yesterday\\x1b[2J"),
        ("2026-13-31T08:00:05Z", "zh-TW", "2026-13-31T08:00:05Z"),
    ],
)
def test_a_time_is_told_as_the_reader_writes_it(started: str, lang: Lang, shown: str) -> None:
    """Always UTC; what is no time stays as it is, printable."""
    assert shown == when(started, lang)
