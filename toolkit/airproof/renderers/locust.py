"""The profile of a load as a locustfile: more hosts than one machine can play, on as many machines as locust runs on.

The file holds requests, and no login: that comes from variables of the machine that runs it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

TEMPLATE = Path(__file__).with_name("locustfile.txt")
PLACE, NOBODY = "@PROFILES@", "@NOBODY@"


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return several([(report, context)], lang)


def several(parts: Sequence[tuple[Report, Context]], lang: Lang) -> str:
    """One file for all sites and hosts, whose profiles take turns."""
    reports = [told for report, context in parts for told in [member.report for member in context.members] or [report]]
    profiles = [
        {"server": load.server, "label": profile.label, "headers": profile.headers, "pips": profile.pips}
        for load in (report.summary.load for report in reports)
        if load is not None
        for profile in load.profiles
    ]
    # Lists and objects of texts are written alike in JSON and in Python, and nothing but ASCII is in them.
    told = json.dumps(profiles, indent=1, ensure_ascii=True)
    text = TEMPLATE.read_text(encoding="utf-8").replace("\r\n", "\n")
    return text.replace(NOBODY, json.dumps(Wording(lang)("load-nobody"))).replace(PLACE, told)
