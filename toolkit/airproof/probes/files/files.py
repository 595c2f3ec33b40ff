"""The bytes of served files: what arrived, whether it is what was published, and what is inside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.net.http import Fetched, Http, Trouble
from airproof.probes.closure.candidates import Parsed, parse_as_pip
from airproof.probes.files.archive import BLOCK, Inside, read_sdist, read_wheel
from airproof.probes.index.simple import Link

__all__ = ["Inside", "ServedFile", "probe_files", "read_sdist", "read_wheel"]

STRONGEST_FIRST = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")


class ServedFile(msgspec.Struct, frozen=True):
    """One file of an index, as it was served."""

    filename: str
    url: str
    project: str
    published: dict[str, str]
    """Kind of hash to hex digest, from the project page."""
    sha256: str
    """Of the bytes that arrived; empty where they did not arrive whole."""
    size: int
    status: int | None
    trouble: Trouble | None
    seconds: float
    matches: bool | None
    """The bytes have the strongest published hash. None: no hash was published, or no whole file arrived."""
    detail: str = ""
    """The trouble's own words."""
    readable: bool = False
    problem: str = ""
    """Why it cannot be read."""
    name: str = ""
    """As its metadata writes it; the rest too."""
    version: str = ""
    tags: tuple[str, ...] = ()
    requires_python: str | None = None
    requires: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    record_untrue: tuple[str, ...] = ()
    bare_plus: bool = False
    """It did not come under `%2B`, as every pip asks for it, and is there where the plus stands bare."""

    @property
    def is_wheel(self) -> bool:
        return self.filename.lower().endswith(".whl")

    @property
    def agrees(self) -> bool:
        """The metadata has the name and the version of the file name, as some pip reads that: `0.0.1_1` is 0.0.1-1 to
        those before 25.3.
        """
        try:
            version = Version(self.version.replace("_", "-"))
        except InvalidVersion:
            return False
        return version in (one.version for one in self._readings)

    @property
    def tags_agree(self) -> bool:
        """A wheel's WHEEL file has the tags of the file name; pip heeds the latter only."""
        return any({str(tag) for tag in one.tags or ()} == set(self.tags) for one in self._readings)

    @property
    def _readings(self) -> tuple[Parsed, ...]:
        project = canonicalize_name(self.name)
        return tuple(parse_as_pip(self.filename, project, names) for names in ("strict", "loose"))


def probe_files(
    http: Http, links: Sequence[tuple[str, Link]], folder: Path, *, whole: bool = True, keep: bool = True
) -> tuple[ServedFile, ...]:
    """Fetches the files, `(project, link)`, into `folder` and looks into each, in order.

    A link that leads off the host is not followed. `whole`: each member of a wheel is compared with its RECORD.
    `keep`: the files are left in the folder; else each is removed once it was looked at. Raises OSError where the
    folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(link.url, _place(folder, number, link)) for number, (_, link) in enumerate(links) if not link.off_host]
    fetched = http.fetch_each(wanted)
    places = iter(wanted)
    return tuple(_probe(project, link, fetched, places, whole=whole, keep=keep) for project, link in links)


def _probe(
    project: str,
    link: Link,
    fetched: Iterator[Fetched],
    places: Iterator[tuple[str, Path]],
    *,
    whole: bool,
    keep: bool,
) -> ServedFile:
    if link.off_host:
        return _served(project, link, Fetched(link.url, None, "", 0, None, 0.0, Trouble.OFF_HOST, "not followed"))
    one, (_, path) = next(fetched), next(places)
    served = _served(project, link, one)
    if not one.sha256:
        return served
    inside = read_wheel(path, whole=whole) if served.is_wheel else read_sdist(path)
    served = msgspec.structs.replace(served, matches=_matches(link.hashes, one.sha256, path), **_fields(inside))
    if not keep:
        path.unlink()
    return served


def _served(project: str, link: Link, one: Fetched) -> ServedFile:
    return ServedFile(
        filename=link.filename,
        url=link.url,
        project=project,
        published=link.hashes,
        sha256=one.sha256,
        size=one.size,
        status=one.status,
        trouble=one.trouble,
        seconds=one.seconds,
        matches=None,
        detail=one.detail,
        problem=one.detail,
    )


def _fields(inside: Inside) -> dict[str, object]:
    return {
        field: getattr(inside, field) for field in inside.__struct_fields__ if field in ServedFile.__struct_fields__
    }


def _matches(published: dict[str, str], sha256: str, path: Path) -> bool | None:
    kind = strongest(published)
    if kind is None:
        return None
    return published[kind].lower() == (sha256 if kind == "sha256" else digest_of(path, kind))


def strongest(published: dict[str, str]) -> str | None:
    """The strongest kind of hash that was published."""
    return next((one for one in STRONGEST_FIRST if one in published), None)


def digest_of(path: Path | IO[bytes], kind: str) -> str:
    """Of a file's bytes, as hexadecimal digits."""
    digest = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") if isinstance(path, Path) else nullcontext(path) as file:
        file.seek(0)
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _place(folder: Path, number: int, link: Link) -> Path:
    """A path of its own for each link: two may have one file name."""
    return folder / f"{number:06d}-{link.filename[-120:]}"
