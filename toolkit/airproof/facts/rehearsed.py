"""The facts of a rehearsal: its transcript, and the online form, which is compared while the checks run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from airproof.errors import CannotLook
from airproof.facts.background import BackgroundTasks
from airproof.facts.gathering import Announce, ask_host
from airproof.facts.keys import ONLINE, PLACE, RESTORED, TRANSCRIPT
from airproof.facts.store import FactStore
from airproof.net.http import Http
from airproof.net.threads import result_of
from airproof.probes.index.holdings import Restored, probe_restored
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.installs.together import probe_pip
from airproof.probes.media import Medium, Vouched
from airproof.probes.pip.environment import PipCall
from airproof.probes.pip.facts import PipRun
from airproof.probes.scanner import Scanned
from airproof.probes.transcript import OnlineForm, Transcript
from airproof.site.group import Group
from airproof.site.indexurl import IndexUrl
from airproof.site.site import Kind, Site
from airproof.system.namespace import NetworkNamespace

SCANNER = "SEC05"
"""The check of the scanner, which may be waived."""
DryRun = Callable[[str], tuple[bool, str]]
"""Has pip resolve through a URL; says whether that went well, and how it ended where not."""


class RehearsalProtocol(Protocol):
    """The fixture `airproof_rehearsal` of `pytest_airproof`: the manual's steps, and servers until its end."""

    @property
    def url(self) -> str:
        """The configured URL; empty where the server never answered."""

    def walk(self) -> Transcript:
        """Walk the manual's steps."""

    def compare_online(self, dry_run: DryRun) -> OnlineForm:
        """Compare the pages of both forms of the URL, and what pip makes of them."""


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal whose steps were walked."""

    url: str
    """The configured one; empty where the server never answered."""
    transcript: Transcript
    online: Future[OnlineForm] | None
    """The comparison of both forms; None where the walk did not come to the restart."""


@pytest.fixture(scope="session")
def place(airproof_facts: FactStore) -> NetworkNamespace:
    """The place of a rehearsal; probed before pytest started, since a process with threads cannot move."""
    return airproof_facts.get(PLACE, lambda: NetworkNamespace(False, "127.0.0.1", "not asked for"))


@pytest.fixture(scope="session")
def rehearsed(
    asked: Site, airproof_facts: FactStore, work_dir: Path, announce: Announce, request: pytest.FixtureRequest
) -> Iterator[Rehearsed | None]:
    """The walk through the manual's steps, its servers running; None for a live site."""
    if asked.kind is Kind.LIVE:
        yield None
        return
    _hold_what_was_carried(asked, request)
    rehearsal: RehearsalProtocol = request.getfixturevalue("airproof_rehearsal")
    with BackgroundTasks() as tasks:
        tasks.start(lambda: [ask_host(interpreter, airproof_facts) for interpreter in asked.interpreters])
        script = airproof_facts.get(TRANSCRIPT, rehearsal.walk)
        online = None
        if script.restart is not None:
            announce("online")
            online = tasks.start(lambda: _compare_online(rehearsal, asked, work_dir / "pip-online", airproof_facts))
        yield Rehearsed(rehearsal.url, script, online)


def _hold_what_was_carried(asked: Site, request: pytest.FixtureRequest) -> None:
    """Raises CannotLook where an allowed signer has to vouch for the medium and none does, or where the scanner found
    something that nobody waives, so that no check, whatever it waits for, has anything of it installed or run.
    """
    if asked.signers is not None:
        vouched: Vouched | None = request.getfixturevalue("vouched")
        medium: Medium | None = request.getfixturevalue("medium")
        if vouched is None or medium is None or not vouched.holds(medium):
            raise CannotLook("medium-not-vouched")
    if asked.scanner is not None and not any(waiver.check == SCANNER for waiver in asked.waivers):
        scanned: Scanned | None = request.getfixturevalue("scanned")
        if scanned is not None and any(scan.exit_code != 0 for scan in scanned.scans):
            raise CannotLook("scanner-held", name=scanned.name)


@pytest.fixture(scope="session")
def transcript(rehearsed: Rehearsed | None) -> Transcript:
    """The steps that were walked; no check asks for it at a live site."""
    if rehearsed is None:
        raise RuntimeError("a live site has no transcript")
    return rehearsed.transcript


@pytest.fixture(scope="session")
def restored(rehearsed: Rehearsed | None, asked: Site, work_dir: Path, airproof_facts: FactStore) -> Restored:
    """The content of the restored server; no check asks for it at another site."""
    if rehearsed is None or not rehearsed.url:
        raise CannotLook("not-walked", step="2")

    def gather() -> Restored:
        with Http(asked.timeout) as http:
            return probe_restored(http, IndexUrl.of(rehearsed.url).origin, work_dir / "restored")

    return airproof_facts.get(RESTORED, gather)


@pytest.fixture(scope="session")
def online(rehearsed: Rehearsed | None, airproof_facts: FactStore) -> OnlineForm | None:
    """The rehearsed online form; None for a live site."""
    if rehearsed is None:
        return None

    def gather() -> OnlineForm:
        if rehearsed.online is None:
            raise RuntimeError("the walk did not come to the restart")
        return result_of(rehearsed.online)

    return airproof_facts.get(ONLINE, gather)


def _name_by_name(site: Site) -> list[Group]:
    """Return the groups; the names of a flow each in a group of its own, as the open edition requests them."""
    groups: list[Group] = []
    for group in site.groups:
        named = [
            msgspec.structs.replace(group, name=f"{group.name}: {name}", requirements=(name,))
            for name in group.requirements
        ]
        groups += named if group.items else [group]
    return groups


def _compare_online(rehearsal: RehearsalProtocol, site: Site, workdir: Path, facts: FactStore) -> OnlineForm:
    """Pip resolves by the first interpreter. Where all interpreters are targets, only the pages are compared."""
    if not site.interpreters:
        return msgspec.structs.replace(rehearsal.compare_online(lambda _: (True, "")), pip_asked=False)

    def failed(url: str, groups: Sequence[Group]) -> list[PipRun]:
        host = ask_host(site.interpreters[0], facts)
        call = PipCall(url=url, pip_command=site.pip_command, timeout=site.timeout, jobs=site.jobs)
        pip = OfflinePip(host, call, workdir)
        # Each form is compared as a whole: both serve the same files, and the offline form is judged group by group.
        found = probe_pip(pip, groups, same=lambda *_: True, imports=False, dry_run=True)
        return [run for run in found.runs if not run.ok]

    def dry_run(url: str) -> tuple[bool, str]:
        groups = _name_by_name(site) if site.is_open_edition else site.groups
        runs = failed(url, groups)
        if site.is_open_edition and runs:
            # Some names are requested only if an earlier line's package does not bring the module: such a name fails
            # through the offline form as well, and shows no difference.
            names = {name for run in runs for name in run.groups}
            both = failed(rehearsal.url, [group for group in groups if group.name in names])
            alike = {name for run in both for name in run.groups}
            runs = [run for run in runs if not alike.issuperset(run.groups)]
        return not runs, "\n".join(run.ran.stderr[-500:] for run in runs)

    return rehearsal.compare_online(dry_run)
