"""The record's own bytes, as text: the language changes nothing."""

from __future__ import annotations

from airproof.record.report import Report, encode
from airproof.words import Lang


def render(report: Report, _lang: Lang) -> str:
    return encode(report).decode()
