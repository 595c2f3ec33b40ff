"""The bytes of served files: they are fetched, compared with the published hashes, and inspected."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import IO

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.custody.licences import Licence
from airproof.net.http import Fetched, Http, NetworkFailure
from airproof.probes.closure.candidates import Parsed, parse_as_pip
from airproof.probes.files.archive import BLOCK, Inside, read_sdist, read_wheel
from airproof.probes.index.listing import HASHES
from airproof.probes.index.simple import Link

__all__ = ["Inside", "ServedFile", "probe_files", "read_sdist", "read_wheel"]


class ServedFile(msgspec.Struct, frozen=True):
    """One file of an index, as it was served."""

    filename: str
    url: str
    project: str
    published: dict[str, str]
    """Kind of hash to hex digest, from the project page."""
    sha256: str
    """sha256 of the bytes that arrived; empty if they did not arrive whole."""
    size: int
    status: int | None
    trouble: NetworkFailure | None
    seconds: float
    matches: bool | None
    """The bytes have the strongest published hash. None: no hash was published, or no whole file arrived."""
    digest: str = ""
    """`KIND=HEX` of the bytes that arrived, of the strongest kind that is published; empty as with `matches`."""
    detail: str = ""
    """Message of the network trouble."""
    readable: bool = False
    problem: str = ""
    """Why the file cannot be read."""
    name: str = ""
    """The name as the metadata writes it; the following fields too."""
    version: str = ""
    tags: tuple[str, ...] = ()
    requires_python: str | None = None
    requires: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    record_untrue: tuple[str, ...] = ()
    licence: Licence = Licence()
    sboms: tuple[str, ...] = ()
    """As `Inside.sboms`."""
    bare_plus: bool = False
    """The file was refused under `%2B`, as every pip asks for it, and is served under a bare plus."""
    retried: frozenset[int] = frozenset()
    """As `Fetched.retried`."""

    @property
    def is_wheel(self) -> bool:
        return self.filename.lower().endswith(".whl")

    @property
    def agrees(self) -> bool:
        """Say whether the metadata has the name and version of the file name, as some pip parses it: `0.0.1_1` is
        0.0.1-1 before 25.3.
        """
        try:
            version = Version(self.version.replace("_", "-"))
        except InvalidVersion:
            return False
        return version in (reading.version for reading in self._readings)

    @property
    def tags_agree(self) -> bool:
        """Say whether a wheel's WHEEL file has the tags of the file name; pip heeds only the file name."""
        return any({str(tag) for tag in reading.tags or ()} == set(self.tags) for reading in self._readings)

    @property
    def _readings(self) -> tuple[Parsed, ...]:
        project = canonicalize_name(self.name)
        return tuple(parse_as_pip(self.filename, project, names) for names in ("strict", "loose"))


def probe_files(
    http: Http, links: Sequence[tuple[str, Link]], folder: Path, *, whole: bool = True, keep: bool = True
) -> tuple[ServedFile, ...]:
    """Fetch the files, `(project, link)`, into `folder` and inspect each, in order.

    A link that leads off the host is not followed. `whole`: compare each member of a wheel with its RECORD. `keep`:
    leave the files in the folder; otherwise each is removed once it was inspected. Raises OSError if the folder cannot
    be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = [_place(folder, number, link) for number, (_, link) in enumerate(links)]
    arrived = http.read_each(
        (link.url, place, partial(_probe, project, link, place, whole=whole, keep=keep))
        for (project, link), place in zip(links, places, strict=True)
        if not link.off_host
    )
    return tuple(_left_out(project, link) if link.off_host else next(arrived) for project, link in links)


def _left_out(project: str, link: Link) -> ServedFile:
    return _served(project, link, Fetched(link.url, None, "", 0, None, 0.0, NetworkFailure.OFF_HOST, "not followed"))


def _probe(project: str, link: Link, path: Path, arrived: Fetched, *, whole: bool, keep: bool) -> ServedFile:
    served = _served(project, link, arrived)
    if not arrived.sha256:
        return served
    inside = read_wheel(path, whole=whole) if served.is_wheel else read_sdist(path)
    kind = strongest(link.hashes)
    if kind is not None:
        digest = arrived.sha256 if kind == "sha256" else digest_of(path, kind)
        matches = link.hashes[kind].lower() == digest
        served = msgspec.structs.replace(served, matches=matches, digest=f"{kind}={digest}")
    served = msgspec.structs.replace(served, **_fields(inside))
    if not keep:
        path.unlink()
    return served


def _served(project: str, link: Link, fetched: Fetched) -> ServedFile:
    return ServedFile(
        filename=link.filename,
        url=link.url,
        project=project,
        published=link.hashes,
        sha256=fetched.sha256,
        size=fetched.size,
        status=fetched.status,
        trouble=fetched.trouble,
        seconds=fetched.seconds,
        matches=None,
        detail=fetched.detail,
        problem=fetched.detail,
        retried=fetched.retried,
    )


def _fields(inside: Inside) -> dict[str, object]:
    return {
        field: getattr(inside, field) for field in inside.__struct_fields__ if field in ServedFile.__struct_fields__
    }


def strongest(published: dict[str, str]) -> str | None:
    """Return the strongest published kind of hash, or None."""
    return next((kind for kind in HASHES if kind in published), None)


def digest_of(path: Path | IO[bytes], kind: str) -> str:
    """Hash a file's bytes; return hexadecimal digits."""
    digest = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") if isinstance(path, Path) else nullcontext(path) as file:
        file.seek(0)
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _place(folder: Path, number: int, link: Link) -> Path:
    """Return a separate path for each link: two links may have the same file name."""
    return folder / f"{number:06d}-{link.filename[-120:]}"
