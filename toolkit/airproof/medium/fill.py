"""Fills a medium: what is there already stays, what is fetched is verified, and nothing half-written takes a name."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import msgspec

import airproof
from airproof.errors import BadInput
from airproof.medium.choose import ChosenFiles, Wanted
from airproof.medium.lists import write_advisories, write_docs, write_lists
from airproof.medium.sboms import write_sboms
from airproof.medium.sizes import server_needs
from airproof.medium.upstream import Upstream
from airproof.net.http import Fetched
from airproof.net.patience import shown_as
from airproof.probes.closure.sources.folder import path_of, sha256_of
from airproof.probes.files.files import digest_of, strongest
from airproof.probes.index.simple import Link
from airproof.site.group import Group
from airproof.site.hosts import Target
from airproof.site.manifest import (
    NAME,
    SCHEMA,
    SIGNATURE,
    TOOLS,
    WHEELS,
    CarriedFile,
    Manifest,
    UnmetRequirement,
    read_manifest,
    strangers,
    write_manifest,
)
from airproof.site.requirements import STRONG

PART = f"{NAME}.part"
"""A manifest that is being written."""
Progress = Callable[[int, int, int], None]
"""Files done, files to fetch, bytes so far."""


class Filled(msgspec.Struct, frozen=True):
    """Result of a filling."""

    manifest: Manifest
    fetched: int
    kept: int
    """Files that were there already, and are what they should be."""
    bytes: int
    surplus: tuple[str, ...]
    """Files on the medium that nothing asks for any more; they were left alone."""
    troubles: tuple[str, ...]
    """Files that did not arrive, each with the reason; the medium is not whole then."""
    unvouched: tuple[str, ...]
    """Files for which the index published no strong hash: they were taken as they came."""


def open_medium(folder: Path) -> Manifest | None:
    """The medium's manifest, or None for a new one. Nothing is put there yet, and it is seen that something can be.

    Raises BadInput for a folder that is somebody else's, or that cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = read_manifest(folder)
        if found is None and any(path.name != PART for path in folder.iterdir()):
            raise BadInput("medium-not-ours", path=folder)
        (folder / PART).write_bytes(b"airproof\n")
        (folder / PART).unlink()
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return found


def fill(
    folder: Path,
    choice: ChosenFiles,
    *,
    upstream: Upstream,
    targets: tuple[Target, ...],
    server: Target | None,
    groups: tuple[Group, ...],
    lacking: tuple[UnmetRequirement, ...],
    before: Manifest | None,
    there: frozenset[str] = frozenset(),
    docs: Path | None = None,
    advisories: Path | None = None,
    sboms: bool = False,
    progress: Progress,
) -> Filled:
    """Fetches what is not there yet. `there`: sha256 of files that the closed side has. `docs`: a documentation site
    that goes along. `advisories`: a database that does. `sboms`: a CycloneDX document for each target is written. Where
    the index did not answer
    for something, the medium is not whole, whatever arrives.

    Raises BadInput where the medium cannot be written; what was fetched until then stays usable.
    """
    manifest = Manifest(
        schema=SCHEMA,
        tool=airproof.__version__,
        made=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        whole=False,
        targets=targets,
        server=server,
        groups=groups,
        files=before.files if before else (),
        lacking=lacking,
    )
    carried: list[CarriedFile] = []
    try:
        (folder / SIGNATURE).unlink(missing_ok=True)  # it is of the sums as they were
        write_manifest(folder, manifest)
        for name in (WHEELS, TOOLS):
            (folder / name).mkdir(exist_ok=True)
        _clear(folder)
        known = {file.path: file for file in manifest.files}
        in_order = sorted(choice.files.values(), key=lambda file: file.path)  # so that each filling goes the same way
        kept_files, to_fetch = _sorted_out(folder, in_order, known, there)
        carried += kept_files
        kept, size, done = len(carried), 0, 0
        troubles, unvouched = [], []
        for wanted, path, one in _arrived(upstream, folder, to_fetch):
            reason = _wrong(wanted.link, path, one)
            if reason:
                path.unlink(missing_ok=True)
                troubles.append(f"{wanted.link.filename}: {reason}")
            else:
                path.replace(folder / wanted.path)
                carried.append(_carried(wanted, one.size, one.sha256))
                unvouched += [] if _vouched(wanted.link) else [wanted.link.filename]
            done, size = done + 1, size + one.size
            progress(done, len(to_fetch), size)
        if not choice.answered:  # nobody knows what is asked for no more: what was carried before stays known
            taken = {file.path for file in carried}
            carried += [file for file in manifest.files if file.path not in taken and (folder / file.path).is_file()]
        files = tuple(sorted(carried, key=lambda one: one.path))
        manifest = msgspec.structs.replace(manifest, whole=not troubles and choice.answered, files=files)
        manifest = msgspec.structs.replace(manifest, needs=server_needs(manifest.payload))
        manifest = msgspec.structs.replace(
            manifest,
            lists=write_lists(folder, manifest)
            | write_docs(folder, docs, before)
            | write_advisories(folder, advisories, before)
            | write_sboms(folder, manifest, wanted=sboms),
        )
        write_manifest(folder, manifest)
    except BaseException as error:  # Ctrl-C too
        _leave(folder, msgspec.structs.replace(manifest, whole=False, files=tuple(carried) or manifest.files))
        if isinstance(error, OSError):
            raise _cannot_write(folder, error) from error
        raise
    surplus = strangers(folder, manifest)
    return Filled(manifest, done - len(troubles), kept, size, surplus, tuple(troubles), tuple(unvouched))


