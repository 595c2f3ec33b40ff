"""`airproof check URL`: a live index is judged, read-only."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import msgspec

from airproof.commands.run import AskedOnce, interruptible, judged, run_site, show, work_dir
from airproof.commands.screen.live import Follower
from airproof.printable import naturally
from airproof.probes.remote.hosts import ask_fleet, hosts_of, time_of_all
from airproof.record.fold import Progress

SHOWN = 8
"""Hosts that are named while they are awaited."""


def run(options: argparse.Namespace) -> int:
    """Returns the verdict's exit code."""
    interruptible()
    known = AskedOnce()
    asked, site = judged(options, known)
    with work_dir() as work:
        follower = Follower(options.lang, quiet=options.quiet)
        if asked.fleet:
            hosts = hosts_of(asked.fleet)
            seconds = time_of_all(site, len(hosts), asked.hosts_at_once)
            follower.event(Progress("hosts", {"minutes": f"{seconds / 60:.1f}"}))

            def awaited(names: Sequence[str], count: int) -> None:
                shown = ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
                values = {"left": str(len(names)), "count": str(count), "names": shown}
                follower.event(Progress("hosts-awaited", values))

            hosts.sort(key=lambda host: naturally(host.name))
            others = ask_fleet(site, hosts, work / "hosts", at_once=asked.hosts_at_once, awaited=awaited)
            site = msgspec.structs.replace(site, interpreters=(*site.interpreters, *others))
        report, path = run_site(asked, site, options, command="check", follower=follower, known=known, work=work)
    show(report, path, options)
    return report.exit_code
