"""A medium against its manifest, and an index against the medium that was carried in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.custody.signing import LARGEST_SIGNED, Signature, judge
from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.needed import list_projects
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.sources.folder import FolderSource, sha256_of
from airproof.probes.files.archive import read_sdist, read_wheel
from airproof.probes.files.known import KnownFile, TakenFiles
from airproof.probes.index.simple import Page, fetch_pages
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import covers
from airproof.site.manifest import (
    NAME,
    SIGNATURE,
    SUMS,
    TOOL_GROUP,
    TOOLS,
    WHEELS,
    CarriedFile,
    Manifest,
    joined,
    read_manifest,
    strangers,
    sums,
)
from airproof.system.processes import run

INSTALL_TIME = 600.0
CLOSED_INDEX = "http://127.0.0.1:9/simple/"
"""The discard port of loopback: what pip would ask by itself is refused at once."""
TRY = "import sys; sys.path.insert(0, sys.argv[1]); from airproof.cli import main; sys.exit(main(['explain', 'MED03']))"
"""Run under the serving machine's interpreter: whether the airproof that was installed loads all that it needs."""


class Medium(msgspec.Struct, frozen=True):
    """A medium as it lies there."""

    folder: str
    manifest: Manifest
    absent: tuple[str, ...]
    """Paths that the manifest names and that are not there."""
    changed: tuple[str, ...]
    """Paths whose bytes do not have the manifest's sha256."""
    surplus: tuple[str, ...]
    """Paths that the manifest does not name."""
    hashed: int
    """Files that were read to their end."""
    further: tuple[Medium, ...] = ()
    """Those that were carried in after it, in that order."""
    sums: str = ""
    """The sha256 of its `SHA256SUMS`; empty where there is none."""

    @property
    def each(self) -> tuple[Medium, ...]:
        return (self, *self.further)

    @property
    def payload(self) -> tuple[CarriedFile, ...]:
        """Return the files of all media that the index is to hold; of two with one name the last that came."""
        return joined([medium.manifest for medium in self.each]).payload

    @property
    def astray(self) -> tuple[str, ...]:
        """Return the paths for which no signature of the sums can vouch: those that are not as the manifest says, and
        the manifest itself while it says that filling goes on, since the sums are of another one.
        """
        return (*self.absent, *self.changed, *self.surplus, *(() if self.manifest.whole else (NAME,)))

    @property
    def usable(self) -> list[str]:
        """Return the names of this medium's files that lie on it with their bytes."""
        spoilt = {*self.absent, *self.changed}
        return [file.filename for file in self.manifest.payload if not file.there and file.path not in spoilt]

    def folder_of(self, filename: str) -> str:
        """Return the folder of the last medium that brought this file."""
        path = f"{WHEELS}/{filename}"
        found = (
            medium.folder
            for medium in reversed(self.each)
            if any(file.path == path and not file.there for file in medium.manifest.files)
        )
        return next(found, self.folder)


class SignedMedium(msgspec.Struct, frozen=True):
    """The signature of a medium's `SHA256SUMS`."""

    folder: str
    signature: Signature


class Vouched(msgspec.Struct, frozen=True):
    """The signatures of all media that are named, and the file of allowed signers."""

    media: tuple[SignedMedium, ...]
    signers: str | None
    """The file of those who may sign; None: no such file was named."""

    def holds(self, medium: Medium) -> bool:
        """Say whether an allowed signer vouches for each medium, and each is to the byte what was signed."""
        good = all(held.signature.state == "good" for held in self.media)
        return good and not any(held.astray for held in medium.each)


class Tools(msgspec.Struct, frozen=True):
    """Programs of the serving machine: devpi and airproof, installed there from the medium alone."""

    readings: Readings
    """The closure over the medium's tools, for that machine."""
    command: str = ""
    """The medium's script as it was run; empty where this machine is not like the one that will serve."""
    exit_code: int | None = None
    output: str = ""


def known_on_media(media: Medium) -> TakenFiles:
    """Read what each file in the package folder of each medium states of itself; also of files that no manifest lists.

    A file that cannot be read states nothing.
    """
    files: list[KnownFile] = []
    askers: dict[str, tuple[str, ...]] = {}
    for medium in media.each:
        carried = {file.path: file for file in medium.manifest.payload}
        for path in sorted((Path(medium.folder) / WHEELS).rglob("*")):
            if path.suffix != ".whl" and not path.name.endswith((".tar.gz", ".zip")):
                continue
            inside = read_wheel(path, whole=False) if path.suffix == ".whl" else read_sdist(path)
            name = path.relative_to(medium.folder).as_posix()
            file, url = carried.get(name), path.absolute().as_uri()
            project = file.project if file else canonicalize_name(inside.name)
            version = file.version if file else inside.version
            files.append(KnownFile(project, version, path.name, url, inside.licence, inside.sboms))
            asked = file.targets.values() if file else ()
            askers[url] = tuple(dict.fromkeys(requirement for each in asked for requirement in each))
    return TakenFiles(tuple(files), askers)


class Arrived(msgspec.Struct, frozen=True):
    """Files of a medium that an index holds."""

    expected: int
    absent: tuple[str, ...]
    """File names that the index does not list."""
    changed: tuple[str, ...]
    """File names that it lists under another hash."""
    unhashed: tuple[str, ...]
    """File names that it lists without a sha256."""
    extra: tuple[str, ...]
    """File names that it lists and the manifest does not name."""
    unread: tuple[str, ...]
    """Projects whose page could not be read."""
    listed: int
    """Projects that the index lists; 0 of a mirror, which was not asked."""


