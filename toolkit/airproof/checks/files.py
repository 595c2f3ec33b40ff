"""FIL: the bytes of everything that would be installed."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sized
from urllib.parse import urlsplit

from msgspec.structs import replace

from airproof.check import LISTED, Finding, NotApplicable, Seen, check, expect, seen
from airproof.checks.server import disk_full
from airproof.diagnosis.hashes import HASHES, hashes_not_met
from airproof.diagnosis.room import mega
from airproof.errors import CannotLook
from airproof.net.http import NetworkFailure
from airproof.net.patience import shown_as
from airproof.probes.closure.readings import Readings
from airproof.probes.closure.resolution import Broken
from airproof.probes.files.audit import Audit
from airproof.probes.files.files import ServedFile
from airproof.probes.files.problems import Problem
from airproof.probes.files.served import Served
from airproof.probes.index.devpi import Server
from airproof.probes.interpreters.pipbehaviour import ANY_PIP, PipBehaviour
from airproof.probes.pip.template import parse_template
from airproof.site.site import Site

INSIDE = ("damaged-wheel", "name-inside-differs", "record-untrue", "tags-differ")
BYTES = ("hash-mismatch", "file-gone", "file-not-served", "file-too-slow")
KEPT = re.compile(r"(?P<before>.*?)/(?:\+|%2B)[ef]/")
"""devpi's own file links: the index that holds the file stands before."""


@check(
    "FIL01",
    level="required",
    causes=(*BYTES, "plus-not-decoded", "needed-not-served", "link-leaves-path", "metadata-beside", *HASHES),
    requires=LISTED,
)
def check_served_files_have_their_published_hash(served: Served, readings: Readings, site: Site) -> Seen:
    """Each file arrives whole, and its sha256 is the published one: devpi never verifies what it reads from disk.
    Where the requirements file names hashes, it is one of those. The same of what builds a source distribution.
    """
    _any_of(served.files)
    ways = PipBehaviour.of(readings.pip or None)
    unlike = [finding for file in served.files for finding in _mislaid(file, site) or _unlike(file, ways)]
    named = {file.filename for file in served.files if any(_unlike(file, ways))}
    damaged = {file.filename for file in served.files if not file.readable}
    # What stands beside a damaged wheel is no news: a server cannot read its metadata either.
    unlike += [_ended("metadata-beside", ended) for ended in _at(readings, "metadata-beside", damaged)]
    # A file that arrives when it is asked for again, and one that only a build needs, is known from the readings alone.
    unlike += [
        _ended(cause, ended)
        for cause in ("needed-not-served", "hash-mismatch")
        for ended in _at(readings, cause, named)
    ]
    demanded = parse_template(site.pip_command).requires_hashes
    expect(told_of_askers(unlike, readings) if unlike else hashes_not_met(readings, site.groups, demanded=demanded))
    return seen(
        matching=sum(file.matches is True for file in served.files),
        files=len(served.files),
        bytes=sum(file.size for file in served.files),
    )


def told_of_askers(findings: Iterable[Finding], readings: Readings) -> Iterator[Finding]:
    """The findings about files, with whoever asked for what needs the file as their victims."""
    for finding in findings:
        victims = readings.askers(finding.filename, finding.victims)
        yield replace(finding, victims=victims) if victims else finding


def _at(readings: Readings, cause: str, but: Container[str]) -> tuple[Broken, ...]:
    """The files at which pip ended for that cause, each once."""
    found = {
        broken.link.url: broken
        for group in readings.groups
        for broken in group.reading.broken
        if broken.cause == cause and broken.link.filename not in but
    }
    return tuple(found.values())


def _ended(cause: str, one: Broken) -> Finding:
    values = {"filename": one.link.filename, "problem": one.problem, "project": one.project}
    return Finding(cause, one.problem, "a file that pip installs", (one.project,), values)


def _any_of(files: Sized) -> None:
    if not files:
        raise NotApplicable("no-file-taken")


def _mislaid(one: ServedFile, site: Site) -> list[Finding]:
    """A file of devpi that is not there, since its relative link left the path that a reverse proxy maps."""
    path = urlsplit(one.url).path
    found = KEPT.match(path)
    if found is None or one.status != 404:
        return []
    index = site.index
    prefix = index.path.removesuffix(f"{index.stage}/+simple/").removesuffix(f"{index.stage}/").rstrip("/")
    before = found["before"]
    if before.startswith(prefix) and before[len(prefix) :].count("/") == 2:  # USER/INDEX, as it should be
        return []
    values = {"project": one.project, "filename": one.filename, "url": index.shown, "path": path}
    return [Finding("link-leaves-path", path, f"{prefix}/USER/INDEX/+f/", (one.project,), values)]


