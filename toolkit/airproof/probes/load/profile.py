"""A profile of load: all that the pips of one host ask when they activate everything that is wanted, in their order.

Measured with pip 20.3.4 to 26.3 against devpi-server 6.20: pip asks for the page of a project, and for the file that it
chose from it, before it goes to the next one; where METADATA is announced, it asks for that in the file's place, and
for all files at the end. Nothing is asked twice by one pip, nor asked at all for what is installed already. These are
the page and metadata reads of airproof's own resolution, so it is run once more, and what it reads is written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import quote, unquote, urljoin, urlsplit

import msgspec
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.net.http import HTML_ACCEPT, SIMPLE_ACCEPT, same_origin
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.resolution import Metadata, Reading
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import Link, Page
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.load.order import PipOrder
from airproof.probes.load.worker import PipPatience
from airproof.site.choosing import Choosing
from airproof.site.group import Group
from airproof.site.hosts import InstalledDistribution

Kind = Literal["page", "metadata", "file"]
USUAL = PipPatience()
REVALIDATES_UNTIL = Version("26.0")
"""Older pips tell caches on the way to ask the server for each page (measured: 24.2 does, 26.3 does not)."""


IN_QUERY = "%!$&'()*+,/:;=?@~-._[]"
"""Characters that stay as they are in a query, as in pip's library."""


class LoadRequest(msgspec.Struct, frozen=True):
    """One GET of one pip."""

    kind: Kind
    target: str
    """Path on the index's own origin, quoted as pip quotes it."""
    size: int = 0
    """Bytes of the answer, as they came when one host alone asked; 0: not asked yet."""


class LoadProfile(msgspec.Struct, frozen=True):
    """Requests of one activation on one kind of host."""

    label: str
    """The interpreter or target."""
    pip: str
    """Version of its pip; empty: a recent one."""
    processes: tuple[tuple[LoadRequest, ...], ...]
    """One for each pip that is run, one after the other; each opens one connection and keeps it."""
    elsewhere: int = 0
    """Files on other hosts, which are left out: only the index's own server is asked."""
    reads_json: bool = True
    patience: PipPatience = PipPatience()
    """That of its pip, as the site calls it."""

    @property
    def requests(self) -> tuple[LoadRequest, ...]:
        return tuple(request for process in self.processes for request in process)

    @property
    def size(self) -> int:
        """Return the bytes of all answers."""
        return sum(request.size for request in self.requests)

    def headers(self, kind: Kind) -> dict[str, str]:
        """Return the headers that its pip sends with each request of that kind, but for a login."""
        agent = {"User-Agent": f"pip/{self.pip or '26.3'} airproof", "Connection": "keep-alive"}
        if kind != "page":
            return {"Accept": "*/*", "Accept-Encoding": "identity", **agent}
        revalidates = {"Cache-Control": "max-age=0"} if self.pip and Version(self.pip) < REVALIDATES_UNTIL else {}
        accept = SIMPLE_ACCEPT if self.reads_json else HTML_ACCEPT
        return {"Accept": accept, "Accept-Encoding": "gzip, deflate", **revalidates, **agent}


class RecordedSource:
    """An index that is read once more as pip reads it, and writes down what is asked of it, each thing once."""

    def __init__(self, source: IndexSource) -> None:
        self._source = source
        self._asked: dict[tuple[Kind, str], None] = {}
        self._later: dict[str, None] = {}
        """Wheels of which METADATA was read."""

    def page(self, project: str) -> Page:
        """Return a page, which a pip asks for when it first comes to the project."""
        page = self._source.page(project)
        self._asked["page", page.redirects[-1] if page.redirects else page.url] = None
        return page

    def metadata(self, project: str, link: Link) -> Metadata:
        """Return what the METADATA beside a file says, or the file itself, which pip then fetches at once."""
        if self._source.announces(link):
            self._asked["metadata", f"{link.url}.metadata"] = None
            self._later[link.url] = None
        else:
            self._asked["file", link.url] = None
        return self._source.metadata(project, link)

    def asked(self, reading: Reading) -> Iterator[tuple[Kind, str]]:
        """Yield kind and URL of all that was asked for, and of the files that are taken in the end."""
        yield from self._asked
        yield from (("file", pin.link.url) for pin in reading.pins if pin.link.url in self._later)


def profile_of(
    matcher: TargetMatcher,
    groups: Sequence[Group],
    source: IndexSource,
    *,
    choosing: Choosing,
    rounds: int,
    patience: PipPatience = USUAL,
) -> LoadProfile:
    """Return the requests of a host of that kind on which nothing is installed yet.

    One pip is run for each group, and for each requirement of a flow, as OMFlow runs it; what one has installed is not
    asked for by the next.
    """
    source = source.seen_by(matcher.ways)
    host = TargetMatcher(
        matcher.label,
        matcher.markers,
        matcher.tags,
        ways=matcher.ways,
        patches=matcher.patches,
        builds_plain=matcher.builds_plain,
        pips=matcher.pips,
    )
    had: dict[str, InstalledDistribution] = {}
    processes, elsewhere = [], 0
    for group in groups:
        for requirements in [(asked,) for asked in group.requirements] if group.items else [group.requirements]:
            host.had = dict(had)
            recorded = RecordedSource(source)
            reading = read_closure(
                recorded,
                host,
                requirements,
                constraints=group.constraints,
                choosing=group.tells(choosing),
                hashes=group.hashes,
                rounds=rounds,
                order=PipOrder,
            )
            asked = list(recorded.asked(reading))
            own = [(kind, url) for kind, url in asked if same_origin(source.index_url, url)]
            elsewhere += len(asked) - len(own)
            processes.append(tuple(LoadRequest(kind, target_of(url)) for kind, url in own))
            for pin in reading.pins:
                requires = source.metadata(pin.project, pin.link).requires
                had[canonicalize_name(pin.project)] = InstalledDistribution(pin.version, requires)
    pip = matcher.pips[0] if matcher.pips else ""
    return LoadProfile(
        matcher.label,
        pip,
        tuple(filter(None, processes)),
        elsewhere,
        reads_json=matcher.ways.reads_json,
        patience=msgspec.structs.replace(patience, retries_502=matcher.ways.retries_502),
    )


def target_of(url: str) -> str:
    """Return the path and query of a URL, quoted as pip quotes them: a plus in a path becomes `%2B`."""
    parts = urlsplit(urljoin(url, url))
    path = "%2F".join(quote(unquote(part), safe="/@") for part in parts.path.split("%2F"))
    return f"{path or '/'}?{quote(parts.query, safe=IN_QUERY)}" if parts.query else path or "/"


def with_sizes(profile: LoadProfile, sizes: Mapping[str, int]) -> LoadProfile:
    """Return the profile with the size of each answer, by its path."""
    return msgspec.structs.replace(profile, processes=tuple(_sized(process, sizes) for process in profile.processes))


def _sized(process: Iterable[LoadRequest], sizes: Mapping[str, int]) -> tuple[LoadRequest, ...]:
    return tuple(msgspec.structs.replace(request, size=sizes.get(request.target, 0)) for request in process)
