"""What a resolution is asked of and what it comes to, as facts: pins, gaps, conflicts."""

from __future__ import annotations

from typing import Protocol

import msgspec

from airproof.net.trouble import Trouble
from airproof.probes.closure.candidates import FileFact
from airproof.probes.index.simple import Link, Page


class Metadata(msgspec.Struct, frozen=True):
    """What a file says it needs. `readable` False: it could not be fetched or read."""

    requires: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    """Of an sdist: what must be on the index before it can be built."""
    readable: bool = True
    problem: str = ""
    """Why pip ends where it comes to this file: not served, not the published bytes, not readable, not installable."""
    cause: str = "needed-not-served"
    """The cause that this problem is."""
    refusal: str = ""
    """Why pip does not install it in the end, though it reads what it needs."""
    name: str = ""
    """Name and version that pip takes the file for, which the file name must agree with; empty: it does not ask."""
    version: str = ""
    requires_python: str | None = None
    """As the file itself says, not the page."""
    extras: tuple[str, ...] | None = None
    """Those that it declares; None: nobody looked."""


class Source(Protocol):
    """Where pages and metadata come from: an index, a folder, or a table in a test."""

    def page(self, project: str) -> Page: ...
    def metadata(self, project: str, link: Link) -> Metadata: ...


class Pin(msgspec.Struct, frozen=True):
    """A file that the resolution takes."""

    project: str
    version: str
    link: Link


class Want(msgspec.Struct, frozen=True):
    """A requirement, or a constraint, and who says it."""

    requirement: str
    by: str
    """`name version` of who wants it, or empty: it was asked for itself."""
    where: str = ""
    """File and line that say it, where it was asked for itself, or holds as a constraint."""


class Gap(msgspec.Struct, frozen=True):
    """A requirement that no file of the index meets."""

    requirement: str
    project: str
    path: tuple[str, ...]
    """From what was asked for down to whom needs it; the last one names the requirement. Empty: it was asked for
    itself.
    """
    status: int | None
    """Of the project page."""
    trouble: str
    files: tuple[FileFact, ...]
    for_build: str = ""
    """The sdist that needs it to be built, or empty."""
    content_type: str = ""
    """Of a page that is none for pip."""
    undecoded: str = ""
    """As `Page.undecoded`, for a pip that ends there."""
    html_wanted: bool = False
    """As `Page.html_wanted`."""
    kept_serial: int | None = None
    """As `Page.kept_serial`."""
    held: tuple[Want, ...] = ()
    """Constraints and other requirements that hold the project; `requirement` is together with them."""
    asked: Want = Want("", "")
    """The requirement without its constraints."""
    served_as: str = ""
    """The spelling of the project under which its page is there, while under its normalised name there is none."""

    @property
    def page_too_large(self) -> bool:
        """As `Page.too_large`."""
        return self.trouble == Trouble.ENDLESS.value


class Conflict(msgspec.Struct, frozen=True):
    """Requirements on one project that each could be met, but not together."""

    project: str
    wants: tuple[Want, ...]
    files: tuple[FileFact, ...] = ()
    """All files of the project: what of the wants each does not meet, or why it fits nobody."""


class Direct(msgspec.Struct, frozen=True):
    """A dependency that names where it lies: pip goes there, whatever index it was given (PEP 508)."""

    project: str
    by: str
    """`name version` of who names it."""
    url: str
    """Without credentials."""


class Unprovided(msgspec.Struct, frozen=True):
    """An extra that nobody provides."""

    requirement: str
    project: str
    extra: str
    filename: str
    near: str
    """The extra that was probably meant, or empty."""
    provided: tuple[str, ...]


class Broken(msgspec.Struct, frozen=True):
    """A file at which pip ends."""

    project: str
    link: Link
    problem: str
    cause: str
    inside: tuple[str, str] = ("", "")
    """Name and version that a renamed file has inside."""


class Reading(msgspec.Struct, frozen=True):
    """What the index holds for one group of requirements."""

    pins: tuple[Pin, ...]
    gaps: tuple[Gap, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Files whose metadata could not be read, each with its problem."""
    prepared: tuple[Pin, ...] = ()
    """Source distributions that pip builds only to read what they need, and then gives up: they admit another Python,
    or what they need is not there or does not go together with the rest. pip ends at one that does not build.
    """
    broken: tuple[Broken, ...] = ()
    """The same with their causes, those too that pip comes to and that are not taken in the end: it ends there."""
    too_deep: bool = False
    had: dict[str, str] = {}
    """Distributions, with their versions, that are installed on the target and were left as they are."""
    direct: tuple[Direct, ...] = ()
    """Dependencies that no index is asked for."""
    unprovided: tuple[Unprovided, ...] = ()
    """Extras that were asked for and that nobody provides."""

    @property
    def resolves(self) -> bool:
        return not (self.gaps or self.conflicts or self.too_deep)