def _unlike(one: ServedFile, ways: PipBehaviour = ANY_PIP) -> Iterator[Finding]:
    """Compare a file with what the page says of it. `ways`: the pip for which requests are repeated, or not."""
    values = {"filename": one.filename, "status": one.status or "-", "project": one.project}
    if one.trouble is NetworkFailure.DRIPS:
        pace = {"pace": round(one.size / (one.seconds or 1)), "size": one.size, "seconds": round(one.seconds)}
        yield Finding("file-too-slow", one.detail, "the whole file", (one.project,), values | pace)
    elif one.bare_plus:
        path = {"path": urlsplit(one.url).path}
        yield Finding("plus-not-decoded", one.status, "status 200", (one.project,), values | path)
    elif one.trouble is not None or one.status != 200:
        cause = "file-gone" if one.status in (404, 410) else "file-not-served"
        detail = shown_as(one.status, one.trouble)
        yield Finding(cause, detail, "status 200", (one.project,), values | {"detail": detail})
    elif stopped := ways.stops_at(one.retried):
        yield Finding("file-not-served", stopped, "status 200", (one.project,), values | {"detail": stopped})
    elif one.matches is False:
        published = ", ".join(f"{kind}={value}" for kind, value in sorted(one.published.items()))
        yield Finding("hash-mismatch", one.digest, published, (one.project,), values)


@check("FIL02", level="required", causes=("damaged-wheel", "name-inside-differs", "wheel-refused"), requires=LISTED)
def check_wheels_are_what_their_names_say(served: Served, readings: Readings) -> Seen:
    """Each wheel can be read, pip installs it, and its METADATA has the name and version of its file name (PEP 427,
    491).

    One that did not arrive as it was published is FIL01's.
    """
    _any_of(served.files)
    wheels = [file for file in served.files if file.is_wheel and not any(_unlike(file))]
    findings = []
    for wheel in wheels:
        values = {"filename": wheel.filename, "problem": wheel.problem, "name": wheel.name, "version": wheel.version}
        if not wheel.readable:
            findings.append(Finding("damaged-wheel", wheel.problem, "a readable wheel", (wheel.project,), values))
        elif not wheel.agrees:
            findings.append(
                Finding(
                    "name-inside-differs", f"{wheel.name} {wheel.version}", wheel.filename, (wheel.project,), values
                )
            )
    taken = {file.filename for file in served.files}
    findings += [_ended("damaged-wheel", ended) for ended in _at(readings, "damaged-wheel", taken)]
    told = {finding.values["filename"] for finding in findings}
    findings += [_ended("wheel-refused", ended) for ended in _at(readings, "wheel-refused", told)]
    expect(told_of_askers(findings, readings))
    return seen(wheels=len(wheels))


@check("FIL03", level="required", causes=BYTES, requires=("API01", "MAN06"))
def check_every_file_has_its_published_bytes(audit: Audit | None) -> Seen:
    """With --deep: each file of the closure, or with --all of the index, arrives whole and has its published hash.

    Raises CannotLook where there was no file, where the index changed meanwhile, and where no hash is published.
    """
    held = _held(audit)
    expect(_finding(problem) for problem in held.problems if problem.cause in BYTES)
    bare = [problem.filename for problem in held.problems if problem.cause == "hash-none"]
    if bare:
        raise CannotLook("audit-unhashed", count=len(bare), file=bare[0])
    return seen(files=held.files, bytes=held.bytes, seconds=held.seconds)


@check("FIL04", level="required", causes=INSIDE, requires=("API01", "MAN06"))
def check_every_file_is_true_inside(audit: Audit | None) -> Seen:
    """With --deep: each file can be read, its metadata agree with its name, and a wheel's RECORD is true."""
    held = _held(audit)
    expect(_finding(problem) for problem in held.problems if problem.cause in INSIDE)
    return seen(files=held.files)


@check("FIL05", level="advised", causes=("stored-stray", "server-disk-full"), requires=("API01",))
def check_nothing_half_uploaded_lies_about(audit: Audit | None, server: Server, asked: Site) -> Seen:
    """With --serverdir: every file of the index on devpi's disk is one that it lists, and there is room for more.

    Raises CannotLook for a mirror: what it lists is all of its upstream.
    """
    held = _held(audit)
    if asked.serverdir is None:
        raise NotApplicable("no-serverdir")
    expect(disk_full(server, asked))
    if held.stray is None:
        raise CannotLook("all-of-a-mirror", mirror=", ".join(server.mirrors))
    total = {"files": held.stray_files, "total": _told_size(held.stray_bytes)}
    sizes = held.stray_sizes or (0,) * len(held.stray)
    expect(
        Finding("stored-stray", path, None, (path,), {"file": path, "size": _told_size(size)} | total)
        for path, size in zip(held.stray, sizes, strict=True)
    )
    return seen(files=held.files)


def _told_size(size: int) -> str:
    """In MB, and in bytes where that is less than one."""
    return mega(size) if size >= 1 << 20 else f"{size} B"


def _held(audit: Audit | None) -> Audit:
    if audit is None:
        raise NotApplicable("no-deep")
    if audit.changed:
        raise CannotLook("audit-changed")
    if not audit.files:
        raise CannotLook("audit-empty")
    return audit


def _finding(one: Problem) -> Finding:
    cause = next(known for known in (*BYTES, *INSIDE) if known == one.cause)  # of the closed list, or broken
    name, _, version = one.detail.partition(" ")
    values = {
        "filename": one.filename,
        "project": one.project,
        "problem": one.detail,
        "detail": one.detail,
        "status": one.detail.removeprefix("status "),
        "name": name,
        "version": version,
        "wanted": one.wanted,
    }
    return Finding(cause, one.detail, one.wanted or "as published", (one.project,), values)
