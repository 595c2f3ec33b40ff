"""Judgement of airproof for one case and one interpreter's pip: the target's verdict, and the files to install."""

from __future__ import annotations

from pathlib import Path

import msgspec

from airproof.check import Failed, NotApplicable
from airproof.checks import closure
from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.closure.applying import Applying
from airproof.probes.closure.needed import Needed, probe_needed
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import NO_ROOTS
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import data_of
from airproof.site.choosing import PLAIN, WHEELS_ONLY
from airproof.site.group import Group
from airproof.site.site import Site
from tests.differential.made import Case


class Judged(msgspec.Struct, frozen=True):
    """airproof's answer."""

    accepted: bool
    unsure: bool
    """It says itself that it cannot tell, as for an sdist."""
    installed: dict[str, str]
    why: tuple[str, ...]


def judge(case: Case, index: str, host: Host, http: Http, folder: Path) -> Judged:
    """As `check --target` does it, by the very checks."""
    source = IndexSource(http, index, folder)
    group = Group("asked", tuple(case.requirements), constraints=tuple(case.constraints))
    needed = probe_needed(source, TargetMatcher.of(host), [group], choosing=WHEELS_ONLY if case.binary else PLAIN)
    site = Site(index, groups=(group,))
    why: list[str] = []
    unsure = False
    for ask in (_there, _served, _built):
        try:
            ask(needed, site, host)
        except Failed as failed:
            why += [f"{finding.cause}: {finding.values}" for finding in failed.findings]
            break
        except (CannotLook, NotApplicable) as other:
            unsure, why = True, [*why, str(other)]
    installed = {pin.project: pin.version for asked_group in needed.readings.groups for pin in asked_group.reading.pins}
    return Judged(not why, unsure, installed, tuple(why))


def _there(needed: Needed, site: Site, host: Host) -> None:
    closure.check_everything_needed_is_there(needed, NO_ROOTS, data_of(host), Applying())


def _served(needed: Needed, site: Site, host: Host) -> None:
    closure.check_what_is_needed_is_served(needed, site, data_of(host))


def _built(needed: Needed, site: Site, host: Host) -> None:
    closure.check_nothing_has_to_be_built(needed)
