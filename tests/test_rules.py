"""Rules of the house that no single module can hold; read from the sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLKIT = Path(__file__).parents[1] / "toolkit" / "airproof"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "pytest_airproof"
CHINESE = re.compile("[\u4e00-\u9fff]")
SENTENCE = re.compile(r"^[A-Z][^<{]*\s\S+\s\S+\s\S+.*[.!]$")
"""Four words or more, from a capital letter to a full stop."""
SHOWS_FACTS = {"renderers/html/page.py", "renderers/html/evidence.py"}
"""The section of the report in which the facts stand as they are."""
OWN_WORDS = {
    "renderers/html/page.py",  # a language is called by its own name, whatever the language of the page
    "renderers/text/dates.py",  # the order of a date's parts
    "renderers/parts/alike.py",  # seconds, found in a sentence
}


def sources(*roots: Path) -> Iterator[tuple[str, ast.Module]]:
    """Each module of those folders, by default of both packages, with its path and its syntax tree."""
    for root in roots or (TOOLKIT, FIXTURES):
        for path in sorted(root.rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module that are no docstrings and no notes below a name."""
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.value


def literal_lists(tree: ast.Module) -> Iterator[frozenset[str]]:
    """The tuples, lists and sets of three or more strings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 2:
            values = [item.value for item in node.elts if isinstance(item, ast.Constant)]
            strings = [value for value in values if isinstance(value, str)]
            if len(strings) == len(node.elts):
                yield frozenset(strings)


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


def test_a_class_name_has_one_meaning() -> None:
    """A public class of the toolkit or the fixtures has a name that no other one has."""
    places: dict[str, list[str]] = {}
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path)

    assert {} == {name: found for name, found in places.items() if len(found) > 1}


def test_no_text_for_people_stands_in_code() -> None:
    """Both languages lie in TOML or templates: no string of the toolkit has Chinese words, and none is a sentence."""
    found = [(path, text) for path, tree in sources(TOOLKIT) if path not in OWN_WORDS for text in texts(tree)]

    assert [] == [(path, text) for path, text in found if CHINESE.search(text) or SENTENCE.search(text)]


def test_a_list_stands_once() -> None:
    """Three or more texts that stand together in two modules of the toolkit are one list with a name."""
    lists: dict[frozenset[str], set[str]] = {}
    for path, tree in sources(TOOLKIT):
        if not path.startswith("probes/onhost/"):  # those scripts import nothing of airproof
            for texts_together in literal_lists(tree):
                lists.setdefault(texts_together, set()).add(path)

    assert {} == {tuple(sorted(texts)): places for texts, places in lists.items() if len(places) > 1}


def test_the_rules_see_what_they_forbid() -> None:
    """A list, a Chinese word and a sentence are found in code that has them, and not in its docstring."""
    tree = ast.parse(
        '"""A docstring is for readers of code."""\nx = ("a", "b", "c")\nsay("It is so, and more.", "中文")\n'
    )

    assert [frozenset("abc")] == list(literal_lists(tree))
    assert ["It is so, and more.", "中文"] == [
        text for text in texts(tree) if SENTENCE.search(text) or CHINESE.search(text)
    ]
