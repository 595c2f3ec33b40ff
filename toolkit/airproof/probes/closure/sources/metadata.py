"""A file of an index, or the METADATA served beside it, goes in; the metadata that a certain pip reads there come out.

The file is fetched whole and inspected once for a whole run; what a certain pip makes of it follows from that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import IO, NamedTuple

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.net.http import Answer, Fetched, is_success
from airproof.net.patience import shown_as
from airproof.probes.closure.candidates import project_of, version_for, version_of
from airproof.probes.closure.oldrequires import readable
from airproof.probes.closure.resolution import Metadata, Pin
from airproof.probes.closure.sources.hashes import hash_for, kinds_of
from airproof.probes.files.archive import DAMAGES, BrokenArchive, Inside, read_sdist, wheel_metadata_of
from airproof.probes.files.files import digest_of
from airproof.probes.files.installable import AsPip, read_as_pip
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.pipbehaviour import PipBehaviour

RENAMED_FILE = "name-inside-differs"
BESIDE = "metadata-beside"
"""The cause if METADATA is announced beside a wheel and is not as announced."""


class Looked(msgspec.Struct, frozen=True):
    """A file that was fetched and inspected once, for all pips."""

    about: AsPip
    sha256: str = ""
    """Empty if the file did not arrive whole."""
    problem: str = ""
    """Why the file did not arrive."""
    retried: frozenset[int] = frozenset()
    """As `Fetched.retried`."""
    digests: dict[str, str] = {}
    """Hashes of the received bytes, of the kinds that the page names."""
    whole: bool = True
    """Each member was unpacked, as an installation unpacks it."""


class MetadataBeside(NamedTuple):
    """The METADATA beside a wheel."""

    metadata: Metadata
    retried: frozenset[int]
    """As `Answer.retried`."""

    def as_read_by(self, link: Link, ways: PipBehaviour) -> Metadata:
        """Return the metadata as a pip with those `ways` reads it: a failure if it does not repeat a failed request."""
        stopped = ways.stops_at(self.retried)
        return _not_beside(link, stopped) if stopped else self.metadata


def look_at(link: Link, fetched: Fetched, file: IO[bytes], *, whole: bool) -> Looked:
    """Inspect a fetched file. This runs in the thread that fetched it, because hashing and unpacking take time."""
    if fetched.trouble is not None or not is_success(fetched.status):
        problem = fetched.detail or shown_as(fetched.status, fetched.trouble)
        return Looked(AsPip(Inside(False, problem)), problem=problem)
    digests = {kind: fetched.sha256 if kind == "sha256" else digest_of(file, kind) for kind in kinds_of(link)}
    file.seek(0)
    is_wheel = link.filename.endswith(".whl")
    about = read_as_pip(file, project_of(link.filename), whole=whole) if is_wheel else AsPip(read_sdist(file))
    return Looked(about, fetched.sha256, retried=fetched.retried, digests=digests, whole=whole or not is_wheel)


def metadata_of(link: Link, looked: Looked, ways: PipBehaviour) -> Metadata:
    """Return the metadata that a pip with those `ways` reads in the file itself."""
    inside, is_wheel = looked.about.inside, link.filename.endswith(".whl")
    problem = looked.problem or ways.stops_at(looked.retried)
    if problem:
        return Metadata(readable=False, problem=problem)
    kind, wanted = hash_for(link, ways)
    if kind and looked.digests.get(kind) != wanted:
        problem = f"its {kind} is {looked.digests.get(kind, 'unknown')}, and the page says {wanted or 'nothing'}"
        return Metadata(readable=False, problem=problem, cause="hash-mismatch")
    if not is_wheel:
        return stated_metadata(inside)
    if not inside.readable:
        cause = "wheel-refused" if looked.about.refusal else "damaged-wheel"
        return Metadata(readable=False, problem=inside.problem, cause=cause)
    refusal = looked.about.refusal
    if not refusal and ways.compared_name == "inside" and version_of(looked.about.folder_version) is None:
        # pip reads this version after the installation, and fails with a traceback (24.2 to 26.3, Python 3.11 on).
        refusal = f"its .dist-info folder has the version {looked.about.folder_version or '-'}, which is none"
    return Metadata(
        requires=inside.requires,
        refusal=refusal,
        name={"file": "", "folder": looked.about.folder_name, "inside": inside.name}[ways.compared_name],
        version=inside.version,
        requires_python=inside.requires_python,
        extras=inside.extras,
    )


def metadata_beside(link: Link, answer: Answer) -> Metadata:
    """Read METADATA beside a wheel (PEP 658): pip reads nothing else, and fails if no announced hash is theirs.

    Measured, 23.2.1 to 26.3.
    """
    name = f"{link.filename}.metadata"
    if not answer.ok:
        return _not_beside(link, shown_as(answer.status, answer.trouble))
    hashes = link.metadata_hashes or {}
    digests = {kind: hashlib.new(kind, answer.body, usedforsecurity=False).hexdigest() for kind in hashes}
    if hashes and all(digests[kind] != wanted for kind, wanted in hashes.items()):  # One that matches is enough.
        kind, wanted = next(iter(hashes.items()))
        problem = f"the {kind} of {name} is {digests[kind]}, and the page says {wanted or 'nothing'}"
        return Metadata(readable=False, problem=problem, cause=BESIDE)
    try:
        inside = wheel_metadata_of(answer.body)
    except (BrokenArchive, *DAMAGES) as error:
        return Metadata(readable=False, problem=f"{name} is no metadata: {error}", cause=BESIDE)
    return Metadata(
        inside.requires,
        name=inside.name,
        version=inside.version,
        requires_python=inside.requires_python,
        extras=inside.extras,
    )


def _not_beside(link: Link, told: str) -> Metadata:
    problem = f"{link.filename}.metadata is announced, and answers with {told}"
    return Metadata(readable=False, problem=problem, cause=BESIDE)


def is_renamed(inside: Inside | Metadata, pin: Pin, ways: PipBehaviour) -> bool:
    """Say whether a file's metadata name another project, or another version, than its pin."""
    if canonicalize_name(inside.name) != pin.project:
        return True
    return version_for(inside.version, ways) != Version(pin.version)


