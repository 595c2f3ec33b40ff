"""`airproof report RECORD`: a record is drawn again; the site is not asked."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from airproof.commands.output import write
from airproof.errors import BadInput
from airproof.record.report import Report, read_report
from airproof.renderers import RENDERERS, terminal
from airproof.words import Lang


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code; of several records the worst."""
    if options.format not in RENDERERS:
        raise BadInput("format-unknown", given=options.format, known=", ".join(RENDERERS))
    reports = [read_report(Path(one)) for one in options.records]
    text = "\n".join(_draw(one, options) for one in reports)
    if options.output is None:
        write(text)
    else:
        _write(Path(options.output), text)
    return max((one.exit_code for one in reports), key=_badness)


def _draw(report: Report, options: argparse.Namespace) -> str:
    lang: Lang = options.lang
    if options.format != "terminal":
        return RENDERERS[options.format](report, lang)
    colour = options.output is None and terminal.wants_colour(sys.stdout, os.environ, windows=os.name == "nt")
    return terminal.render(report, lang, colour=colour, verbose=options.verbose, quiet=options.quiet)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise BadInput("output-exists", path=path) from error
    except OSError as error:
        raise BadInput("output-unwritable", path=path, reason=error.strerror or error) from error


def _badness(code: int) -> int:
    """Rejected is worse than interrupted, that than inconclusive."""
    return {0: 0, 3: 1, 130: 2, 1: 3}.get(code, 4)
