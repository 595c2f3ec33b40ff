"""What lies on a medium and for whom: `airproof-medium.json` and `SHA256SUMS`, read and written."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import msgspec

from airproof.encodable import decode_json
from airproof.errors import BadInput
from airproof.site.site import Group, TargetData

NAME, SUMS = "airproof-medium.json", "SHA256SUMS"
SCHEMA: Final = "airproof.medium/1"
WHEELS, TOOLS = "wheels", "tools"
"""Folders of the medium: what the index will serve; what installs devpi and airproof there."""
TOOL_GROUP = Group("tools", ("devpi-server", "devpi-client", "airproof"))
"""What the serving machine must be able to install: what serves, what uploads, what judges."""


class Carried(msgspec.Struct, frozen=True):
    """One file of the medium."""

    path: str
    """From the medium's folder, with slashes: `wheels/NAME` or `tools/NAME`."""
    project: str
    version: str
    size: int
    sha256: str
    targets: dict[str, tuple[str, ...]]
    """For which target, by its label, and there for which requirements."""
    there: bool = False
    """It was left out, since the closed side has it already (`--have`)."""
    groups: dict[str, tuple[str, ...]] = {}
    """For which target, by its label, and there for which groups by their names."""
    builds: dict[str, tuple[str, ...]] = {}
    """For which target, by its label, and there for which sdists, which are built with it. One that is also installed
    has `groups` there too.
    """
    only: dict[str, dict[str, str]] = {}
    """For which target, by its label, and there for which groups not on each of its interpreters: a PEP 508 marker of
    those for which it is, or `pip VERSION` where only an older pip takes it.
    """

    @property
    def filename(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_tool(self) -> bool:
        return self.path.startswith(f"{TOOLS}/")


class Lacking(msgspec.Struct, frozen=True):
    """A requirement that nothing meets on one target."""

    target: str
    requirement: str
    cause: str
    says: str


class Manifest(msgspec.Struct, frozen=True):
    """The whole medium."""

    schema: Literal["airproof.medium/1"]
    tool: str
    """Which airproof filled it."""
    made: str
    """UTC."""
    whole: bool
    """False: filling it was begun and has not come to its end."""
    targets: tuple[TargetData, ...]
    server: TargetData | None
    """The machine that will serve, for which the tools are; None: no tools were carried."""
    groups: tuple[Group, ...]
    files: tuple[Carried, ...]
    lacking: tuple[Lacking, ...] = ()
    lists: dict[str, str] = {}
    """What lies beside the packages, path to sha256: lock files, scripts."""

    @property
    def payload(self) -> tuple[Carried, ...]:
        """What the index is to hold."""
        return tuple(one for one in self.files if not one.is_tool)

    @property
    def tools(self) -> tuple[Carried, ...]:
        return tuple(one for one in self.files if one.is_tool)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a medium; None where the folder has none. Raises BadInput for one that cannot be used."""
    path = folder / NAME
    try:
        manifest = decode_json(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput("medium-unreadable", path=path, reason=error) from error
    for named in (*(file.path for file in manifest.files), *manifest.lists):
        if not _stays_inside(named):
            raise BadInput("medium-path-outside", path=path, named=named)
    return manifest


def _stays_inside(named: str) -> bool:
    """A path of the manifest leads to a file below the medium's folder, on any system."""
    parts = re.split(r"[\\/]", named)
    return not ({"", ".", ".."} & set(parts)) and ":" not in parts[0]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Of a filling that came to its end, with SHA256SUMS, in which the manifest stands too. Raises OSError."""
    raw = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"
    write_whole(folder / NAME, raw)
    if manifest.whole:
        write_whole(folder / SUMS, sums(manifest, hashlib.sha256(raw).hexdigest()).encode())


def sums(manifest: Manifest, own: str) -> str:
    """As `sha256sum -c SHA256SUMS` takes it. `own`: the sha256 of the manifest itself."""
    here = {one.path: one.sha256 for one in manifest.files if not one.there}
    return "".join(f"{digest}  {path}\n" for path, digest in sorted({**here, **manifest.lists, NAME: own}.items()))


def write_whole(path: Path, raw: bytes) -> None:
    """Writes a file so that it is there whole or not at all. Raises OSError."""
    aside = path.with_name(f"{path.name}.part")
    with aside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def strangers(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Files in the medium's package folders that the manifest does not know, sorted."""
    known = {one.path for one in manifest.files}
    return tuple(sorted(set(_lying(folder)) - known))


def _lying(folder: Path) -> Iterable[str]:
    for name in (WHEELS, TOOLS):
        for path in (folder / name).rglob("*"):
            if path.is_file() and path.suffix != ".part":
                yield path.relative_to(folder).as_posix()
