"""The connected side: everything that pip itself would download from, by its own configuration, as one source."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import msgspec

from airproof.errors import BadInput, CannotLook
from airproof.http import Answer, Fetched, Http
from airproof.probes.resolution import Metadata
from airproof.probes.simple import Link, Page, read_page
from airproof.probes.sources import FolderSource, IndexSource, MetadataCache, path_of, sha256_of
from airproof.processes import run
from airproof.site import IndexUrl

SETTINGS = Path(__file__).with_name("pipsettings.py")
ANSWER_TIME = 60.0


class PipSettings(msgspec.Struct, frozen=True):
    """Where a pip downloads from."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] | None = None
    find_links: tuple[str, ...] | None = None
    no_index: bool = False
    cert: str | None = None
    proxy: str | None = None

    @property
    def indexes(self) -> tuple[str, ...]:
        urls = () if self.no_index else (self.index_url or "", *(self.extra_index_urls or ()))
        return tuple(dict.fromkeys(one for one in urls if one))


def pip_settings(python: str) -> PipSettings:
    """What pip of that interpreter is configured to. Raises CannotLook where it does not tell."""
    ran = run([python, "-I", "-B", SETTINGS], timeout=ANSWER_TIME)
    try:
        return msgspec.json.decode(ran.stdout.strip().rpartition("\n")[2], type=PipSettings)
    except msgspec.DecodeError as error:
        said = ran.stderr.strip().splitlines()
        raise CannotLook("pip-settings", interpreter=python, reason=said[-1] if said else error) from error


class FileIndex:
    """An index that lies in a folder, as `file:` URLs name it: a page `PROJECT/index.html` for each project."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") + "/"
        self._known: dict[str, Metadata] = {}

    def page(self, project: str) -> Page:
        url = f"{self.url}{project}/index.html"
        path = path_of(url)
        if not path.is_file():
            return Page(project, url, 404, None, 0.0)
        answer = Answer(url, 200, {"content-type": "text/html"}, path.read_bytes(), 0.0)
        return read_page(project, answer)


class Upstream:
    """All sources of a pip together, as a context manager: a project's files are those of every source.

    A file of the same name counts once, from the first source that has it.
    """

    def __init__(self, settings: PipSettings, folder: Path, *, timeout: float) -> None:
        """`folder`: for files in passing. Raises BadInput for an index that can be neither asked nor read."""
        self.settings, self.folder, self.timeout = settings, folder, timeout
        self._stack = ExitStack()
        self._indexes: list[IndexSource] = []
        self._folders: list[FileIndex | FolderSource] = []
        self._pages: dict[str, Page] = {}
        self._origin: dict[str, IndexSource] = {}
        self._local: dict[str, Metadata] = {}

    def __enter__(self) -> Upstream:
        for number, url in enumerate(self.settings.indexes):
            if url.startswith("file:"):
                self._folders.append(FileIndex(url))
                continue
            try:
                index = IndexUrl.of(url)
            except ValueError as error:
                raise BadInput("url", url=url.rpartition("@")[2]) from error
            door = Http(self.timeout, ca=self.settings.cert, user=index.user, password=index.password)
            http = self._stack.enter_context(door)
            place = self.folder / f"index-{number}"
            self._indexes.append(IndexSource(http, index.shown, place, cache=MetadataCache.of_user(), off_host=True))
        for one in self.settings.find_links or ():
            path = path_of(one) if one.startswith("file:") else Path(one)
            if path.is_dir():
                self._folders.append(FolderSource(path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def page(self, project: str) -> Page:
        if project not in self._pages:
            self.fetch_pages([project])
        return self._pages[project]

    def fetch_pages(self, projects: Sequence[str]) -> None:
        missing = [one for one in dict.fromkeys(projects) if one not in self._pages]
        for index in self._indexes:
            index.fetch_pages(missing)
        for project in missing:
            self._pages[project] = self._joined(project)

    def metadata(self, project: str, link: Link) -> Metadata:
        if link.url.startswith("file:"):
            if link.url not in self._local:
                self._local[link.url] = FolderSource.read(path_of(link.url))
            return self._local[link.url]
        return self._origin[link.url].metadata(project, link)

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        by_index: dict[int, list[Link]] = {}
        for link in links:
            if not link.url.startswith("file:"):
                by_index.setdefault(self._indexes.index(self._origin[link.url]), []).append(link)
        for number, mine in by_index.items():
            self._indexes[number].fetch_metadata(mine)

    def fetch(self, wanted: Sequence[tuple[Link, Path]]) -> Iterable[tuple[Link, Path, Fetched]]:
        """Fetches files side by side, as they come; yields each with its place. Raises OSError for the own disk."""
        local = [(link, path) for link, path in wanted if link.url.startswith("file:")]
        for link, path in local:
            shutil.copyfile(path_of(link.url), path)
            yield link, path, Fetched(link.url, 200, sha256_of(path), path.stat().st_size, None, 0.0)
        for index in self._indexes:
            mine = [one for one in wanted if self._origin.get(one[0].url) is index]
            fetched = index.http.fetch_each((link.url, path) for link, path in mine)
            for (link, path), one in zip(mine, fetched, strict=True):
                yield link, path, one

    def _joined(self, project: str) -> Page:
        links: dict[str, Link] = {}
        pages = [(index, index.page(project)) for index in self._indexes]
        for index, page in pages:
            if page.status != 404 and not (page.status == 200 and page.readable):
                return page  # an index that does not answer may have had the better file
            for link in page.links:
                if link.filename not in links:
                    links[link.filename] = link
                    self._origin[link.url] = index
        for folder in self._folders:
            for link in folder.page(project).links:
                links.setdefault(link.filename, link)
        return Page(project, "", 200 if links else 404, None, 0.0, tuple(links.values()))
