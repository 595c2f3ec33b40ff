"""The facts of a rehearsal: its transcript, and the online form, which is compared while the checks run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from airproof.facts.background import BackgroundTasks
from airproof.facts.gathering import Announce, ask_host
from airproof.facts.keys import ONLINE, PLACE, TRANSCRIPT
from airproof.facts.store import FactStore
from airproof.net.threads import result_of
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.installs.together import probe_pip
from airproof.probes.pip.environment import PipCall
from airproof.probes.transcript import OnlineForm, Transcript
from airproof.site.site import Kind, Site
from airproof.system.namespace import NetworkNamespace

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
    rehearsal: RehearsalProtocol = request.getfixturevalue("airproof_rehearsal")
    with BackgroundTasks() as tasks:
        tasks.start(lambda: [ask_host(interpreter, airproof_facts) for interpreter in asked.interpreters])
        script = airproof_facts.get(TRANSCRIPT, rehearsal.walk)
        online = None
        if script.restart is not None:
            announce("online")
            online = tasks.start(lambda: _compare_online(rehearsal, asked, work_dir / "pip-online", airproof_facts))
        yield Rehearsed(rehearsal.url, script, online)


@pytest.fixture(scope="session")
def transcript(rehearsed: Rehearsed | None) -> Transcript:
    """The steps that were walked; no check asks for it at a live site."""
    if rehearsed is None:
        raise RuntimeError("a live site has no transcript")
    return rehearsed.transcript


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


def _compare_online(rehearsal: RehearsalProtocol, site: Site, workdir: Path, facts: FactStore) -> OnlineForm:
    """Pip resolves by the first interpreter. Where all interpreters are targets, only the pages are compared."""
    if not site.interpreters:
        return msgspec.structs.replace(rehearsal.compare_online(lambda _: (True, "")), pip_asked=False)

    def dry_run(url: str) -> tuple[bool, str]:
        host = ask_host(site.interpreters[0], facts)
        call = PipCall(url=url, pip_command=site.pip_command, timeout=site.timeout)
        pip = OfflinePip(host, call, workdir)
        # Each form is compared as a whole: both serve the same files, and the offline form is judged group by group.
        found = probe_pip(pip, site.groups, same=lambda *_: True, imports=False, dry_run=True)
        return all(run.ok for run in found.runs), "\n".join(run.ran.stderr[-500:] for run in found.runs if not run.ok)

    return rehearsal.compare_online(dry_run)
