"""The documentation site, built as `nox -s site` builds it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from airproof.catalog import load_catalog
from airproof.commands.page import check_page
from tests.docs.building import DOCS, build, write_sources
from tests.thorough import variant

LOADING = {
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("form", "action"),
}


class Page(HTMLParser):
    """The ids of a page, what it loads, and where it leads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ids: set[str] = set()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if (tag, name) in LOADING and value:
                self.loads.append(value)
            if tag == "a" and name == "href" and value:
                self.leads.append(value)


def is_elsewhere(link: str) -> bool:
    return bool(urlsplit(link).scheme or urlsplit(link).netloc) or link.startswith("/")


def leads_nowhere(link: str, page: Page, pages: dict[Path, Page]) -> bool:
    """Say whether a link of the site, opened from the disk, names a file or a place in it that is not there."""
    parts = urlsplit(link)
    path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if not path.is_file():
        return True
    return bool(parts.fragment and path in pages and unquote(parts.fragment) not in pages[path].ids)


@pytest.mark.parametrize("what", [variant("built", daily=False)])
def test_the_site_is_whole_and_reads_nothing_from_elsewhere(what: str, tmp_path: Path) -> None:
    """Every link inside leads somewhere, nothing is loaded over the network, and every check has its page."""
    pytest.importorskip("myst_parser", reason="the site is built where Sphinx and MyST are installed (--group site)")

    ran = build(tmp_path / what)

    pages = {path.resolve(): Page(path.resolve()) for path in (tmp_path / what).rglob("*.html")}
    inside = [(page, link) for page in pages.values() for link in page.leads if not is_elsewhere(link)]
    styles = [path.read_text(encoding="utf-8") for path in (tmp_path / what).rglob("*.css")]
    assert (0, "") == (ran.exit_code, ran.stderr)
    assert [] == [link for page in pages.values() for link in page.loads if is_elsewhere(link)]
    assert [] == [style for style in styles if re.search(r"(url\(|@import)[\s'\"]*(https?:)?//", style)]
    assert [] == [f"{page.path.name}: {link}" for page, link in inside if leads_nowhere(link, page, pages)]
    for id in load_catalog().checks:
        assert (tmp_path / what / "checks" / f"{id}.html").is_file()
    assert {path.stem for path in DOCS.glob("*.md")} <= {page.stem for page in pages}


def test_each_check_has_a_source_in_both_languages(tmp_path: Path) -> None:
    """Among the sources for Sphinx, the index names every page, and each check's page has its words."""
    write_sources(tmp_path / "docs")

    index = (tmp_path / "docs" / "index.md").read_text(encoding="utf-8").splitlines()
    catalog = load_catalog()
    for id, check in catalog.checks.items():
        text = (tmp_path / "docs" / "checks" / f"{id}.md").read_text(encoding="utf-8")
        assert f"checks/{id}" in index
        assert text.startswith(f"# {id} ")
        assert all(text.count(f"### {cause} ({lang})") == 1 for cause in check.info.causes for lang in ("en", "zh-TW"))
    assert {path.stem for path in DOCS.glob("*.md")} <= set(index)


def test_a_page_shows_what_is_pasted() -> None:
    """The commands stand in a block of their own, in the order in which somebody walks."""
    text = check_page(load_catalog(), "MED04")

    assert "Waits for: [API01](API01.md), [MAN06](MAN06.md)" in text
    assert "```text\ndevpi upload --from-dir WHEELS\n```" in text
