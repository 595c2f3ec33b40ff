"""The deep audit: every file's bytes, hashed and looked into, over HTTP or in devpi's own folder; memory stays flat."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import msgspec

from airproof.net.http import IN_MEMORY, Fetched, Http, Trouble
from airproof.probes.files.files import ServedFile, digest_of, read_sdist, read_wheel, strongest
from airproof.probes.index.simple import Link

READERS = 4
"""Threads that look into files of a serverdir: hashing and unpacking let go of the interpreter lock."""
AHEAD = 64
"""Files that are looked into before their results are taken."""
MAX_PROBLEMS = 2_000
Tell = Callable[[int, int, int], None]
"""Files done, of how many, bytes so far."""
Looked = tuple[int, list["Problem"]]
"""A file's size and what is wrong with it."""


class Problem(msgspec.Struct, frozen=True):
    """A file that is not what it should be."""

    filename: str
    project: str
    cause: str
    """`file-gone`, `file-not-served`, `hash-mismatch`, `hash-none`, `damaged-wheel`, `name-inside-differs`,
    `record-untrue` or `tags-differ`.
    """
    detail: str
    wanted: str = ""


class Audit(msgspec.Struct, frozen=True):
    """What came of it."""

    files: int
    bytes: int
    problems: tuple[Problem, ...]
    """At most MAX_PROBLEMS; `troubled` counts all."""
    troubled: int
    stray: tuple[str, ...] | None = None
    """With a serverdir: files of the index on the disk that it does not list, such as half an upload. None: nobody
    looked, or a mirror among the bases could not be asked for all that it lists.
    """
    changed: bool = False
    """What the index lists changed while it was audited."""
    seconds: float = 0.0


class Tally:
    """Adds up what the readers find."""

    def __init__(self) -> None:
        self.files = self.bytes = self.troubled = 0
        self.problems: list[Problem] = []

    def add(self, size: int, problems: Sequence[Problem]) -> None:
        self.files, self.bytes = self.files + 1, self.bytes + size
        self.troubled += bool(problems)
        self.problems += problems[: max(0, MAX_PROBLEMS - len(self.problems))]


def audit_served(http: Http, links: Sequence[tuple[str, Link]], folder: Path, *, tell: Tell) -> Audit:
    """Fetches every file as a client would, and looks into each where it arrives. `folder`: for large ones."""
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
    """Reads devpi's own files on its own machine. `stage`: `user/index`; `listed`: all that it lists, where that is
    known: only then it can be said what lies there besides.
    """
    started = time.monotonic()
    with ThreadPoolExecutor(READERS) as pool:
        looked = _ahead(pool, (partial(_look_at, serverdir, project, link) for project, link in links))
        audit = _audit(_tally(looked, len(links), tell), started)
    if stage is None or listed is None:
        return audit
    known = {path for link in listed if (path := stored_path(serverdir, link)) is not None}
    lying = (path for path in (serverdir / "+files" / stage).rglob("*") if path.is_file())
    stray = sorted(path.relative_to(serverdir).as_posix() for path in lying if path not in known)
    return msgspec.structs.replace(audit, stray=tuple(stray[:MAX_PROBLEMS]))


def stored_path(serverdir: Path, link: Link) -> Path | None:
    """Where devpi keeps a file: `+files/USER/INDEX/+f/AAA/BBBBBBBBBBBBB/NAME`, as its link says."""
    parts = unquote(urlsplit(link.url).path).strip("/").split("/")
    if "+f" not in parts or parts.index("+f") < 2 or ".." in parts:
        return None
    at = parts.index("+f")
    return serverdir.joinpath("+files", *parts[at - 2 :])


def _tally(looked: Iterable[Looked], files: int, tell: Tell) -> Tally:
    """Adds up as it comes."""
    tally = Tally()
    for size, problems in looked:
        tally.add(size, problems)
        tell(tally.files, files, tally.bytes)
    return tally


def _ahead(pool: ThreadPoolExecutor, jobs: Iterable[Callable[[], Looked]]) -> Iterator[Looked]:
    """The results in order, a window of jobs ahead of whoever takes them."""
    waiting: deque[Future[Looked]] = deque()
    for job in jobs:
        waiting.append(pool.submit(job))
        if len(waiting) >= AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _look_into(project: str, link: Link, one: Fetched, file: IO[bytes]) -> Looked:
    if not one.sha256:
        return 0, [_unserved(project, link, one.status, one.trouble, one.detail)]
    return one.size, list(_look(file, project, link, one.sha256))


def _look_at(serverdir: Path, project: str, link: Link) -> Looked:
    path = stored_path(serverdir, link)
    if path is None or not path.is_file():
        shown = str(path.relative_to(serverdir)) if path else link.url
        return 0, [Problem(link.filename, project, "file-gone", f"not in the serverdir: {shown}")]
    with path.open("rb") as file:
        size = path.stat().st_size
        held = io.BytesIO(file.read()) if size <= IN_MEMORY else file  # read once: a zip is read in very small pieces
        return size, list(_look(held, project, link, digest_of(held, "sha256")))


def _look(file: IO[bytes], project: str, link: Link, sha256: str) -> Iterator[Problem]:
    """The first of: not the published bytes, not readable, not what its name says; then what is untrue inside."""
    kind = strongest(link.hashes)
    if kind is None:
        yield Problem(link.filename, project, "hash-none", "no hash is published", "sha256")
    elif link.hashes[kind].lower() != (found := sha256 if kind == "sha256" else digest_of(file, kind)):
        yield Problem(link.filename, project, "hash-mismatch", f"{kind}={found}", f"{kind}={link.hashes[kind]}")
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


def _unserved(project: str, link: Link, status: int | None, trouble: Trouble | None, detail: str) -> Problem:
    cause = "file-gone" if status in (404, 410) else "file-not-served"
    return Problem(link.filename, project, cause, detail or (trouble.value if trouble else f"status {status}"))


def _audit(tally: Tally, started: float) -> Audit:
    return Audit(
        tally.files,
        tally.bytes,
        tuple(tally.problems),
        tally.troubled,
        seconds=round(time.monotonic() - started, 3),
    )
