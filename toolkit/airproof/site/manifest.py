"""Read and write the list of a medium's files and their purposes: `airproof-medium.json` and `SHA256SUMS`."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from airproof.encodable import decode_json
from airproof.errors import BadInput
from airproof.site.group import Group
from airproof.site.hosts import Target

NAME, SUMS = "airproof-medium.json", "SHA256SUMS"
SIGNATURE = f"{SUMS}.sig"
"""The signature of `SHA256SUMS`: the only file of a medium that no sum covers."""
SCHEMA: Final = "airproof.medium/1"
WHEELS, TOOLS = "wheels", "tools"
"""Folders of the medium: packages for the index to serve, and tools that install devpi and airproof there."""
OF_SYSTEMS = (
    *("System Volume Information", "$RECYCLE.BIN", "lost+found"),
    *(".Trashes", ".fseventsd", ".Spotlight-V100", "airproof-report"),
)
"""Folders that Windows, Linux, macOS and airproof itself make in the root of a drive."""
OF_ACCOUNTS = ".Trash-"
"""The beginning of such a folder's name on Linux; the number of an account follows."""
DOCS = "docs"
"""Folder of the medium: airproof's documentation, to be read there."""
TOOL_GROUP = Group("tools", ("devpi-server", "devpi-client", "airproof"))
"""Distributions that the serving machine must be able to install: the server, the uploader, and airproof itself."""
WITH_SBOM = Group("tools", ("devpi-server", "devpi-client", "airproof[sbom]"))
"""The same with the library that writes SBOMs."""


class BuiltHere(msgspec.Struct, frozen=True):
    """Origin of a wheel that no index has: it was built on the connected machine."""

    sdist: str
    """File name of the source distribution."""
    sha256: str
    """SHA-256 of the source distribution."""
    python: str
    """Label and version of the interpreter that built it, such as `cp311-linux 3.11.7`."""
    pip: str
    requires: tuple[str, ...] = ()
    """The files that its build was offered, and nothing else: the index of that build."""


