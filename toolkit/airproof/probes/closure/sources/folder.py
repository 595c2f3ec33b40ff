"""A folder of wheels and source distributions as the source of a closure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec

from airproof.probes.closure.candidates import parse_filename, project_of
from airproof.probes.closure.resolution import Metadata
from airproof.probes.closure.sources.metadata import stated_metadata
from airproof.probes.files.archive import Inside, read_sdist, read_wheel
from airproof.probes.files.files import digest_of
from airproof.probes.index.simple import Link, Page


class FolderSource:
    """A folder of wheels and sdists as the source of a closure."""

    def __init__(self, folder: Path, *, below: bool = True) -> None:
        """`below`: include sub-folders, as devpi uploads them; pip's find-links does not read those."""
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
        """Return a page with Requires-Python from the files themselves."""
        if project not in self._pages:
            links = [self._with_python(link) for link in self._links.get(project, ())]
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
            self._known[link.url] = stated_metadata(inside)
        return self._known[link.url]

    @staticmethod
    def read(path: Path) -> Metadata:
        """Return the metadata of one file."""
        return stated_metadata(_inside(path))

    @staticmethod
    def link(path: Path) -> Link:
        """Return a link to one file, as a page would list it."""
        return Link(path.name, path.resolve().as_uri(), {"sha256": sha256_of(path)}, _inside(path).requires_python)


def sha256_of(path: Path) -> str:
    """Hash a file's bytes, read as a stream."""
    return digest_of(path, "sha256")


def _packages(folder: Path, *, below: bool) -> Iterator[Path]:
    for path in sorted(folder.resolve().glob("**/*" if below else "*")):
        if path.is_file() and parse_filename(path.name).version is not None:
            yield path


def path_of(url: str) -> Path:
    """Return the path that a `file:` URL names."""
    return Path(url2pathname(urlsplit(url).path))


def _inside(path: Path) -> Inside:
    return read_wheel(path, whole=False) if path.suffix == ".whl" else read_sdist(path)
