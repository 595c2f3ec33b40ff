"""A live index as the source of a closure.

It is read as a certain pip reads it. If METADATA is announced beside a wheel (PEP 658), the pips that heed it read
nothing else; otherwise the file itself is fetched whole, hashed and inspected once for a whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.net.http import AGENT, HTML_ACCEPT, JSON_ACCEPT, SIMPLE_ACCEPT, Http
from airproof.probes.closure.candidates import project_of
from airproof.probes.closure.resolution import NOT_KEPT, Broken, KeptPage, Metadata, Pin, Reading
from airproof.probes.closure.sources.cache import MetadataCache
from airproof.probes.closure.sources.metadata import (
    BESIDE,
    RENAMED_FILE,
    Looked,
    MetadataBeside,
    difference,
    is_renamed,
    look_at,
    metadata_beside,
    metadata_of,
)
from airproof.probes.files.archive import Inside
from airproof.probes.index.product import HOLDER
from airproof.probes.index.simple import Link, Page, fetch_pages
from airproof.probes.interpreters.pipbehaviour import ANY_PIP, PipBehaviour
from airproof.site.indexurl import IndexUrl

LARGEST_WHEEL = 1024 * 1024 * 1024
"""Largest size, in bytes, of a file that is inspected for its modules."""
EXPIRY = 1800
"""Seconds of a mirror that sets none itself: devpi-server's own default (measured, 6.20)."""


class _MirrorKeys(msgspec.Struct, frozen=True):
    """Keys of an index, as devpi tells them."""

    type: str = ""
    mirror_cache_expiry: int = EXPIRY


class _AboutIndex(msgspec.Struct, frozen=True):
    result: _MirrorKeys


