"""HOST, second part: room, clock, reach and installed packages of a host, mostly of one elsewhere.

The interpreter and the configuration of its pip are judged in `host`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from airproof.check import PIP_STARTED, Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.advice import ONLY_INSTALLED, only_installed
from airproof.diagnosis.room import ROOM, has_no_room, mega
from airproof.probes.index.simple import Roots
from airproof.probes.interpreters.host import Host
from airproof.probes.pip.facts import PipFacts
from airproof.probes.remote.carried import CarriedFacts, hold_same_index
from airproof.site.hosts import Interpreter
from airproof.site.site import Kind, Site

CLOCKS_APART = 300
"""Seconds that two clocks may differ."""


@check("HOST04", level="required", causes=("index-unreachable-from-host",), only=Kind.LIVE)
def check_the_index_answers_from_there(carried: CarriedFacts | None, roots: Roots, asked: Site) -> Seen:
    """From another host the URL answers as it does here: its name, its firewall and its routes are its own.

    Raises CannotLook where the host was asked of another index.
    """
    if carried is None:
        raise NotApplicable("this-machine")
    hold_same_index(carried, asked.index)
    index = carried.index
    # Behind a certificate that nobody could check something answers; whether pip trusts it is PIP01's to say.
    if index.status is None or (index.status != roots.configured.status and not index.unverified):
        values = {"name": carried.name, "url": index.url, "detail": index.trouble or f"status {index.status}"}
        expect(
            [
                Finding(
                    "index-unreachable-from-host",
                    values["detail"],
                    f"status {roots.configured.status}",
                    (carried.name,),
                    values,
                )
            ]
        )
    return seen(name=carried.name, url=index.url, addresses=", ".join(index.addresses), seconds=index.seconds)


@check(
    "HOST05",
    level="advised",
    causes=("packages-folder-read-only", "disk-nearly-full"),
    only=Kind.LIVE,
    requires=("HOST01",),
)
def check_packages_can_be_written_there(carried: CarriedFacts | None, interpreter: Interpreter, host: Host) -> Seen:
    """The folder that pip installs to may be written and has room, by the account that was asked."""
    name = _of_omflow(carried, interpreter)
    values = {"name": name, "folder": host.packages_folder, "user": host.user, "free": mega(host.free)}
    findings = []
    if not host.writable:
        findings.append(Finding("packages-folder-read-only", False, True, (name,), values))
    if has_no_room(host.free):
        findings.append(Finding("disk-nearly-full", host.free, ROOM, (name,), values))
    expect(findings)
    return seen(folder=host.packages_folder, free=mega(host.free), user=host.user)


@check("HOST06", level="advised", causes=("clocks-apart",), only=Kind.LIVE, requires=("HOST04",))
def check_clocks_agree(carried: CarriedFacts | None, host: Host) -> Seen:
    """The host's clock and the index's agree: certificates and logs depend on it."""
    if carried is None:
        raise NotApplicable("this-machine")
    apart = _apart(host.time, carried.index.date)
    if apart is None:
        raise NotApplicable("no-clock")
    if abs(apart) > CLOCKS_APART:
        values = {"name": carried.name, "seconds": round(apart)}
        expect([Finding("clocks-apart", round(apart), f"within {CLOCKS_APART} s", (carried.name,), values)])
    return seen(seconds=round(apart))


@check("HOST08", level="advised", causes=(ONLY_INSTALLED,), only=Kind.LIVE, requires=PIP_STARTED)
def check_nothing_rests_on_what_is_installed_there(
    carried: CarriedFacts | None, interpreter: Interpreter, host: Host, pip: PipFacts
) -> Seen:
    """The index alone has everything: nothing works only because the interpreter happens to have it installed."""
    name = _of_omflow(carried, interpreter)
    expect(only_installed(name, run.counted, run.groups, run.requirements) for run in pip.runs if run.counted)
    return seen(installed=len(host.installed), name=name)


def _of_omflow(carried: CarriedFacts | None, interpreter: Interpreter) -> str:
    """The host's name. Raises NotApplicable for an interpreter that nobody named: it merely runs airproof."""
    if carried is None and not interpreter.named:
        raise NotApplicable("not-omflows")
    return carried.name if carried is not None else interpreter.label


def _apart(here: str, there: str) -> float | None:
    """Seconds that the host's clock is ahead of the index's; None where one of them says no time."""
    try:
        told = datetime.strptime(here, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        return (told - parsedate_to_datetime(there)).total_seconds()
    except (TypeError, ValueError):
        return None
