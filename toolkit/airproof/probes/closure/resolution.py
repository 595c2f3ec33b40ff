"""Data of a resolution: its source (pages and metadata) and its result (pins, gaps, conflicts)."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import msgspec

from airproof.net.trouble import NetworkFailure
from airproof.probes.closure.candidates import FileFact
from airproof.probes.index.simple import Link, Page


class Metadata(msgspec.Struct, frozen=True):
    """Metadata of a file. `readable` is False if it could not be fetched or read."""

    requires: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    """For an sdist: the requirements that must be on the index before it can be built."""
    readable: bool = True
    problem: str = ""
    """Why pip fails at this file: not served, not the published bytes, not readable, or not installable."""
    cause: str = "needed-not-served"
    """The cause to report for this problem."""
    refusal: str = ""
    """Why pip refuses to install the file in the end, although it can read its requirements."""
    name: str = ""
    """Name and version that pip requires to agree with the file name; empty if pip does not compare them."""
    version: str = ""
    requires_python: str | None = None
    """Requires-Python from the file itself, not from the page."""
    extras: tuple[str, ...] | None = None
    """The extras that the file declares; None: not read."""


class Source(Protocol):
    """A source of pages and metadata: an index, a folder, or a table in a test."""

    def page(self, project: str) -> Page: ...
    def metadata(self, project: str, link: Link) -> Metadata: ...


class Pin(msgspec.Struct, frozen=True):
    """A file that the resolution takes."""

    project: str
    version: str
    link: Link


class Want(msgspec.Struct, frozen=True):
    """A requirement or a constraint, and who states it."""

    requirement: str
    by: str
    """`name version` of the distribution that states it; empty if it was requested directly."""
    where: str = ""
    """File and line that state it, if it was requested directly or is a constraint."""


class KeptPage(NamedTuple):
    """A page from the store of a mirror."""

    mirror: str
    """`user/index`; empty: the page is none of these."""
    serial: int | None
    """As `Page.kept_serial`."""
    seconds: int
    """Seconds for which the mirror does not ask its upstream again."""


NOT_KEPT = KeptPage("", None, 0)


class Gap(msgspec.Struct, frozen=True):
    """A requirement that no file of the index meets."""

    requirement: str
    project: str
    path: tuple[str, ...]
    """The path from the requested project down to the requester; the last entry names the requirement. Empty: it was
    requested directly.
    """
    status: int | None
    """Status of the project page."""
    trouble: str
    files: tuple[FileFact, ...]
    for_build: str = ""
    """The sdist whose build needs the project, or empty."""
    content_type: str = ""
    """Content type of a page that pip cannot read."""
    undecoded: str = ""
    """As `Page.undecoded`, if the target's pip fails there."""
    html_wanted: bool = False
    """As `Page.html_wanted`."""
    kept_serial: int | None = None
    """As `Page.kept_serial`, of the mirror's own page if the files of the page are a mirror's."""
    kept_by: str = ""
    """The mirror that served a page from its store, or empty."""
    kept_seconds: int = 0
    """Seconds for which that mirror does not ask its upstream again for a page."""
    held: tuple[Want, ...] = ()
    """Constraints and other requirements on the project; `requirement` includes them."""
    asked: Want = Want("", "")
    """The requirement without the constraints."""
    served_as: str = ""
    """The spelling of the project under which its page exists, while there is none under the normalised name."""

    @property
    def page_too_large(self) -> bool:
        """As `Page.too_large`."""
        return self.trouble == NetworkFailure.ENDLESS.value


class Conflict(msgspec.Struct, frozen=True):
    """Requirements on one project that can each be met, but not together."""

    project: str
    wants: tuple[Want, ...]
    files: tuple[FileFact, ...] = ()
    """All files of the project, each with the requirements that it does not meet, or the reason why it fits no
    requirement.
    """


class Direct(msgspec.Struct, frozen=True):
    """A dependency with a URL of its own: pip fetches from there, whatever index it was given (PEP 508)."""

    project: str
    by: str
    """`name version` of the distribution that names the URL."""
    url: str
    """Without credentials."""


class Unprovided(msgspec.Struct, frozen=True):
    """A requested extra that the file does not provide."""

    requirement: str
    project: str
    extra: str
    filename: str
    near: str
    """The extra that was probably meant, or empty."""
    provided: tuple[str, ...]


class Broken(msgspec.Struct, frozen=True):
    """A file at which pip fails."""

    project: str
    link: Link
    problem: str
    cause: str
    inside: tuple[str, str] = ("", "")
    """Name and version that a renamed file has inside."""


class Reading(msgspec.Struct, frozen=True):
    """The files that the index holds for one group of requirements, and the ones that it lacks."""

    pins: tuple[Pin, ...]
    gaps: tuple[Gap, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unreadable: tuple[Broken, ...] = ()
    """Those of the chosen files whose metadata could not be read: `broken` has them too, beside files that pip only
    reaches, and files that it refuses for another reason.
    """
    prepared: tuple[Pin, ...] = ()
    """Source distributions that pip builds only to read what they need, and then gives up: they admit another Python,
    or what they need is absent or contradicts the rest. pip fails at one that does not build.
    """
    unprepared: tuple[Gap, ...] = ()
    """Requirements that the builds of `prepared` lack. They count only if pip is known to fail."""
    broken: tuple[Broken, ...] = ()
    """Files at which pip fails, with their causes, including files that pip reaches but does not take in the end."""
    too_deep: bool = False
    had: dict[str, str] = {}
    """Distributions that are installed on the target and were kept, with their versions."""
    direct: tuple[Direct, ...] = ()
    """Dependencies that name a URL, so that no index is asked for them."""
    unprovided: tuple[Unprovided, ...] = ()
    """Requested extras that the chosen files do not provide."""

    @property
    def resolves(self) -> bool:
        return not (self.gaps or self.conflicts or self.too_deep)
