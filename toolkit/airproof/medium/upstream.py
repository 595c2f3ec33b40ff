"""The connected side: everything that pip itself would download from, by its own configuration, as one source."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import msgspec

from airproof.errors import BadInput
from airproof.medium.links import PAGES, FileIndex, FileLinks, LinkPage
from airproof.medium.pip_config import PipSettings
from airproof.net.http import Fetched, Http
from airproof.probes.closure.resolution import Metadata
from airproof.probes.closure.sources.cache import MetadataCache
from airproof.probes.closure.sources.folder import FolderSource, path_of
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.archive import BLOCK
from airproof.probes.index.simple import Link, Page
from airproof.site.indexurl import IndexUrl, masked, without_credentials

NOWHERE: Mapping[str, Path] = {}


class Upstream:
    """All sources of a pip together, as a context manager: a project's files are those of every source.

    A file of the same name counts once, from the first source that has it.
    """

    def __init__(
        self, settings: PipSettings, folder: Path, *, timeout: float, given: Mapping[str, Path] = NOWHERE
    ) -> None:
        """`folder`: for files in passing. `given`: projects whose one file is this, whatever the sources have."""
        self.settings, self.folder, self.timeout = settings, folder, timeout
        self._stack = ExitStack()
        self._doors = 0
        self._servers: list[IndexSource] = []
        self._local: list[FileIndex | FileLinks | FolderSource] = []
        self._pages = {project: _page_of(project, path) for project, path in given.items()}
        self._origin: dict[str, IndexSource] = {}
        self._known: dict[str, Metadata] = {}
        self.offered: dict[str, tuple[Link, ...]] = {}
        """Project to wheels that were built here, and that count as if its page had them."""
        self.found_needs: dict[str, Metadata] = {}
        """Name of an sdist to its metadata with the requirements that a build here found."""

    def __enter__(self) -> Upstream:
        """Raises BadInput for an index, a page or a proxy that can be neither asked nor read."""
        settings = self.settings
        self._elsewhere = self._server(IndexSource, "http://elsewhere.invalid/", settings.proxy_elsewhere)
        for url in settings.indexes:
            if url.startswith("file:"):
                self._local.append(FileIndex(url))
            else:
                self._servers.append(self._server(IndexSource, url, settings.proxies.get(url)))
        for link in settings.find_links or ():
            if link.startswith(("http:", "https:")):
                self._servers.append(self._server(LinkPage, link, settings.proxies.get(link)))
                continue
            path = path_of(link) if link.startswith("file:") else Path(link)
            if path.is_dir():
                self._local.append(FolderSource(path, below=False))
            elif path.suffix.lower() in PAGES and path.is_file():
                self._local.append(FileLinks(path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def page(self, project: str) -> Page:
        if project not in self._pages:
            self.fetch_pages([project])
        page = self._pages[project]
        known = {link.filename for link in page.links}
        more = [link for link in self.offered.get(project, ()) if link.filename not in known]
        return msgspec.structs.replace(page, links=(*page.links, *more)) if more else page

    def fetch_pages(self, projects: Sequence[str]) -> None:
        missing = [name for name in dict.fromkeys(projects) if name not in self._pages]
        for server in self._servers:
            server.fetch_pages(missing)
        for project in missing:
            self._pages[project] = self._joined(project)

    def metadata(self, project: str, link: Link) -> Metadata:
        if link.filename in self.found_needs:
            return self.found_needs[link.filename]
        if link.url.startswith("file:"):
            if link.url not in self._known:
                self._known[link.url] = FolderSource.read(path_of(link.url))
            return self._known[link.url]
        return self._server_of(link).metadata(project, link)

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        by_server: dict[int, list[Link]] = {}
        for link in links:
            if not link.url.startswith("file:"):
                by_server.setdefault(id(self._server_of(link)), []).append(link)
        for mine in by_server.values():
            self._server_of(mine[0]).fetch_metadata(mine)

    def fetch(self, wanted: Sequence[tuple[Link, Path]]) -> Iterable[tuple[Link, Path, Fetched]]:
        """Fetches files side by side, as they come; yields each with its place. Raises OSError for the own disk."""
        for link, path in wanted:
            if link.url.startswith("file:"):
                yield link, path, _copied(link, path)
        for server in (*self._servers, self._elsewhere):
            mine = [
                pair for pair in wanted if not pair[0].url.startswith("file:") and self._server_of(pair[0]) is server
            ]
            fetched = server.http.fetch_each((link.url, path) for link, path in mine)
            for (link, path), one in zip(mine, fetched, strict=True):
                yield link, path, one

    def files(self, links: Sequence[Link]) -> list[Path]:
        """The files themselves, in passing, as far as they can be had."""
        places = [(link, self.folder / link.filename) for link in links]
        for _ in self.fetch([place for place in places if not place[1].exists()]):
            pass
        return [path for _, path in places if path.exists()]

    def _server(self, kind: type[IndexSource], url: str, proxy: str | None) -> IndexSource:
        try:
            index = IndexUrl.of(url)
        except ValueError as error:
            raise BadInput("url", url=url.rpartition("@")[2]) from error
        door = Http(self.timeout, ca=self.settings.cert, user=index.user, password=index.password, proxy=proxy)
        try:
            http = self._stack.enter_context(door)
        except (ImportError, ValueError) as error:  # SOCKS without its library; no URL, or of another scheme
            raise BadInput("carry-proxy", proxy=masked(proxy or "")) from error
        self._doors += 1
        place = self.folder / f"server-{self._doors}"
        cache = MetadataCache.of_user()
        return kind(http, without_credentials(url), place, cache=cache, off_host=True, installs=False)

    def _server_of(self, link: Link) -> IndexSource:
        """Return the server that listed the file; a page in a folder may lead anywhere."""
        return self._origin.get(link.url, self._elsewhere)

    def _joined(self, project: str) -> Page:
        links: dict[str, Link] = {}
        for server in self._servers:
            page = server.page(project)
            if page.status != 404 and not (page.status == 200 and page.readable):
                return page  # a source that does not answer may have had the better file
            for link in page.links:
                if link.filename not in links:
                    links[link.filename] = link
                    self._origin[link.url] = server
        for place in self._local:
            for link in place.page(project).links:
                links.setdefault(link.filename, link)
        return Page(project, "", 200 if links else 404, None, 0.0, tuple(links.values()))


def _page_of(project: str, path: Path) -> Page:
    """The page of a project whose one file is given."""
    found = FolderSource.link(path)
    return Page(project, "", 200, None, 0.0, (found,))


def _copied(link: Link, path: Path) -> Fetched:
    """A file of this machine; one that cannot be read did not arrive. Raises OSError where it cannot be written."""
    started, digest, size = time.monotonic(), hashlib.sha256(), 0
    try:
        source = path_of(link.url).open("rb")
    except OSError as error:
        return Fetched(link.url, None, "", 0, None, 0.0, detail=error.strerror or str(error))
    with source, path.open("wb") as target:
        while block := source.read(BLOCK):
            target.write(block)
            digest.update(block)
            size += len(block)
    return Fetched(link.url, 200, digest.hexdigest(), size, None, round(time.monotonic() - started, 3))
