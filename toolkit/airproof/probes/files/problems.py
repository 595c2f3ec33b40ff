"""The problems of one file, as it was served or as it lies in devpi's own folder."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import msgspec

from airproof.net.http import IN_MEMORY
from airproof.probes.files.files import ServedFile, digest_of, read_sdist, read_wheel, strongest
from airproof.probes.index.simple import Link


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


Looked = tuple[int, tuple[Problem, ...]]
"""A file's size and its problems."""


class Question(msgspec.Struct, frozen=True, array_like=True):
    """A file that is to be looked into."""

    project: str
    link: Link
    sha256: str = ""
    """sha256 of its bytes, which are given beside it; empty for a file of a serverdir."""
    serverdir: str = ""


def answer_of(question: Question, file: IO[bytes]) -> Looked:
    """Return what is found in a file. `file`: its bytes; not used for a file of a serverdir."""
    if question.serverdir:
        return _look_at(Path(question.serverdir), question.project, question.link)
    problems = tuple(_look(file, question.project, question.link, question.sha256))
    return file.seek(0, io.SEEK_END), problems


def stored_path(serverdir: Path, link: Link) -> Path | None:
    """Return the path at which devpi keeps a file: `+files/USER/INDEX/+f/AAA/BBBBBBBBBBBBB/NAME`, from its link."""
    parts = unquote(urlsplit(link.url).path).strip("/").split("/")
    if "+f" not in parts or parts.index("+f") < 2 or ".." in parts:
        return None
    at = parts.index("+f")
    return serverdir.joinpath("+files", *parts[at - 2 :])


def _look_at(serverdir: Path, project: str, link: Link) -> Looked:
    path = stored_path(serverdir, link)
    if path is None or not path.is_file():
        shown = str(path.relative_to(serverdir)) if path else link.url
        return 0, (Problem(link.filename, project, "file-gone", f"not in the serverdir: {shown}"),)
    with path.open("rb") as file:
        size = path.stat().st_size
        # A zip is read in very small pieces, so a small file is read into memory once.
        held = io.BytesIO(file.read()) if size <= IN_MEMORY else file
        return size, tuple(_look(held, project, link, digest_of(held, "sha256")))


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
