"""`airproof probe --out FILE`: the stand-alone probe is written, for a host where airproof is not installed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from airproof.commands.run import AskedOnce, judged
from airproof.errors import BadInput
from airproof.probes.remote.standalone import standalone
from airproof.system.output import write
from airproof.words import load_texts

WORDS = Path(__file__).with_name("probe.toml")


def run(options: argparse.Namespace) -> int:
    """Returns 0 once the file is written. Raises BadInput where it cannot be, or where it is there already."""
    _, site = judged(options, AskedOnce())
    path = Path(options.out)
    try:
        # Only its owner may read it: the URL in it may hold a password.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(standalone(site))
    except FileExistsError as error:
        raise BadInput("probe-exists", path=path) from error
    except OSError as error:
        raise BadInput("probe-unwritable", path=path, reason=error.strerror or error) from error
    asked = len(site.requirements)
    told = {"path": path, "name": path.name, "url": site.index.shown, "requirements": asked}
    write(load_texts(WORDS)["written"].fill(told).of(options.lang))
    return 0
