"""Fills a medium: what is there already stays, what is fetched is verified, and nothing half-written takes a name."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path

import msgspec

import airproof
from airproof.errors import BadInput
from airproof.http import Fetched
from airproof.medium.choose import Choice, Wanted
from airproof.medium.lists import write_lists
from airproof.medium.manifest import (
    NAME,
    SCHEMA,
    TOOLS,
    WHEELS,
    Carried,
    Lacking,
    Manifest,
    read_manifest,
    write_manifest,
)
from airproof.probes.files import digest_of, strongest
from airproof.probes.simple import Link
from airproof.probes.sources import sha256_of
from airproof.probes.upstream import Upstream
from airproof.site import Group, TargetData

Progress = Callable[[int, int, int], None]
"""Files done, files to fetch, bytes so far."""


class Filled(msgspec.Struct, frozen=True):
    """What became of it."""

    manifest: Manifest
    fetched: int
    kept: int
    """Files that were there already, and are what they should be."""
    bytes: int
    surplus: tuple[str, ...]
    """Files on the medium that nothing asks for any more; they were left alone."""
    troubles: tuple[str, ...]
    """Files that did not arrive, each with the reason; the medium is not whole then."""


def open_medium(folder: Path) -> Manifest | None:
    """The medium's manifest, or None for a new one. Raises BadInput for a folder that is somebody else's."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = read_manifest(folder)
        if found is None and not all(map(_begun, folder.iterdir())):
            raise BadInput("medium-not-ours", path=folder)
        for name in (WHEELS, TOOLS):
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return found


def _begun(path: Path) -> bool:
    """Left by a filling that ended before there was anything to fetch, such as with a target that is not known."""
    return path.name == f"{NAME}.part" or (path.name in (WHEELS, TOOLS) and path.is_dir() and not any(path.iterdir()))


def fill(
    folder: Path,
    choice: Choice,
    *,
    upstream: Upstream,
    targets: tuple[TargetData, ...],
    server: TargetData | None,
    groups: tuple[Group, ...],
    lacking: tuple[Lacking, ...],
    before: Manifest | None,
    there: frozenset[str] = frozenset(),
    progress: Progress,
) -> Filled:
    """Fetches what is not there yet. `there`: sha256 of files that the closed side has.

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
    try:
        write_manifest(folder, manifest)
        known = {one.path: one for one in manifest.files}
        carried, to_fetch = _sorted_out(folder, choice.files.values(), known, there)
        kept, size, done, troubles = len(carried), 0, 0, []
        for wanted, path, one in _arrived(upstream, folder, to_fetch):
            reason = _wrong(wanted.link, path, one)
            if reason:
                path.unlink(missing_ok=True)
                troubles.append(f"{wanted.link.filename}: {reason}")
            else:
                path.replace(folder / wanted.path)
                carried.append(_carried(wanted, one.size, one.sha256))
            done, size = done + 1, size + one.size
            progress(done, len(to_fetch), size)
        files = tuple(sorted(carried, key=lambda one: one.path))
        manifest = msgspec.structs.replace(manifest, whole=not troubles, files=files)
        write_lists(folder, manifest)
        write_manifest(folder, manifest)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    surplus = tuple(sorted(_lying(folder) - set(choice.files)))
    return Filled(manifest, done - len(troubles), kept, size, surplus, tuple(troubles))


def _sorted_out(
    folder: Path, files: Iterable[Wanted], known: Mapping[str, Carried], there: frozenset[str]
) -> tuple[list[Carried], list[Wanted]]:
    """What is there already, verified by its hash, and what is to be fetched."""
    carried: list[Carried] = []
    to_fetch: list[Wanted] = []
    for one in files:
        published = one.link.hashes.get("sha256", "")
        path, before = folder / one.path, known.get(one.path)
        if published and published in there:
            carried.append(_carried(one, 0, published, there=True))
            continue
        wanted = published or (before.sha256 if before else "")
        if wanted and path.is_file() and sha256_of(path) == wanted:
            carried.append(_carried(one, path.stat().st_size, wanted))
        else:
            to_fetch.append(one)
    return carried, to_fetch


def _arrived(upstream: Upstream, folder: Path, to_fetch: list[Wanted]) -> Iterable[tuple[Wanted, Path, Fetched]]:
    by_path = {folder / f"{one.path}.part": one for one in to_fetch}
    for _, path, fetched in upstream.fetch([(one.link, path) for path, one in by_path.items()]):
        yield by_path[path], path, fetched


def _wrong(link: Link, path: Path, one: Fetched) -> str:
    """Why the file cannot be taken; empty where it can."""
    if not one.sha256:
        return one.detail or (one.trouble.value if one.trouble else f"status {one.status}")
    kind = strongest(link.hashes)
    found = one.sha256 if kind in (None, "sha256") else digest_of(path, kind)
    return "" if kind is None or link.hashes[kind] == found else f"its {kind} is not the published one"


def _carried(wanted: Wanted, size: int, sha256: str, *, there: bool = False) -> Carried:
    targets = {label: tuple(asked) for label, asked in wanted.targets.items()}
    return Carried(wanted.path, wanted.project, wanted.version, size, sha256, targets, there)


def _lying(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for name in (WHEELS, TOOLS)
        for path in (folder / name).iterdir()
        if path.is_file() and path.suffix != ".part"
    }


def _cannot_write(folder: Path, error: OSError) -> BadInput:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else error.errno == errno.ENOSPC
    return BadInput("medium-full" if full else "medium-unwritable", path=folder, reason=error.strerror or error)