def probe_medium(folder: Path) -> Medium:
    """Reads and hashes every file of a medium. Raises CannotLook where it has no manifest, BadInput for a bad one."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise CannotLook("medium-absent", path=folder)
    absent, changed, hashed = [], [], 0
    for file in manifest.files:
        path = folder / file.path
        if file.there and not (path.exists() or path.is_symlink()):  # one that lies there all the same is read
            continue
        if not path.is_file():
            absent.append(file.path)
            continue
        hashed += 1
        if path.stat().st_size != file.size or sha256_of(path) != file.sha256:
            changed.append(file.path)
    for name, wanted in manifest.lists.items():
        found = sha256_of(folder / name) if (folder / name).is_file() else None
        absent += [name] if found is None else []
        changed += [name] if found not in (None, wanted) else []
    if manifest.whole and not (folder / SUMS).is_file():
        absent.append(SUMS)
    elif manifest.whole:
        changed += _changed_sums(folder, manifest)
    told = sha256_of(folder / SUMS) if (folder / SUMS).is_file() else ""
    surplus = strangers(folder, manifest)
    return Medium(str(folder), manifest, tuple(absent), tuple(changed), surplus, hashed, sums=told)


def probe_vouched(folders: Iterable[str], signers: str | None) -> Vouched:
    """Judges the signature of each medium. Raises CannotLook where signers are named and this machine has no
    `ssh-keygen` that can tell.
    """
    return Vouched(tuple(SignedMedium(folder, _signature(Path(folder), signers)) for folder in folders), signers)


def _signature(folder: Path, signers: str | None) -> Signature:
    """Judge the signature of one medium; where its sums are absent, MED01 tells of it, and the signature is of none."""
    listed = folder / SUMS
    if listed.is_file() and listed.stat().st_size <= LARGEST_SIGNED:
        return judge(listed.read_bytes(), folder / SIGNATURE, signers)
    signed = (folder / SIGNATURE).exists()
    return Signature("wrong", reason=f"{SUMS} is absent or too large") if signed else Signature("unsigned")


def _changed_sums(folder: Path, manifest: Manifest) -> list[str]:
    """The list of sums and the manifest vouch for each other: where they disagree of the manifest itself, nobody can
    say which of the two was changed, and both are named.
    """
    found, own = (folder / SUMS).read_bytes().decode("utf-8", "replace"), sha256_of(folder / NAME)
    if found == sums(manifest, own):
        return []
    told = next((line.partition(" ")[0] for line in found.splitlines() if line.endswith(f"  {NAME}")), own)
    return [SUMS] if told == own else [NAME, SUMS]


def probe_tools(medium: Medium, host: Host | None, work: Path) -> Tools | None:
    """The closure of the tools over the medium's own and, on a machine like the one that will serve, its own script,
    and the airproof that it installed.

    `host`: the interpreter that would run it. None where the medium carries no tools. What carry could not have for
    that machine was told there, and is not asked for again.
    """
    server = medium.manifest.server
    if server is None:
        return None
    folder = Path(medium.folder)
    told = {gap.requirement for gap in medium.manifest.lacking if gap.target == server.label}
    asked = tuple(requirement for requirement in TOOL_GROUP.requirements if requirement not in told)
    reading = read_closure(FolderSource(folder / TOOLS), TargetMatcher.by(server), asked)
    group = GroupReading(TOOL_GROUP.name, asked, False, reading)
    tools = Tools(Readings(server.label, "", (group,)))
    if host is None or not covers(host, server):
        return tools
    shell = ["cmd", "/c", "install.cmd"] if os.name == "nt" else ["sh", "install.sh"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment = kept | {"PYTHON": host.executable, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": CLOSED_INDEX}
    ran = run([*shell, "--target", work / "tools"], timeout=INSTALL_TIME, env=environment, cwd=folder)
    command = " ".join([*shell, "--target", "DIR"])
    if ran.ok and any(tool.project == "airproof" for tool in medium.manifest.tools):
        command = f"{command}; airproof explain MED03"
        ran = run([host.executable, "-I", "-B", "-c", TRY, work / "tools"], timeout=INSTALL_TIME, env=kept, cwd=work)
    return msgspec.structs.replace(
        tools, command=command, exit_code=ran.exit_code, output=(ran.stderr or ran.stdout)[-2000:]
    )


def probe_arrived(payload: Sequence[CarriedFile], http: Http, index_url: str, *, is_mirror: bool) -> Arrived:
    """Compares what the index lists with the payload of the media: all of it; of a mirror only their projects."""
    wanted = {file.filename: file.sha256 for file in payload}
    listed = list_projects(http, index_url) if not is_mirror else ()
    projects = sorted({file.project for file in payload} | set(listed))
    pages = fetch_pages(http, index_url, projects)
    found = {link.filename: link.hashes.get("sha256", "") for page in pages for link in page.links}
    return Arrived(
        expected=len(wanted),
        absent=tuple(sorted(set(wanted) - set(found))),
        changed=tuple(sorted(name for name, digest in wanted.items() if found.get(name) not in (None, "", digest))),
        unhashed=tuple(sorted(name for name in wanted if found.get(name) == "")),
        extra=tuple(sorted(set(found) - set(wanted))),
        unread=tuple(_unread(pages)),
        listed=len(listed),
    )


def _unread(pages: Iterable[Page]) -> Iterable[str]:
    return (page.project for page in pages if page.status != 404 and not (page.status == 200 and page.readable))