class CarriedFile(msgspec.Struct, frozen=True):
    """One file of the medium."""

    path: str
    """Path relative to the medium's folder, with slashes: `wheels/NAME` or `tools/NAME`."""
    project: str
    version: str
    size: int
    sha256: str
    targets: dict[str, tuple[str, ...]]
    """Label of each target to the requirements for which it needs the file."""
    there: bool = False
    """The file was left out, since the closed side already has it (`--have`)."""
    groups: dict[str, tuple[str, ...]] = {}
    """Label of each target to the names of the groups for which it needs the file."""
    builds: dict[str, tuple[str, ...]] = {}
    """Label of each target to the sdists that are built with the file. A file that is also installed has `groups` there
    too.
    """
    only: dict[str, dict[str, str]] = {}
    """Label of each target to the groups that need the file only on some of its interpreters, each with a PEP 508
    marker of those, or `pip VERSION` if only an older pip takes it.
    """
    built: BuiltHere | None = None
    """It was built on the connected machine; None: it came as it is."""

    @property
    def filename(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_tool(self) -> bool:
        return self.path.startswith(f"{TOOLS}/")


class UnmetRequirement(msgspec.Struct, frozen=True):
    """A requirement that nothing meets on one target."""

    target: str
    requirement: str
    cause: str
    says: str


class ServerNeeds(msgspec.Struct, frozen=True):
    """Needs of the upload on the machine that serves; sizes in bytes."""

    files: int = 0
    """Files that are uploaded."""
    size: int = 0
    """Their bytes."""
    room: int = 0
    """Bytes of the serverdir, with the database."""
    temporary: int = 0
    """Bytes of the folder for temporary files, while the largest file is uploaded."""
    too_large: tuple[str, ...] = ()
    """Paths of files that devpi refuses unless its limit is raised."""
    body_size: int = 0
    """Value of `--max-request-body-size` that they need; 0: devpi's own limit will do."""


class Manifest(msgspec.Struct, frozen=True):
    """The whole medium."""

    schema: Literal["airproof.medium/1"]
    tool: str
    """Version of airproof that filled the medium."""
    made: str
    """Time of filling, UTC."""
    whole: bool
    """False: filling was started and did not complete."""
    targets: tuple[Target, ...]
    server: Target | None
    """The machine that will serve, for which the tools are; None: no tools were carried."""
    groups: tuple[Group, ...]
    files: tuple[CarriedFile, ...]
    lacking: tuple[UnmetRequirement, ...] = ()
    lists: dict[str, str] = {}
    """Files beside the packages, path to sha256: lock files, scripts, documentation."""
    needs: ServerNeeds = ServerNeeds()

    @property
    def payload(self) -> tuple[CarriedFile, ...]:
        """Return the files that the index is to hold."""
        return tuple(file for file in self.files if not file.is_tool)

    @property
    def tools(self) -> tuple[CarriedFile, ...]:
        return tuple(file for file in self.files if file.is_tool)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a medium; None if the folder has none. Raises BadInput for an invalid one."""
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


def joined(manifests: Sequence[Manifest]) -> Manifest:
    """Return the manifest of all media that were carried in one after the other, as of one medium.

    A file that came twice is the one that came last. Each target wants what any of them was filled with for it; where
    two lists have the same name and ask for different packages, the later one is renamed.
    """
    first, *others = manifests
    if not others:
        return first
    groups: dict[str, Group] = {}
    targets: dict[str, Target] = {}
    for number, manifest in enumerate(manifests, 1):
        names = {}
        for group in manifest.groups:
            known = groups.get(group.name, group)
            names[group.name] = group.name if known == group else f"{group.name} ({number})"
            groups[names[group.name]] = msgspec.structs.replace(group, name=names[group.name])
        for target in manifest.targets:
            before = targets[target.label].groups if target.label in targets else ()
            wants = (name for group, name in names.items() if target.wants(group))
            both = tuple(dict.fromkeys((*before, *wants)))
            targets[target.label] = msgspec.structs.replace(targets.get(target.label, target), groups=both)
    return msgspec.structs.replace(
        first,
        targets=tuple(targets.values()),
        groups=tuple(groups.values()),
        files=tuple({file.path: file for manifest in manifests for file in manifest.files}.values()),
    )


def _stays_inside(named: str) -> bool:
    """Say whether a path of the manifest leads to a file below the medium's folder, on any system."""
    parts = re.split(r"[\\/]", named)
    return not ({"", ".", ".."} & set(parts)) and ":" not in parts[0]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a completed filling, with SHA256SUMS, which covers the manifest too. Raises OSError."""
    raw = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"
    write_whole(folder / NAME, raw)
    if manifest.whole:
        write_whole(folder / SUMS, sums(manifest, hashlib.sha256(raw).hexdigest()).encode())


def sums(manifest: Manifest, own: str) -> str:
    """Return the content of SHA256SUMS for `sha256sum -c`. `own`: the sha256 of the manifest itself."""
    here = {file.path: file.sha256 for file in manifest.files if not file.there}
    return "".join(f"{digest}  {path}\n" for path, digest in sorted({**here, **manifest.lists, NAME: own}.items()))


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file atomically. Raises OSError."""
    aside = path.with_name(f"{path.name}.part")
    with aside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def strangers(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Return what lies on the medium and is not in its manifest, sorted; an unknown folder as one entry, `NAME/`.

    The folders that a system itself makes on a drive, and a report folder, do not count: nothing reads them, and no
    Python can import a module of such a name. While a medium is not whole, its lists are not written, only the
    package folders count, and a file in them may be on its way (`.part`).
    """
    known = {*(file.path for file in manifest.files), *manifest.lists, NAME, SUMS, SIGNATURE}
    own = {path.partition("/")[0] for path in known if "/" in path} | {WHEELS, TOOLS}
    found = {path for name in own for path in _lying(folder, name)} - known
    if not manifest.whole:
        found = {path for path in found if not path.endswith(".part")}
    return tuple(sorted(found | (_beside(folder, own) - known if manifest.whole else set())))


def _lying(folder: Path, name: str) -> Iterable[str]:
    for path in (folder / name).rglob("*"):
        if path.is_file() or path.is_symlink():
            yield path.relative_to(folder).as_posix()


def _beside(folder: Path, own: Collection[str]) -> set[str]:
    """Return files and folders in the root of the medium."""
    found = set()
    for path in folder.iterdir():
        is_folder = path.is_dir() and not path.is_symlink()
        if not is_folder:
            found.add(path.name)
        elif path.name not in (*own, *OF_SYSTEMS) and not path.name.startswith(OF_ACCOUNTS):
            found.add(f"{path.name}/")
    return found
