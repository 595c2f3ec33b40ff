"""`airproof report RECORD…`: records are drawn again, joined, or compared with a baseline; the site is not asked."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from airproof.errors import BadInput
from airproof.record.compare import compare, site_of
from airproof.record.file import read_report, read_with_digest
from airproof.record.join import join, worst
from airproof.record.report import Report
from airproof.renderers import RENDERERS, nagios, terminal
from airproof.renderers.context import Context
from airproof.renderers.parts.sites import site_name
from airproof.renderers.parts.verdict import from_the_future_line, too_old_line
from airproof.renderers.text.dates import time_of
from airproof.system.output import columns, complain, write
from airproof.words import Lang

Part = tuple[Report, Context]
CLOCKS_APART = 1.0
"""Hours by which the clocks of two machines may differ."""
STALE = 3
"""The exit code of a record that is older than it may be."""


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code; of several records the worst; under --only-new that of what broke since; of
    --sign and --verify their own.
    """
    if options.sign is not None and options.verify:
        raise BadInput("sign-or-verify")
    if options.signers is not None and not options.verify:
        raise BadInput("signers-without-verify")
    if options.sign is not None or options.verify:
        # Its libraries take as long to import as an ordinary record takes to draw.
        from airproof.commands.custody import sign_records, verify_records  # noqa: PLC0415

        return verify_records(options) if options.verify else sign_records(options)
    if options.format not in RENDERERS:
        raise BadInput("format-unknown", given=options.format, known=", ".join(RENDERERS))
    if options.only_new and options.baseline is None:
        raise BadInput("only-new-alone")
    if options.format != "nagios":
        return _run(options)
    try:
        return nagios.code_of(_run(options))
    except BadInput as error:  # 2 would mean that the site is in trouble
        write(nagios.line(nagios.UNKNOWN, error.text.of(options.lang)), "nagios")
        return nagios.UNKNOWN


def _run(options: argparse.Namespace) -> int:
    parts = _parts(options)
    too_old = _too_old(parts, options)
    text = nagios.line(nagios.UNKNOWN, too_old) if too_old and options.format == "nagios" else _draw(parts, options)
    if options.output is None:
        write(text, options.format)
    else:
        _write(Path(options.output), text)
    if too_old:
        complain(too_old)
        return worst([STALE, *(report.exit_code for report, _ in parts)])
    against = parts[0][1].against
    if options.only_new and against is not None:
        return against.exit_code
    return worst(report.exit_code for report, _ in parts)


def _too_old(parts: Sequence[Part], options: argparse.Namespace) -> str:
    """Return the sentence of a record that is older than `--max-age`, or is of a time to come: one of two clocks is
    wrong, and nobody knows its age. Empty if none is. Raises BadInput.
    """
    limit: float | None = options.max_age
    if limit is None:
        return ""
    if not 0 < limit < float("inf"):
        raise BadInput("max-age", given=limit)
    reports = [member.report for _, context in parts for member in context.members] or [report for report, _ in parts]
    oldest = max(reports, key=_hours)
    if (hours := _hours(oldest)) > limit:
        return too_old_line(oldest, hours, limit, options.lang)
    youngest = min(reports, key=_hours)
    return from_the_future_line(youngest, options.lang) if _hours(youngest) < -CLOCKS_APART else ""


def _hours(report: Report) -> float:
    """Return the age of a record."""
    started = time_of(report.run.started)
    return (datetime.now(timezone.utc) - started).total_seconds() / 3600 if started else float("inf")


def _parts(options: argparse.Namespace) -> list[Part]:
    """Each site's report with what stands beside it."""
    read = [read_with_digest(Path(record)) for record in options.records]
    reports, digests = [report for report, _ in read], [digest for _, digest in read]
    if options.baseline is None:
        return [(joined.report, Context(members=joined.members)) for joined in join(reports, digests)]
    if len(reports) > 1:
        raise BadInput("baseline-several", count=len(reports))
    old, (new,) = read_report(Path(options.baseline)), reports
    if site_of(old) != site_of(new):
        lang: Lang = options.lang
        raise BadInput(
            "baseline-other-site", path=options.baseline, found=site_name(old, lang), wanted=site_name(new, lang)
        )
    if old.run.started > new.run.started:
        raise BadInput("baseline-newer", path=options.baseline, baseline=old.run.started, record=new.run.started)
    return [(new, Context(compare(old, new), only_new=options.only_new))]


def _draw(parts: Sequence[Part], options: argparse.Namespace) -> str:
    lang: Lang = options.lang
    first, context = parts[0]
    if options.format != "terminal":
        renderer = RENDERERS[options.format]
        return renderer.several(parts, lang) if len(parts) > 1 else renderer(first, lang, context)
    colour = options.output is None and terminal.wants_colour(sys.stdout, os.environ, windows=os.name == "nt")
    verbose, quiet = options.verbose, options.quiet
    whole = options.output is not None or not sys.stdout.isatty()
    wide = columns() if options.output is None else terminal.COLUMNS
    if len(parts) > 1:
        return terminal.several(parts, lang, colour=colour, verbose=verbose, quiet=quiet, columns=wide, whole=whole)
    return terminal.render(first, lang, context, colour=colour, verbose=verbose, quiet=quiet, columns=wide, whole=whole)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
            file.write(text)
    except FileExistsError as error:
        raise BadInput("output-exists", path=path) from error
    except OSError as error:
        raise BadInput("output-unwritable", path=path, reason=error.strerror or error) from error
