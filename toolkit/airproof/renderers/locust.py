"""The profile of a load as a locustfile: more hosts than one machine can play, on as many machines as locust runs on.

The file holds requests, and no login: that comes from variables of the machine that runs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from airproof.printable import one_line
from airproof.record.report import Report
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.sites import site_name
from airproof.renderers.parts.verdict import verdict_line
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

TEMPLATE = Path(__file__).with_name("locustfile.txt")
PLACE = re.compile("@([A-Z]+)@")
"""Placeholder of a value in the template."""


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
    sites = [f"# {one_line(site_name(report, lang))}: {one_line(verdict_line(report, lang))}" for report in reports]
    values = {"PROFILES": told, "SITES": "\n".join(sites), "NOBODY": json.dumps(Wording(lang)("load-nobody"))}
    text = TEMPLATE.read_text(encoding="utf-8").replace("\r\n", "\n")
    return PLACE.sub(lambda found: values[found[1]], text)  # in one go: a value may hold anything
