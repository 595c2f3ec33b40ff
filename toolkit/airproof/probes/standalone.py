"""The stand-alone probe: one file that is carried to a host, run there by its own Python, and answers in one line."""

from __future__ import annotations

import json
from pathlib import Path

import airproof
from airproof.probes.host import HOSTPROBE
from airproof.probes.library import HOSTLIBRARY, imported_by
from airproof.probes.pipcerts import PIPTRUST, words_of_trust
from airproof.probes.template import parse_template
from airproof.site import Site

PARTS = (HOSTPROBE, HOSTLIBRARY, PIPTRUST, Path(__file__).with_name("hostasks.py"))
"""Files that stand alone: each without what runs it by itself, and without what it imports of the others."""
SCHEMA = "airproof.facts/2"
"""From 2 on, each group was asked for by itself, with the lines of its file, and by pip's own times."""
HEAD = """#!/usr/bin/env python3
# Written by airproof {version}. Run it on the host, with the Python that OMFlow uses there:
#     PYTHON probe.py [--name NAME] [--collector] > facts.json
# Changes nothing there. Carry facts.json back: airproof check --facts facts.json
"""
MAIN = """

ASKED = json.loads({asked!r})


if __name__ == "__main__":
    import argparse

    words = argparse.ArgumentParser(allow_abbrev=False)
    words.add_argument("--name", default="", help="what the report calls this host")
    words.add_argument("--collector", action="store_true", help="this host is a Collector")
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
            for group in site.groups
        ],
        "modules": imported_by(site.flows),
    }
    head = HEAD.format(version=airproof.__version__)
    return head + "\n\n".join(map(_part, PARTS)) + MAIN.format(asked=json.dumps(asked))


def _part(file: Path) -> str:
    text = file.read_text(encoding="utf-8").partition('\nif __name__ == "__main__":')[0]
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("from airproof."))
