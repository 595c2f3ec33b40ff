"""The deep audit: every file is hashed and inspected, over HTTP or in devpi's own folder, with constant memory."""

from __future__ import annotations

import io
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import msgspec

from airproof.net.http import IN_MEMORY, Fetched, Http, NetworkFailure
from airproof.probes.files.files import ServedFile, digest_of, read_sdist, read_wheel, strongest
from airproof.probes.index.simple import Link

READERS = 4
"""Threads that inspect files of a serverdir: hashing and unpacking release the interpreter lock."""
AHEAD = 64
"""Files that are inspected ahead of their results."""
MAX_PROBLEMS = 2_000
UNLISTED = re.compile(r"\.doc\.zip$|\.toxresult-\d+-\d+$")
"""Files that devpi keeps and no page for pip lists: a project's documentation, and results of tests beside the file
that was tested (measured, devpi-server 6.20).
"""
Tell = Callable[[int, int, int], None]
"""Callback for progress: files done, files in all, bytes so far."""
Looked = tuple[int, list["Problem"]]
"""A file's size and its problems."""


class Problem(msgspec.Struct, frozen=True):
    """A file with a problem."""

    filename: str
    project: str
    cause: str
    """`file-gone`, `file-not-served`, `hash-mismatch`, `hash-none`, `damaged-wheel`, `name-inside-differs`,
    `record-untrue` or `tags-differ`.
    """
    detail: str
    wanted: str = ""


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


def audit_served(http: Http, links: Sequence[tuple[str, Link]], folder: Path, *, tell: Tell) -> Audit:
    """Fetch every file as a client would, and inspect each as it arrives. `folder`: for large files."""
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    todo = [(project, link) for project, link in links if not link.off_host]
    looked = http.look_each(((link.url, partial(_look_into, project, link)) for project, link in todo), folder)
    return _audit(_tally(looked, len(todo), tell), started)


def audit_stored(
    serverdir: Path,
    stage: str | None,
    links: Sequence[tuple[str, Link]],
    *,
    listed: Sequence[Link] | None,
    tell: Tell,
) -> Audit:
    """Read devpi's own files on its machine.

    `stage`: `user/index`; `listed`: all links of the index, if known; without them stray files cannot be found.
    """
    started = time.monotonic()
    with ThreadPoolExecutor(READERS) as pool:
        looked = _ahead(pool, (partial(_look_at, serverdir, project, link) for project, link in links))
        audit = _audit(_tally(looked, len(links), tell), started)
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


def stored_path(serverdir: Path, link: Link) -> Path | None:
    """Return the path at which devpi keeps a file: `+files/USER/INDEX/+f/AAA/BBBBBBBBBBBBB/NAME`, from its link."""
    parts = unquote(urlsplit(link.url).path).strip("/").split("/")
    if "+f" not in parts or parts.index("+f") < 2 or ".." in parts:
        return None
    at = parts.index("+f")
    return serverdir.joinpath("+files", *parts[at - 2 :])


def _tally(looked: Iterable[Looked], files: int, tell: Tell) -> AuditTotals:
    """Add up the results as they arrive."""
    tally = AuditTotals()
    for size, problems in looked:
        tally.add(size, problems)
        tell(tally.files, files, tally.bytes)
    return tally


def _ahead(pool: ThreadPoolExecutor, jobs: Iterable[Callable[[], Looked]]) -> Iterator[Looked]:
    """Yield the results in order, with a window of jobs running ahead."""
    waiting: deque[Future[Looked]] = deque()
    for job in jobs:
        waiting.append(pool.submit(job))
        if len(waiting) >= AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _look_into(project: str, link: Link, fetched: Fetched, file: IO[bytes]) -> Looked:
    if not fetched.sha256:
        return 0, [_unserved(project, link, fetched.status, fetched.trouble, fetched.detail)]
    return fetched.size, list(_look(file, project, link, fetched.sha256))


def _look_at(serverdir: Path, project: str, link: Link) -> Looked:
    path = stored_path(serverdir, link)
    if path is None or not path.is_file():
        shown = str(path.relative_to(serverdir)) if path else link.url
        return 0, [Problem(link.filename, project, "file-gone", f"not in the serverdir: {shown}")]
    with path.open("rb") as file:
        size = path.stat().st_size
        # A zip is read in very small pieces, so a small file is read into memory once.
        held = io.BytesIO(file.read()) if size <= IN_MEMORY else file
        return size, list(_look(held, project, link, digest_of(held, "sha256")))


def _look(file: IO[bytes], project: str, link: Link, sha256: str) -> Iterator[Problem]:
    """Yield the first problem among wrong bytes, an unreadable file and a wrong name; else the problems of its
    content.
    """
    kind = strongest(link.hashes)
    if kind is None:
        yield Problem(link.filename, project, "hash-none", "no hash is published", "sha256")
    elif link.hashes[kind].lower() != (digest := sha256 if kind == "sha256" else digest_of(file, kind)):
        yield Problem(link.filename, project, "hash-mismatch", f"{kind}={digest}", f"{kind}={link.hashes[kind]}")
        return
    is_wheel = link.filename.lower().endswith(".whl")
    inside = read_wheel(file) if is_wheel else read_sdist(file)
    about = ServedFile(
        link.filename, link.url, project, link.hashes, sha256, 0, 200, None, 0.0, True,
        name=inside.name, version=inside.version, tags=inside.tags,
    )  # fmt: skip
    if not inside.readable:
        yield Problem(link.filename, project, "damaged-wheel", inside.problem)
    elif not about.agrees:
        yield Problem(link.filename, project, "name-inside-differs", f"{inside.name} {inside.version}", link.filename)
    else:
        if inside.record_untrue:
            yield Problem(link.filename, project, "record-untrue", ", ".join(inside.record_untrue[:5]))
        if is_wheel and not about.tags_agree:
            yield Problem(link.filename, project, "tags-differ", ", ".join(inside.tags[:5]), link.filename)


def _unserved(project: str, link: Link, status: int | None, trouble: NetworkFailure | None, detail: str) -> Problem:
    cause = "file-gone" if status in (404, 410) else "file-not-served"
    return Problem(link.filename, project, cause, detail or (trouble.value if trouble else f"status {status}"))


def _audit(tally: AuditTotals, started: float) -> Audit:
    return Audit(
        tally.files,
        tally.bytes,
        tuple(tally.problems),
        tally.troubled,
        largest=tally.largest,
        seconds=round(time.monotonic() - started, 3),
    )
