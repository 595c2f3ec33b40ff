"""Pages of links that pip reads besides an index: `--find-links` with a page, and an index that lies in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from airproof.net.http import Answer
from airproof.probes.closure.candidates import project_of
from airproof.probes.closure.sources.folder import path_of
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import Page, read_page

HTML = {"content-type": "text/html"}
PAGES = (".html", ".htm")


class FileIndex:
    """An index that lies in a folder, as `file:` URLs name it: a page `PROJECT/index.html` for each project."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") + "/"

    def page(self, project: str) -> Page:
        url = f"{self.url}{project}/index.html"
        path = path_of(url)
        if not path.is_file():
            return Page(project, url, 404, None, 0.0)
        return read_page(project, Answer(url, 200, HTML, path.read_bytes(), 0.0))


class FileLinks:
    """A page on this machine with links to files of many projects."""

    def __init__(self, path: Path) -> None:
        url = path.resolve().as_uri()
        self._whole = read_page("", Answer(url, 200, HTML, path.read_bytes(), 0.0))

    def page(self, project: str) -> Page:
        return part_of(self._whole, project)


class LinkPage(IndexSource):
    """Such a page on a server. It is fetched once."""

    _whole: Page | None = None

    def fetch_pages(self, projects: Sequence[str]) -> None:
        if self._whole is None:
            self._whole = read_page("", self.http.get(self.index_url))
        self.pages |= {project: part_of(self._whole, project) for project in projects}


def part_of(whole: Page, project: str) -> Page:
    """The links of one project; a page that could not be read stays one that could not be read."""
    links = tuple(link for link in whole.links if project_of(link.filename) == project)
    return msgspec.structs.replace(whole, project=project, links=links)
