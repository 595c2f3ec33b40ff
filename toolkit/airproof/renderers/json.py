"""The record's own bytes, as text: the language changes nothing. Compared or joined, one document that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from airproof.record.file import encode
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.words import Lang


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    if context.against is None and not context.hosts:
        return encode(report).decode()
    return several([(report, context)], lang)


def several(parts: Sequence[tuple[Report, Context]], _lang: Lang) -> str:
    """`airproof.reports/1`: of each site its report, beside it the comparison or the hosts that it was joined from."""
    document: dict[str, Any] = {"schema": "airproof.reports/1", "sites": [_site(*part) for part in parts]}
    raw = msgspec.json.encode(document, order="deterministic")
    return msgspec.json.format(raw, indent=1).decode() + "\n"


def _site(report: Report, context: Context) -> dict[str, Any]:
    site: dict[str, Any] = {"report": report, "exit_code": report.exit_code}
    if context.against is not None:
        site["comparison"] = context.against
    if context.hosts:
        site["hosts"] = context.hosts
    return site