def _sorted_out(
    folder: Path, files: Iterable[Wanted], known: Mapping[str, CarriedFile], there: frozenset[str]
) -> tuple[list[CarriedFile], list[Wanted]]:
    """Return the files that are there already, verified by their hashes, and those that are to be fetched."""
    carried: list[CarriedFile] = []
    to_fetch: list[Wanted] = []
    for file in files:
        published = _published(file.link)
        path, before = folder / file.path, known.get(file.path)
        if published in there and not file.is_tool:  # the tools are needed before any index is there
            carried.append(_carried(file, 0, published, there=True))
            continue
        wanted = published or (before.sha256 if before else "")
        if wanted and path.is_file() and sha256_of(path) == wanted:
            carried.append(_carried(file, path.stat().st_size, wanted))
        else:
            to_fetch.append(file)
    return carried, to_fetch


def _published(link: Link) -> str:
    """The sha256 that the file must have; empty where nobody says."""
    published = link.hashes.get("sha256", "")
    if published or not link.url.startswith("file:"):
        return published
    try:
        return sha256_of(path_of(link.url))  # a folder publishes nothing: its file is what it says
    except OSError:
        return ""  # it is fetched, and the reason is told


def _arrived(upstream: Upstream, folder: Path, to_fetch: list[Wanted]) -> Iterable[tuple[Wanted, Path, Fetched]]:
    by_path = {folder / f"{file.path}.part": file for file in to_fetch}
    for _, path, fetched in upstream.fetch([(one.link, path) for path, one in by_path.items()]):
        yield by_path[path], path, fetched


def _wrong(link: Link, path: Path, one: Fetched) -> str:
    """Why the file cannot be taken; empty where it can."""
    if not one.sha256:
        return one.detail or shown_as(one.status, one.trouble)
    kind = strongest(link.hashes)
    found = one.sha256 if kind in (None, "sha256") else digest_of(path, kind)
    return "" if kind is None or link.hashes[kind].lower() == found else f"its {kind} is not the published one"


def _vouched(link: Link) -> bool:
    """By the index with a hash that nobody can forge, or by lying on this machine."""
    return link.url.startswith("file:") or strongest(link.hashes) in STRONG


def _carried(wanted: Wanted, size: int, sha256: str, *, there: bool = False) -> CarriedFile:
    targets = {label: tuple(asked) for label, asked in wanted.targets.items()}
    groups = {label: tuple(names) for label, names in wanted.groups.items()}
    builds = {label: tuple(dict.fromkeys(names)) for label, names in wanted.builds.items()}
    return CarriedFile(
        wanted.path,
        wanted.project,
        wanted.version,
        size,
        sha256,
        targets,
        there,
        groups,
        builds,
        wanted.only,
        wanted.built,
    )


def _clear(folder: Path) -> None:
    """Takes away what a filling left that was broken off."""
    for name in (WHEELS, TOOLS):
        for left in (folder / name).glob("*.part"):
            left.unlink()


def _leave(folder: Path, manifest: Manifest) -> None:
    """Leave an interrupted filling in order, if the medium can still be written: files that have arrived are known by
    their sums, and half a file takes no room of whole ones.
    """
    with suppress(OSError):
        if (folder / NAME).is_file():
            _clear(folder)
            write_manifest(folder, manifest)


def _cannot_write(folder: Path, error: OSError) -> BadInput:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else error.errno == errno.ENOSPC
    return BadInput("medium-full" if full else "medium-unwritable", path=folder, reason=error.strerror or error)
