"""The stand-alone probe: one file that is carried to a host, run there by its own Python, and answers in one line."""

from __future__ import annotations

import json
import sys

import airproof
from airproof.probes.interpreters.host import HOSTPROBE
from airproof.probes.interpreters.library import HOSTLIBRARY, imported_by
from airproof.probes.omflow.modules import owner_of
from airproof.probes.onhost import SCRIPTS, joined
from airproof.probes.pip.template import parse_template
from airproof.probes.reaching.certificates import PIPTRUST, words_of_trust
from airproof.site.group import Group
from airproof.site.requirements import is_requirement
from airproof.site.site import Site

PARTS = (HOSTPROBE, HOSTLIBRARY, PIPTRUST, SCRIPTS / "hostasks.py")
SCHEMA = "airproof.facts/2"
"""From 2 on, each group was asked for by itself, with the lines of its file, and by pip's own times."""
HEAD = """#!/usr/bin/env python3
# Written by airproof {version}. Run it on the host, with the Python that OMFlow uses there:
#     PYTHON probe.py [--name NAME] [--collector [NAME]] > facts.json
# Changes nothing there. Carry facts.json back: airproof check --facts facts.json
"""
MAIN = """

ASKED = json.loads({asked!r})


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(allow_abbrev=False)
    words.add_argument("--name", default="", help="what the report calls this host")
    words.add_argument(
        "--collector", nargs="?", const="", metavar="NAME", help="this host is a Collector, which OMFlow calls NAME"
    )
    told = words.parse_args()
    print(json.dumps(answer(ASKED, told.name, told.collector)))
"""


def standalone(site: Site) -> str:
    """The file's text: what is asked of the site is in it, credentials of the URL too, since pip needs them."""
    command = parse_template(site.pip_command)
    asked = {
        "schema": SCHEMA,
        "url": site.url,
        "command": command.words,
        "trust": words_of_trust(site),
        "timeout": site.timeout,
        "pip_time": site.pip_time,
        "groups": [
            {
                "name": group.name,
                "requirements": group.requirements,
                "constraints": group.constraint_lines or group.constraints,
                "lines": group.pip_lines,
                "builds": bool(group.tells(command.choosing).no_binary),
            }
            for group in _asked_there(site)
        ],
        "modules": imported_by(site.flows),
    }
    head = HEAD.format(version=airproof.__version__)
    return head + joined(*PARTS) + MAIN.format(asked=json.dumps(asked))


def _asked_there(site: Site) -> tuple[Group, ...]:
    """Return the questions for that host's pip. In the open edition they appear as the flows are played, name by name,
    beside the modules that the host has: its pip is asked for each name by itself.
    """
    if not site.is_open_edition:
        return site.groups
    return (*(group for group in site.groups if not group.items), *(Group(name, (name,)) for name in _open_names(site)))


def _open_names(site: Site) -> tuple[str, ...]:
    """Every name that the open edition may ask an index for on a host of which nothing is known yet."""
    found = dict.fromkeys(name for group in site.groups for name in group.items)
    items = [item for flow in site.placed_flows for item in flow.items]
    for item in items:
        if not item.autoinstall or item.broken_lines:
            continue
        tops = [line.partition(".")[0] for line in item.lines]
        found |= dict.fromkeys(
            top for top in tops if not owner_of(top, sys.stdlib_module_names) and is_requirement(top)
        )
    return tuple(found)