class IndexSource:
    """A live index as the source of a closure: each page and each file is fetched once, many side by side."""

    def __init__(
        self,
        http: Http,
        index_url: str,
        folder: Path,
        *,
        cache: MetadataCache | None = None,
        off_host: bool = False,
        known: Callable[[], Iterable[Page]] = tuple,
        ways: PipBehaviour = ANY_PIP,
        installs: bool = True,
    ) -> None:
        """`folder`: for temporary files. `off_host`: follow links that leave the index's host.

        `known`: pages of this index that were fetched meanwhile. `ways`: the pip as which the index is read. `cache`:
        only for a source whose files are fetched afterwards anyway; never for an index that is judged. `installs`:
        unpack each file that is read, since `ends_at` will ask whether pip can install it; False: read what it
        requires, which takes a third of the time.
        """
        self.http, self.index_url, self.folder = http, index_url, folder
        self.cache, self.off_host, self._known, self.ways = cache or MetadataCache(None), off_host, known, ways
        self.installs = installs
        folder.mkdir(parents=True, exist_ok=True)
        self.pages: dict[str, Page] = {}
        self.known: dict[str, Metadata] = {}
        self._looked: dict[str, Looked] = {}
        self._beside: dict[str, MetadataBeside] = {}
        """Metadata that was read beside wheels, by the wheels' URLs."""
        self._installed: dict[tuple[str, str, str], Metadata] = {}
        """Project, version and URL of a file to what this pip makes of it: many closures take the same files."""
        self._spellings: dict[str, Page] = {}
        """Pages under names that are not normalised."""
        self._views: dict[PipBehaviour, IndexSource] = {ways: self}

    def seen_by(self, ways: PipBehaviour) -> IndexSource:
        """Return the same index as another pip reads it; files are inspected once for all pips."""
        if ways not in self._views:
            known = self._known if ways.reads_json == self.ways.reads_json else tuple
            view = IndexSource(
                self.http,
                self.index_url,
                self.folder,
                cache=self.cache,
                off_host=self.off_host,
                known=known,
                ways=ways,
                installs=self.installs,
            )
            view._looked, view._beside, view._views = self._looked, self._beside, self._views
            view._spellings = self._spellings
            alike = (other for other in self._views.values() if other.ways.reads_json == ways.reads_json)
            view.pages = next((other.pages for other in alike), view.pages)
            self._views[ways] = view
        return self._views[ways]

    def page(self, project: str) -> Page:
        if project not in self.pages:
            self.fetch_pages([project])
        page = self.pages[project]
        if stopped := self.ways.stops_at(page.retried):
            return Page(project, page.url, 502, None, page.seconds, stopped=stopped)
        if page.undecoded and not self.ways.takes_any_text:
            return msgspec.structs.replace(page, links=(), readable=False)
        return page

    def fetch_pages(self, projects: Sequence[str]) -> None:
        """Fetch several pages side by side, ahead of their use."""
        if any(project not in self.pages for project in projects):
            for page in self._known():
                if page.trouble is None:
                    self.pages.setdefault(page.project, page)
        missing = [project for project in dict.fromkeys(projects) if project not in self.pages]
        accept = SIMPLE_ACCEPT if self.ways.reads_json else HTML_ACCEPT
        self.pages.update(zip(missing, fetch_pages(self.http, self.index_url, missing, accept=accept), strict=True))

    def is_served_as(self, project: str, spelling: str) -> bool:
        """Say whether a project without a page has files under a spelling that pip does not ask for."""
        if spelling == project:
            return False
        if spelling not in self._spellings:
            (self._spellings[spelling],) = fetch_pages(self.http, self.index_url, [spelling])
        return any(project_of(link.filename) == project for link in self._spellings[spelling].links)

    def kept_by(self, page: Page) -> KeptPage:
        """Return the mirror that serves a page from its store; a stage passes on no serial, so the mirror among its
        bases that holds the files is asked itself.
        """
        index = IndexUrl.of(self.index_url)
        own = index.stage
        if page.kept and (seconds := self._seconds_kept(index.bare.rstrip("/"))) is not None:
            return KeptPage(own, page.kept_serial, seconds)
        holders = {match[1]: link.url[: match.start(1)] for link in page.links if (match := HOLDER.search(link.url))}
        for holder, front in holders.items():
            if holder != own:
                (below,) = fetch_pages(self.http, f"{front}{holder}/+simple/", [page.project])
                if below.kept and (seconds := self._seconds_kept(f"{front}{holder}")) is not None:
                    return KeptPage(holder, below.kept_serial, seconds)
        return NOT_KEPT

    def _seconds_kept(self, index: str) -> int | None:
        """Return for how long a mirror does not ask its upstream for a page again; None if the index is no mirror."""
        answer = self.http.get(f"{index}?no_projects=", accept=JSON_ACCEPT, agent=AGENT)
        try:
            about = msgspec.json.decode(answer.body, type=_AboutIndex).result if answer.ok else _MirrorKeys()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return about.mirror_cache_expiry if about.type == "mirror" else None

    def metadata(self, project: str, link: Link) -> Metadata:
        if link.url not in self.known:
            self.fetch_metadata([link])
        return self.known[link.url]

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        """Read the metadata of several files, side by side, ahead of its use."""
        wanted = {entry.url: entry for entry in links if entry.url not in self.known}
        for url, link in wanted.items():
            if link.off_host and not self.off_host:
                self.known[url] = Metadata(readable=False, problem="leads off the host")
            elif (kept := self.cache.get(link)) is not None:
                self.known[url] = kept
        self._from_beside([entry for url, entry in wanted.items() if url not in self.known and self.announces(entry)])
        self._from_inside([entry for url, entry in wanted.items() if url not in self.known])

    def files(self, links: Sequence[Link]) -> list[Path]:
        """Fetch the files, and return the paths of those that arrived; links off the host only if they are followed."""
        places = [(link.url, self.folder / link.filename) for link in links if self.off_host or not link.off_host]
        self.http.fetch_many([place for place in places if not place[1].exists()], limit=LARGEST_WHEEL)
        return [path for _, path in places if path.exists()]

    def ends_at(self, reading: Reading) -> tuple[Broken, ...]:
        """Return the files at which pip fails, each once: during a resolution, or when it installs the files that it
        took.

        The files that it takes are fetched now, unless they were before.
        """
        ends = {broken.link.url: broken for broken in reading.broken}
        pins = [taken for taken in reading.pins if taken.link.url not in ends]
        keys = [(pin.project, pin.version, pin.link.url) for pin in pins]
        self._look([pin.link for key, pin in zip(keys, pins, strict=True) if key not in self._installed], whole=True)
        for key, pin in zip(keys, pins, strict=True):
            about = self._installed.get(key)
            if about is None:
                about = self._arrived(pin)
                if pin.link.url in self.known or not self.announces(pin.link):  # nothing will be compared with it later
                    self._installed[key] = about
            if not about.readable:
                inside = (about.name, about.version)
                ends[pin.link.url] = Broken(pin.project, pin.link, about.problem, about.cause, inside)
        return tuple(ends.values())

    def inside(self, link: Link) -> Inside | None:
        """Return the metadata inside a file that was fetched; None for one that was not, or did not arrive."""
        looked = self._looked.get(link.url)
        return looked.about.inside if looked is not None and not looked.problem else None

    def _arrived(self, pin: Pin) -> Metadata:
        link = pin.link
        if link.off_host and not self.off_host:
            return Metadata()  # Such a link is judged elsewhere, and not followed.
        metadata = metadata_of(link, self._looked[link.url], self.ways)
        if metadata.refusal:
            return Metadata(readable=False, problem=metadata.refusal, cause="wheel-refused")
        inside = self._looked[link.url].about.inside
        # The Name inside may be right, and the one of the folder, which some pips compare, another.
        strange = metadata.name if canonicalize_name(metadata.name or pin.project) != pin.project else ""
        is_wheel = link.filename.endswith(".whl")
        if metadata.readable and is_wheel and (strange or is_renamed(inside, pin, self.ways)):
            name = strange or inside.name
            problem = f"inside it is {name} {inside.version}"
            return Metadata((), (), False, problem, RENAMED_FILE, name=name, version=inside.version)
        beside = self.known.get(link.url) if self.announces(link) else None
        if beside is not None and beside.readable and is_renamed(beside, pin, self.ways):
            problem = f"{link.filename}.metadata is that of {beside.name} {beside.version}"
            return Metadata(readable=False, problem=problem, cause=BESIDE)
        if self.ways.compares_beside and metadata.readable and beside is not None:
            unlike = difference(beside, metadata)
            if unlike:
                problem = f"{link.filename}.metadata says another {unlike} than the wheel itself"
                return Metadata(readable=False, problem=problem, cause=BESIDE)
        return metadata

    def announces(self, link: Link) -> bool:
        if not (self.ways.reads_beside and link.filename.endswith(".whl")):
            return False
        return link.metadata if self.ways.new_announcement else link.metadata_before

    def _from_beside(self, links: Sequence[Link]) -> None:
        fresh = [wheel for wheel in links if wheel.url not in self._beside]
        answers = self.http.get_each((f"{wheel.url}.metadata" for wheel in fresh), slowly=True)
        for link, answer in zip(fresh, answers, strict=True):
            self._beside[link.url] = MetadataBeside(metadata_beside(link, answer), answer.retried)
        self.known.update((wheel.url, self._beside[wheel.url].as_read_by(wheel, self.ways)) for wheel in links)

    def _from_inside(self, links: Sequence[Link]) -> None:
        self._look(links, whole=self.installs)
        for link in links:
            looked = self._looked[link.url]
            self.known[link.url] = metadata = metadata_of(link, looked, self.ways)
            # A hash that is not true must not become a key.
            if looked.sha256 and looked.sha256 == link.hashes.get("sha256"):
                self.cache.put(link, metadata)

    def _look(self, links: Sequence[Link], *, whole: bool) -> None:
        fresh = {
            link.url: link
            for link in links
            if (known := self._looked.get(link.url)) is None or (whole and not known.whole)
        }
        links = [link for link in fresh.values() if self.off_host or not link.off_host]
        look = partial(look_at, whole=whole)
        looked = self.http.look_each(((link.url, partial(look, link)) for link in links), self.folder)
        self._looked.update(zip((link.url for link in links), looked, strict=True))
