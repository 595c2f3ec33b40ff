"""`airproof check URL`: a live index is judged, read-only."""

from __future__ import annotations

import argparse

import msgspec

from airproof.commands.judge import AskedOnce, interruptible, judged, run_site, show, work_dir
from airproof.commands.live import Follower
from airproof.fleet import ask_fleet, count_of, time_of_all
from airproof.record.fold import Progress


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code."""
    interruptible()
    known = AskedOnce()
    asked, site = judged(options, known)
    with work_dir() as work:
        follower = Follower(options.lang, quiet=options.quiet)
        if asked.fleet:
            seconds = time_of_all(site, count_of(asked.fleet))
            follower.event(Progress("hosts", {"minutes": f"{seconds / 60:.1f}"}))
            others = ask_fleet(site, asked.fleet, work / "hosts")
            site = msgspec.structs.replace(site, interpreters=(*site.interpreters, *others))
        report, path = run_site(site, options, command="check", follower=follower, known=known, work=work)
    show(report, path, options)
    return report.exit_code
