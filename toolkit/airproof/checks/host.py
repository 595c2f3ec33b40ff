"""HOST: the interpreter whose pip counts, with its own configuration and surroundings.

The configuration is that of the account which ran airproof. OMFlow's service account may have another, so what is found
there is advice, not rejection; `--strict` makes it count.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from packaging.version import Version

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.probes.carried import Carried
from airproof.probes.host import Host
from airproof.site import Kind, Site

OLDEST_PIP = Version("20.3")
"""The first with the resolver that all later ones have; older ones install conflicting sets without a word."""
ROOM = 512 * 1024 * 1024
"""Bytes that should be free where packages go."""
CLOCKS_APART = 300
"""Seconds that two clocks may differ."""


@check("HOST01", level="required")
def check_the_interpreter_has_a_usable_pip(host: Host) -> Seen:
    """The interpreter has a pip, and one that resolves."""
    values = {"executable": host.executable, "pip": host.pip or "-", "oldest": str(OLDEST_PIP)}
    if host.pip is None:
        expect([Finding("pip-absent", None, f"pip >= {OLDEST_PIP}", (), values)])
    elif Version(host.pip) < OLDEST_PIP:
        expect([Finding("pip-too-old", host.pip, f">= {OLDEST_PIP}", (), values)])
    return seen(python=host.python, implementation=host.implementation, pip=host.pip, tags=len(host.tags))


@check("HOST02", level="advised", requires=("HOST01",))
def check_pips_configuration_adds_no_index(host: Host, asked: Site) -> Seen:
    """pip's own configuration leads to no other source: `--index-url` on the command line does not replace those."""
    _live_only(asked)
    findings = []
    for setting in host.settings:
        scope, _, key = setting.name.rpartition(".")
        variable = f"PIP_{key.upper().replace('-', '_')}" if scope == ":env:" else ""
        values = {"setting": setting.name, "value": setting.value, "user": host.user, "variable": variable}
        if key in ("extra-index-url", "find-links"):
            cause = "extra-index-variable" if variable else "extra-index"
            findings.append(Finding(cause, {setting.name: setting.value}, None, (), values))
        elif key == "no-index" and setting.value.lower() in ("1", "true", "yes", "on"):
            cause = "pip-no-index-variable" if variable else "pip-no-index"
            findings.append(Finding(cause, {setting.name: setting.value}, None, (), values))
    expect(findings)
    return seen(settings=len(host.settings), user=host.user)


@check("HOST03", level="advised", requires=("HOST01",))
def check_no_proxy_swallows_the_request(host: Host, asked: Site) -> Seen:
    """No proxy variable or setting catches requests for the index: pip has no exception for local addresses."""
    _live_only(asked)
    index = asked.index
    proxies = {name.lower().removesuffix("_proxy"): value for name, value in host.proxies.items() if value}
    excepted = proxies.get("no", "")
    found = {
        name: value
        for name, value in host.proxies.items()
        if value and name.lower() in (f"{index.scheme}_proxy", "all_proxy")
    }
    if _excepted(index.host, index.port, excepted):
        found = {}
    found |= {one.name: one.value for one in host.settings if one.name.rpartition(".")[2] == "proxy" and one.value}
    expect(
        Finding("proxy", {name: value}, None, (), {"name": name, "value": value, "host": index.host, "user": host.user})
        for name, value in found.items()
    )
    return seen(host=index.host, user=host.user)


@check("HOST04", level="required")
def check_the_index_answers_from_there(carried: Carried | None) -> Seen:
    """From another host the URL answers: its name, its firewall and its routes are its own."""
    if carried is None:
        raise NotApplicable("this-machine")
    index = carried.index
    if index.status != 200:
        values = {"name": carried.name, "url": index.url, "detail": index.trouble or f"status {index.status}"}
        expect([Finding("index-unreachable-from-host", values["detail"], "status 200", (carried.name,), values)])
    return seen(name=carried.name, url=index.url, addresses=", ".join(index.addresses), seconds=index.seconds)


@check("HOST05", level="advised", requires=("HOST01",))
def check_packages_can_be_written_there(carried: Carried | None, host: Host) -> Seen:
    """The folder that pip installs to may be written and has room, by the account that was asked."""
    if carried is None:
        raise NotApplicable("this-machine")
    values = {"name": carried.name, "folder": host.packages_folder, "user": host.user, "free": _mega(host.free)}
    findings = []
    if not host.writable:
        findings.append(Finding("packages-folder-read-only", False, True, (carried.name,), values))
    if host.free is not None and host.free < ROOM:
        findings.append(Finding("disk-nearly-full", host.free, ROOM, (carried.name,), values))
    expect(findings)
    return seen(folder=host.packages_folder, free=_mega(host.free), user=host.user)


@check("HOST06", level="advised", requires=("HOST04",))
def check_clocks_agree(carried: Carried | None, host: Host) -> Seen:
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


def _mega(size: int | None) -> str:
    return "?" if size is None else f"{size >> 20} MB"


def _apart(here: str, there: str) -> float | None:
    """Seconds that the host's clock is ahead of the index's; None where one of them says no time."""
    try:
        told = datetime.strptime(here, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        return (told - parsedate_to_datetime(there)).total_seconds()
    except (TypeError, ValueError):
        return None


def _live_only(site: Site) -> None:
    """A rehearsal's pip is cleaned of its surroundings, and its host is not the one that will be served."""
    if site.kind is Kind.REHEARSAL:
        raise NotApplicable("rehearsal")


def _excepted(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host, as pip's HTTP library reads it: an ending, an address or a range (CIDR)."""
    for entry in filter(None, (one.strip().lstrip(".").lower() for one in no_proxy.split(","))):
        if entry == "*":
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:  # one of the two is a name
            if host.lower().endswith(entry) or f"{host.lower()}:{port}".endswith(entry):
                return True
    return False
