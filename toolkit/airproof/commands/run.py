"""Common part of `check` and `rehearse`: from options to a site, through the engine, to the last lines."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Literal

from airproof.ask.settings import asked_of
from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.catalog import load_catalog
from airproof.commands.screen.live import Follower
from airproof.custody.advisories import index_database, keep_index
from airproof.custody.sbom import FILES, ensure_library
from airproof.diagnosis.remedies.paste import word
from airproof.engine.bound import time_bound, usual_minutes
from airproof.engine.plan import Plan, new_run_dir
from airproof.engine.run import run_engine
from airproof.errors import BadInput
from airproof.facts.handed import hand_over
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.load.load import load_time
from airproof.probes.remote.hosts import named_hosts
from airproof.record.fold import Progress
from airproof.record.history import unwritable
from airproof.record.report import NotFetched, Report
from airproof.renderers import RENDERERS, terminal
from airproof.renderers.missing import missing_of
from airproof.site.site import Site
from airproof.system.output import columns, complain, write
from airproof.system.workdir import work_dir
from airproof.words import Lang, load_texts

TERMINAL = "terminal"
WORDS = Path(__file__).with_name("run.toml")
OPTION = re.compile(r"--?[a-z][a-z-]*")
"""The name of an option, bare in every shell."""


def judged(options: argparse.Namespace, known: AskedOnce) -> tuple[TypedOptions, Site]:
    """The site that is asked for, with its waivers held against the catalogue; `known` asks its interpreters."""
    form = getattr(options, "format", TERMINAL)
    if form not in RENDERERS:
        raise BadInput("format-unknown", given=form, known=", ".join(RENDERERS))
    asked = asked_of(options)
    if asked.sbom or form == "cyclonedx":
        ensure_library()
    named_hosts(asked.fleet)  # what names no host is refused before anybody is asked
    if options.command != "rehearse" and asked.url is None and asked.omflow is None:
        raise BadInput("url-wanted", command=options.command)
    site = build_site(asked, known)
    catalog = load_catalog(site.extra_checks)
    for waiver in site.waivers:
        if waiver.check not in catalog.checks:
            raise BadInput("waiver-unknown", check=waiver.check)
        if not catalog.checks[waiver.check].info.waivable:
            raise BadInput("waiver-refused", check=waiver.check)
    return asked, site


def run_site(
    asked: TypedOptions,
    site: Site,
    options: argparse.Namespace,
    *,
    command: Literal["check", "rehearse"],
    follower: Follower,
    known: AskedOnce,
    work: Path,
    uploads: Path | None = None,
    lacking: tuple[NotFetched, ...] = (),
) -> tuple[Report, Path]:
    """Runs the engine on a site and returns the report and the record's path."""
    report_dir = Path(asked.report_dir)
    if site.advisories is not None:
        try:
            keep_index(index_database(Path(site.advisories)), work)
        except BadInput:
            if asked.advisories is not None:
                raise
            # Nobody named the one on the medium: the checks that need it are broken, and MED01 says what is altered.
    plan = Plan(
        site=site,
        command=command,
        engine="airproof",
        run_dir=new_run_dir(report_dir).resolve(),
        work_dir=work.resolve(),
        no_network=command == "rehearse",
        uploads=uploads,
        lacking=lacking,
        sbom=asked.sbom,
        again=pasted_line(options.typed),
    )
    try:
        hand_over(known, plan.facts, site.interpreters)
    except OSError as error:
        shutil.rmtree(plan.run_dir, ignore_errors=True)
        raise unwritable(error, report_dir) from error
    if site.flows:
        shown = "--omflow" if site.edition is None and site.stored is not None else "--flow"
        why = "--edition" if asked.edition else shown
        follower.event(Progress("edition-open" if site.is_open_edition else "edition-commercial", {"why": why}))
    limit = time_bound(site)
    if limit is not None:
        minutes = {"usual": str(usual_minutes(site)), "minutes": str(math.ceil(limit / 60))}
        follower.event(Progress("bound", minutes))
    if site.load:
        follower.event(Progress("load-asked", _asked_load(site)))
    with follower:
        return run_engine(plan, follower.event, options.lang, options.engine)


def _asked_load(site: Site) -> dict[str, str]:
    """Return who will be asked for how long, said before a run that sends load begins."""
    minutes = math.ceil(load_time(site) / 60)
    return {"hosts": str(site.load), "server": site.index.origin, "minutes": str(minutes)}


def pasted_line(typed: Sequence[str]) -> str:
    """The command line as it can be pasted; empty where a word of it is not read alike by every shell."""
    words = [_pasted_word(argument) for argument in typed]
    return " ".join(["airproof", *filter(None, words)]) if words and None not in words else ""


def _pasted_word(argument: str) -> str | None:
    """An option's name stands bare in every shell; its value is quoted where it has to be."""
    name, equals, value = argument.partition("=")
    if not OPTION.fullmatch(name):
        return word(argument)
    pasted = word(value) if value else ""
    return None if pasted is None else f"{name}{equals}{pasted}"


def show(report: Report, path: Path, options: argparse.Namespace, *, extra: str = "") -> None:
    """Show the report on the terminal, the record's path as the last line; in any other format, the report alone. An
    output that fails changes no verdict.
    """
    lang: Lang = options.lang
    if options.format != TERMINAL:
        shown = RENDERERS[options.format](report, lang)
        _write(shown if shown.endswith("\n") else f"{shown}\n", lang, options.format)
        for line in extra.splitlines():  # beside the document, which is read by a program
            complain(line)
        return
    colour = terminal.wants_colour(sys.stdout, os.environ, windows=os.name == "nt")
    whole = not sys.stdout.isatty()
    verbose, quiet = options.verbose, options.quiet
    text = terminal.render(report, lang, colour=colour, verbose=verbose, quiet=quiet, columns=columns(), whole=whole)
    _write(f"{text}{extra}{'' if quiet else _beside(report, path, lang)}{_from_here(path)}\n", lang)


def _write(text: str, lang: Lang, form: str = TERMINAL) -> None:
    try:
        write(text, form)
    except BadInput as error:  # the record is saved, and the exit code stays the verdict's
        complain(error.text.of(lang))


def _beside(report: Report, path: Path, lang: Lang) -> str:
    """Name the files beside the record that are for people: the report, and the list of what to fetch, if any."""
    words = load_texts(WORDS)
    said = [words["report-at"].fill({"report": _from_here(path.with_name("report.html"))})]
    said += [words["sbom-at"].fill({"sbom": _from_here(file)}) for file in sorted(path.parent.glob(FILES))]
    if missing_of(report):
        said.append(words["missing-at"].fill({"missing": _from_here(path.with_name("missing.txt"))}))
    return "".join(f"{text.of(lang)}\n" for text in said)


def _from_here(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):  # the folder in which it was typed may be gone
        if path.is_relative_to(Path.cwd()):
            return os.path.relpath(path)
    return str(path)


def interruptible() -> None:
    """A request to end (SIGTERM) and a terminal that is closed (SIGHUP, on Windows SIGBREAK) are treated as Ctrl-C:
    everything is stopped, and what is known is saved.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:  # as under nohup
            signal.signal(getattr(signal, name), interrupt)


__all__ = ["AskedOnce", "interruptible", "judged", "run_site", "show", "work_dir"]
