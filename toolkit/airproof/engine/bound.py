"""When a run is over, whatever the index does: one number, told before it begins, and kept by the engine's caller."""

from __future__ import annotations

import math

from airproof.net.http import page_time
from airproof.probes.advised import RETRYING_TIME
from airproof.probes.interpreters.host import ANSWER_TIME
from airproof.probes.load.load import load_time
from airproof.probes.pip.emptyenv import MAKING_TIME
from airproof.probes.pip.environment import TRYING_TIME, bound
from airproof.probes.pip.importing import IMPORT_TIME
from airproof.site.site import Kind, Site

QUESTIONS = 30
"""Waits for one answer each, of all that is asked before any requirement is read: name, port, forms, server, login."""
IMPORTS = 3
"""How often a module may be imported where several groups are asked: with all, without the others' files, alone."""
TRIES = 2
"""pip is asked in an empty environment, and where that fails, beside what is installed."""
WAYS_TO_READ = 2
"""A page is asked for in JSON and in HTML, by the versions of pip."""
HOST_TIME = 20.0
"""Seconds of airproof's own work for a host elsewhere, on a machine that is busy; half a second is usual."""
USUAL_TIME, USUAL_EACH = 30.0, 2.5
"""Seconds that a run of a healthy site takes, and each requirement on each interpreter."""
LOAD_OWN_TIME = 30.0
"""Seconds in which one host alone activates, for each requirement, before any load is sent."""
OWN_TIME = 120.0
"""Seconds for what is no wait at all, on a machine that is busy."""


def usual_minutes(site: Site) -> int:
    """Minutes in which a run of a healthy site is usually over: half a minute, and a few seconds for each requirement
    on each interpreter (measured on a machine with two cores: 20 s with one, 60 s with twelve).
    """
    asked = len(site.requirements) * max(1, len(site.interpreters))
    return math.ceil((USUAL_TIME + USUAL_EACH * asked) / 60)


def time_bound(site: Site) -> float | None:
    """Seconds within which a run of this site ends; None where they grow with what the index or the medium holds.

    Those runs (`rehearse`, `--all`, `--deep`, `--manifest`, checks of one's own) have bounded waits, and as many as
    there are files. For each interpreter here the sum counts pip for the groups together and for each apart, the
    canary, the imports of each requirement, each flow's activation, two answers if there are flows, and one reading.
    Each group and each step of an activation counts once more, beside what is installed, and so does the time in which
    source distributions are tried by themselves, whose last try may begin at its end. For each target it counts one
    reading for each pip that it may have. Hosts elsewhere have answered before the run begins, so only the readings for
    them and airproof's own work are counted.
    """
    if site.kind is not Kind.LIVE or site.all_projects or site.deep or site.medium or site.extra_checks:
        return None

    def pip(requirements: int) -> float:
        return bound(site.timeout, requirements) if site.pip_time is None else site.pip_time

    seconds = OWN_TIME + QUESTIONS * site.timeout + page_time(site.timeout)  # a page drips once, then nobody waits
    elsewhere = sum(entry.elsewhere for entry in site.interpreters)
    # Nobody waits for hosts that have answered: the pages and files that they take are read once for all of them.
    seconds += min(elsewhere, WAYS_TO_READ) * bound(site.timeout, len(site.requirements))
    seconds += elsewhere * HOST_TIME * (2 if site.flows else 1)
    for interpreter in site.interpreters:
        if interpreter.elsewhere:
            continue
        groups = site.groups_for(interpreter)
        count = sum(len(group.requirements) for group in groups)
        seconds += ANSWER_TIME * (2 if site.flows else 1) + bound(site.timeout, count)
        together = max(2, len(groups).bit_length())  # each joint run settles half of the groups, or is the last
        seconds += MAKING_TIME + pip(1) + together * pip(count)
        seconds += TRIES * sum(pip(len(group.requirements)) for group in groups) + TRYING_TIME + pip(1)
        seconds += IMPORT_TIME * count * site.imports * (IMPORTS if len(groups) > 1 else 1)
        seconds += TRIES * sum(pip(1) for group in groups if group.items for _ in group.requirements)
    readings = sum(max(1, len(target.pips)) for target in site.targets)
    if site.advisories is not None:  # the last resolution without the affected versions may begin at the end of theirs
        seconds += RETRYING_TIME + bound(site.timeout, len(site.requirements))
    seconds += load_time(site) + (len(site.requirements) + 1) * LOAD_OWN_TIME * bool(site.load)
    return seconds + readings * bound(site.timeout, len(site.requirements))