def difference(beside: Metadata, inside: Metadata) -> str:
    """Name the first field in which the two differ, among the fields that pip compares; empty if they agree."""
    pairs: tuple[tuple[str, object, object], ...] = (
        ("Requires-Dist", _compared(beside.requires), _compared(inside.requires)),
        ("Requires-Python", _python_of(beside), _python_of(inside)),
        ("Provides-Extra", _extras_of(beside), _extras_of(inside)),
        ("Version", Version(beside.version), Version(inside.version)),
    )
    return next((name for name, announced, other in pairs if announced != other), "")


def _compared(requires: Iterable[str]) -> frozenset[Requirement | str]:
    """Return the requirements as pip compares them, for whom `B >= 1` is `b>=1` (measured, 26.3)."""
    return frozenset(readable(text) or text for text in requires)


def _python_of(metadata: Metadata) -> SpecifierSet:
    try:
        return SpecifierSet(metadata.requires_python or "")
    except InvalidSpecifier:  # no restriction, as in pip
        return SpecifierSet()


def _extras_of(metadata: Metadata) -> frozenset[str]:
    return frozenset(map(canonicalize_name, metadata.extras or ()))


def stated_metadata(inside: Inside) -> Metadata:
    """Return the metadata that a file states, with its build requirements; nothing is compared with the page."""
    extras = inside.extras if inside.readable else None
    return Metadata(
        inside.requires,
        inside.build_requires,
        inside.readable,
        inside.problem,
        requires_python=inside.requires_python,
        extras=extras,
    )
