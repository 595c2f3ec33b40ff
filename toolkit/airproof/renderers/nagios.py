"""The record as one line for Nagios and its kin, in the form of the Monitoring Plugins' guidelines.

`airproof report --format nagios` ends with the plug-in's codes: 0 OK, 2 CRITICAL, 3 UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Sequence

from airproof.printable import one_line
from airproof.record.join import worst
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.causes import causes_of
from airproof.renderers.parts.since import last_line
from airproof.renderers.parts.sites import sites_line
from airproof.words import Lang

OK, CRITICAL, UNKNOWN = 0, 2, 3
NAMES = {OK: "OK", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}


def code_of(exit_code: int) -> int:
    """Return the plug-in's code of a verdict's exit code: what could not be looked at is not known."""
    return {0: OK, 1: CRITICAL}.get(exit_code, UNKNOWN)


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return line(code_of(report.exit_code), last_line(report, context, lang), [report])


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """One line of the worst of them."""
    reports = [report for report, _ in parts]
    code = code_of(worst(report.exit_code for report in reports))
    return line(code, sites_line(reports, lang), reports)


def line(code: int, sentence: str, reports: Sequence[Report] = ()) -> str:
    """`AIRPROOF CRITICAL - …|causes=2 advised=0 time=6.7s`; a bar in the sentence would begin the numbers."""
    told = f"AIRPROOF {NAMES[code]} - {one_line(sentence, 1000).replace('|', '/')}"
    if not reports:
        return f"{told}\n"
    found = [causes_of(report) for report in reports]
    causes, advised = (sum(map(len, lists)) for lists in zip(*((of.counting, of.advised) for of in found), strict=True))
    seconds = sum(report.run.seconds for report in reports)
    return f"{told}|causes={causes} advised={advised} time={seconds:.1f}s\n"
