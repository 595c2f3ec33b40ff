"""Where a closure reads pages and metadata: a live index, or a folder of wheels.

Metadata is read the cheap way: kept by the file's hash from an earlier run, else from the METADATA that an index offers
beside the file (PEP 658), else from the file itself. An index that offers metadata and does not have it (404) is asked
for the file: what is missing there never means "needs nothing".
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec

from airproof.http import Fetched, Http
from airproof.probes.candidates import parse_filename, project_of
from airproof.probes.inside import Inside, read_metadata, read_sdist, read_wheel
from airproof.probes.resolution import Metadata
from airproof.probes.simple import Link, Page, fetch_pages


class MetadataCache:
    """What files need, by their sha256, in a folder; None: nothing is kept. A hash never needs to be asked again."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> MetadataCache:
        """In the user's cache folder, as the system names it."""
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA", "")
        else:
            base = os.environ.get("XDG_CACHE_HOME", "")
        home = Path("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
        try:
            return cls((Path(base) if base else home.expanduser()) / "airproof" / "metadata-1")
        except RuntimeError:  # nobody knows where home is
            return cls(None)

    def get(self, link: Link) -> Metadata | None:
        path = self._path(link)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Metadata) if path is not None else None
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, link: Link, metadata: Metadata) -> None:
        """Keeps it, if it can: a cache that cannot be written is none, and no failure."""
        path = self._path(link)
        if path is None or not metadata.readable:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(metadata))
            fresh.replace(path)
        except OSError:
            pass

    def _path(self, link: Link) -> Path | None:
        digest = link.hashes.get("sha256", "")
        if self.folder is None or len(digest) != 64 or not digest.isalnum():
            return None
        return self.folder / digest[:2] / f"{digest[2:]}.json"


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
    ) -> None:
        """`folder`: for files in passing. `off_host`: whether links that leave the index's host are followed.

        `known`: pages of this index that somebody has fetched meanwhile.
        """
        self.http, self.index_url, self.folder = http, index_url, folder
        self.cache, self.off_host, self._known = cache or MetadataCache(None), off_host, known
        folder.mkdir(parents=True, exist_ok=True)
        self.pages: dict[str, Page] = {}
        self.known: dict[str, Metadata] = {}

    def page(self, project: str) -> Page:
        if project not in self.pages:
            self.fetch_pages([project])
        return self.pages[project]

    def fetch_pages(self, projects: Sequence[str]) -> None:
        """Fetches several pages side by side, ahead of their use."""
        if any(one not in self.pages for one in projects):
            self.pages = {one.project: one for one in self._known() if one.trouble is None} | self.pages
        missing = [one for one in dict.fromkeys(projects) if one not in self.pages]
        self.pages |= dict(zip(missing, fetch_pages(self.http, self.index_url, missing), strict=True))

    def metadata(self, project: str, link: Link) -> Metadata:
        if link.url not in self.known:
            self.fetch_metadata([link])
        return self.known[link.url]

    def fetch_metadata(self, links: Iterable[Link]) -> None:
        """Reads what several files need, side by side, ahead of its use."""
        wanted = {one.url: one for one in links if one.url not in self.known}
        for url, link in wanted.items():
            if link.off_host and not self.off_host:
                self.known[url] = Metadata(readable=False, problem="leads off the host")
            elif (kept := self.cache.get(link)) is not None:
                self.known[url] = kept
        self._from_beside([one for url, one in wanted.items() if url not in self.known and one.metadata])
        self._from_inside([one for url, one in wanted.items() if url not in self.known])

    def _from_beside(self, links: Sequence[Link]) -> None:
        answers = self.http.get_each(f"{one.url}.metadata" for one in links)
        for link, answer in zip(links, answers, strict=True):
            if answer.ok and (found := read_metadata(answer.body)).readable:
                self.known[link.url] = Metadata(found.requires)

    def _from_inside(self, links: Sequence[Link]) -> None:
        looked = self.http.look_each(((one.url, partial(_read, one.filename)) for one in links), self.folder)
        for link, (sha256, metadata) in zip(links, looked, strict=True):
            self.known[link.url] = metadata
            if sha256 and sha256 == link.hashes.get("sha256"):  # an untrue hash must not be believed for ever
                self.cache.put(link, metadata)


class FolderSource:
    """A folder of wheels and sdists as the source of a closure."""

    def __init__(self, folder: Path, *, below: bool = True) -> None:
        """`below`: with its sub-folders, as devpi uploads them; pip's find-links does not look there."""
        self.folder = folder
        self._links: dict[str, list[Link]] = {}
        self._known: dict[str, Metadata] = {}
        self._requires_python: dict[str, str | None] = {}
        for path in _packages(folder, below=below):
            self._links.setdefault(project_of(path.name), []).append(Link(path.name, path.as_uri()))
        self._pages: dict[str, Page] = {}

    @property
    def projects(self) -> tuple[str, ...]:
        """Normalised names, sorted."""
        return tuple(sorted(self._links))

    def page(self, project: str) -> Page:
        """With Requires-Python as the files themselves have it."""
        if project not in self._pages:
            links = [self._with_python(one) for one in self._links.get(project, ())]
            self._pages[project] = Page(project, "", 200 if links else 404, None, 0.0, tuple(links))
        return self._pages[project]

    def metadata(self, project: str, link: Link) -> Metadata:
        return self._read(link)

    def _with_python(self, link: Link) -> Link:
        self._read(link)
        return msgspec.structs.replace(link, requires_python=self._requires_python[link.url])

    def _read(self, link: Link) -> Metadata:
        if link.url not in self._known:
            inside = _inside(path_of(link.url))
            self._requires_python[link.url] = inside.requires_python
            self._known[link.url] = _metadata(inside)
        return self._known[link.url]

    @staticmethod
    def read(path: Path) -> Metadata:
        """What one file needs."""
        return _metadata(_inside(path))

    @staticmethod
    def link(path: Path) -> Link:
        """One file, as a page would list it."""
        return Link(path.name, path.resolve().as_uri(), {"sha256": sha256_of(path)}, _inside(path).requires_python)


def sha256_of(path: Path) -> str:
    """Of a file's bytes, read as a stream."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _packages(folder: Path, *, below: bool) -> Iterator[Path]:
    for path in sorted(folder.resolve().glob("**/*" if below else "*")):
        if path.is_file() and parse_filename(path.name).version is not None:
            yield path


def path_of(url: str) -> Path:
    """The path that a `file:` URL names."""
    return Path(url2pathname(urlsplit(url).path))


def _read(filename: str, fetched: Fetched, file: IO[bytes]) -> tuple[str, Metadata]:
    if fetched.trouble is not None or fetched.status != 200:
        return "", Metadata(readable=False, problem=fetched.detail or f"status {fetched.status}")
    inside = read_wheel(file, whole=False) if filename.endswith(".whl") else read_sdist(file)
    return fetched.sha256, _metadata(inside)


def _inside(path: Path) -> Inside:
    return read_wheel(path, whole=False) if path.suffix == ".whl" else read_sdist(path)


def _metadata(inside: Inside) -> Metadata:
    extras = inside.extras if inside.readable else None
    return Metadata(inside.requires, inside.build_requires, inside.readable, inside.problem, extras)
