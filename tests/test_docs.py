"""The documentation says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airproof.catalog import load_catalog
from airproof.commands.page import page
from tests.docs import scenarios

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


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


def test_both_readmes_begin_with_the_same_two_commands() -> None:
    """The first two blocks of a README are one line each: the main job, and the tests."""
    found = [
        re.findall(r"```console\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.S)[:2]
        for name in ("README.md", "README.zh-TW.md")
    ]

    assert [["python noxfile.py -s rehearse\n", "python noxfile.py -s tests\n"]] * 2 == found
