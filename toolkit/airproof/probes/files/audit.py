"""The deep audit: every file is hashed and inspected, over HTTP or in devpi's own folder, with constant memory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from airproof.net.http import Fetched, Http, NetworkFailure
from airproof.net.patience import shown_as
from airproof.net.threads import ahead
from airproof.probes.files.lookers import Lookers
from airproof.probes.files.problems import Looked, Problem, Question, stored_path
from airproof.probes.index.simple import Link

AHEAD = 64
"""Files that are inspected ahead of their results."""
MAX_PROBLEMS = 2_000
UNLISTED = re.compile(r"\.doc\.zip$|\.toxresult-\d+-\d+$")
"""Files that devpi keeps and no page for pip lists: a project's documentation, and results of tests beside the file
that was tested (measured, devpi-server 6.20).
"""
Tell = Callable[[int, int, int], None]
"""Callback for progress: files done, files in all, bytes so far."""


class Audit(msgspec.Struct, frozen=True):
    """Result of a deep audit."""

    files: int
    bytes: int
    problems: tuple[Problem, ...]
    """At most MAX_PROBLEMS; `troubled` counts all."""
    troubled: int
    stray: tuple[str, ...] | None = None
    """With a serverdir: files of the index on disk that the index does not list, such as half an upload; at most
    MAX_PROBLEMS. None: not looked for, or a mirror among the bases could not be asked for its whole list.
    """
    stray_sizes: tuple[int, ...] = ()
    """Bytes of each of them, in the same order."""
    stray_files: int = 0
    """Number of all of them."""
    stray_bytes: int = 0
    """Bytes of all of them."""
    largest: int = 0
    """Bytes of the largest file that was audited."""
    changed: bool = False
    """The list of the index changed while it was audited."""
    seconds: float = 0.0


class AuditTotals:
    """Running totals of the results."""

    def __init__(self) -> None:
        self.files = self.bytes = self.troubled = self.largest = 0
        self.problems: list[Problem] = []

    def add(self, size: int, problems: Sequence[Problem]) -> None:
        self.files, self.bytes, self.largest = self.files + 1, self.bytes + size, max(self.largest, size)
        self.troubled += bool(problems)
        self.problems += problems[: max(0, MAX_PROBLEMS - len(self.problems))]


def audit_served(http: Http, links: Sequence[tuple[str, Link]], folder: Path, *, tell: Tell, jobs: int = 0) -> Audit:
    """Fetch every file as a client would, and inspect each as it arrives. `folder`: for large files; `jobs`: how many
    are inspected at a time; 0: as the machine allows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    todo = [(project, link) for project, link in links if not link.off_host]
    with Lookers(len(todo), jobs) as lookers:
        asked = ((link.url, partial(_look_into, lookers, project, link)) for project, link in todo)
        return _audit(_tally(http.look_each(asked, folder), len(todo), tell), started)


def audit_stored(
    serverdir: Path,
    stage: str | None,
    links: Sequence[tuple[str, Link]],
    *,
    listed: Sequence[Link] | None,
    tell: Tell,
    jobs: int = 0,
) -> Audit:
    """Read devpi's own files on its machine.

    `stage`: `user/index`; `listed`: all links of the index, if known; without them stray files cannot be found. `jobs`:
    as in `audit_served`.
    """
    started = time.monotonic()
    with Lookers(len(links), jobs) as lookers, ThreadPoolExecutor(lookers.at_once) as pool:
        asked = (Question(project, link, serverdir=str(serverdir)) for project, link in links)
        audit = _audit(_tally(ahead(pool, lookers.ask, asked, AHEAD), len(links), tell), started)
    if stage is None or listed is None:
        return audit
    known = {path for link in listed if (path := stored_path(serverdir, link)) is not None}
    lying = (path for path in (serverdir / "+files" / stage).rglob("*") if path.is_file())
    stray = sorted(
        (path.relative_to(serverdir).as_posix(), _size_of(path))
        for path in lying
        if path not in known and not UNLISTED.search(path.name)
    )
    return msgspec.structs.replace(
        audit,
        stray=tuple(path for path, _ in stray[:MAX_PROBLEMS]),
        stray_sizes=tuple(size for _, size in stray[:MAX_PROBLEMS]),
        stray_files=len(stray),
        stray_bytes=sum(size for _, size in stray),
    )


def _size_of(path: Path) -> int:
    """Return the bytes of a file; 0 if it has gone meanwhile."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _tally(looked: Iterable[Looked], files: int, tell: Tell) -> AuditTotals:
    """Add up the results as they arrive."""
    tally = AuditTotals()
    for size, problems in looked:
        tally.add(size, problems)
        tell(tally.files, files, tally.bytes)
    return tally


def _look_into(lookers: Lookers, project: str, link: Link, fetched: Fetched, file: IO[bytes]) -> Looked:
    if not fetched.sha256:
        return 0, (_unserved(project, link, fetched.status, fetched.trouble, fetched.detail),)
    return lookers.ask(Question(project, link, fetched.sha256), file)


def _unserved(project: str, link: Link, status: int | None, trouble: NetworkFailure | None, detail: str) -> Problem:
    cause = "file-gone" if status in (404, 410) else "file-not-served"
    return Problem(link.filename, project, cause, detail or shown_as(status, trouble))


def _audit(tally: AuditTotals, started: float) -> Audit:
    return Audit(
        tally.files,
        tally.bytes,
        tuple(tally.problems),
        tally.troubled,
        largest=tally.largest,
        seconds=round(time.monotonic() - started, 3),
    )
