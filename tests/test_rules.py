"""Rules of the house that no single module can hold; read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLKIT = Path(__file__).parents[1] / "toolkit" / "airproof"
SHOWS_FACTS = {"renderers/html/page.py", "renderers/html/evidence.py"}
"""The section of the report in which the facts stand as they are."""


def attributes(folder: str, *names: str) -> Iterator[str]:
    """Each place of a package in which one of the attributes is read."""
    for path in sorted((TOOLKIT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in names:
                yield f"{path.relative_to(TOOLKIT).as_posix()}:{node.lineno}"


def test_renderers_read_no_fact() -> None:
    """They read the record's typed summary: a fact that gets another shape is noticed where the summary is computed."""
    places = {place.partition(":")[0] for place in attributes("renderers", "facts")}

    assert SHOWS_FACTS == places


@pytest.mark.parametrize("folder", ["record", "medium"])
def test_nothing_is_decided_by_a_sentence(folder: str) -> None:
    """Sentences are stored and handed on in both languages: nothing there looks into the words of either."""
    assert [] == list(attributes(folder, "en", "zh_tw"))


def test_the_reader_of_attributes_sees_them() -> None:
    """Places where sentences are drawn are found."""
    assert [] != list(attributes("renderers", "of"))
