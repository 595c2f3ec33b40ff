"""`airproof check URL`: a live index is judged, read-only."""

from __future__ import annotations

import argparse

from airproof.commands.judge import interruptible, judged, run_site, show, work_dir
from airproof.commands.live import Follower


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code."""
    interruptible()
    _, site = judged(options)
    with work_dir() as work:
        follower = Follower(options.lang, quiet=options.quiet)
        report, path = run_site(site, options, command="check", follower=follower, work=work)
    show(report, path, options)
    return report.exit_code
