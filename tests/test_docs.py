"""The documentation says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airproof.catalog import load_catalog
from airproof.commands.page import page
from tests.docs import scenarios
from tests.docs.pages import lines_of

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TRANSLATED = [path for path in PAGES if path.with_suffix(".zh-TW.md").exists()]


def test_the_page_of_checks_is_the_catalogues() -> None:
    """docs/checks.md is drawn from the catalogue (`nox -s docs`)."""
    written = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")

    assert page(load_catalog()) == written


def test_the_page_of_scenarios_lists_their_keys() -> None:
    """docs/scenarios.md is drawn from the structs that read a scenario (`nox -s docs`)."""
    assert scenarios.page() == scenarios.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a page leads to a file that exists."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: path.name)
def test_both_languages_of_a_page_show_the_same_blocks(path: Path) -> None:
    """Commands are the same line by line, and every other block, heading and row has its counterpart."""
    english, chinese = (page.read_text(encoding="utf-8") for page in (path, path.with_suffix(".zh-TW.md")))

    assert _commands(english) == _commands(chinese)
    assert _shape(english) == _shape(chinese)


def test_the_readmes_end_with_the_two_commands_of_the_house() -> None:
    """The last block of a README is the rehearsal and the tests."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert ["python noxfile.py -s rehearse", "python noxfile.py -s tests"] == lines_of(text)[-2:]


def _commands(text: str) -> list[str]:
    """The commands; a reason that is typed is in the language of its page."""
    return [re.sub(r'="[^"]*"$', "", line) for line in lines_of(text)]


def _shape(text: str) -> list[str]:
    """The headings' depths, the fences and the rows of tables, in their order."""
    found = re.findall(r"^(#+ |```\w*|\| )", text, re.MULTILINE)
    return [mark.strip() for mark in found]
