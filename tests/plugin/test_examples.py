"""The page about the fixtures shows examples that run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pytest_airproof

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "fixtures.md"
EXAMPLES = DOCS / "examples"


def test_the_page_shows_each_example_as_it_is_run() -> None:
    """Page and files agree: no example is shown that does not run, and none runs that is not shown."""
    shown = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    files = [path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.py")]

    assert sorted(files) == sorted(shown)


@pytest.mark.parametrize(
    ("pattern", "passed"),
    [
        pytest.param("test_[!f]*.py", 11, id="most"),
        pytest.param("test_faulty.py", 8, id="faulty", marks=pytest.mark.thorough),
        pytest.param("settings/*.py", 1, id="settings"),
    ],
)
def test_the_examples_pass(pytester: pytest.Pytester, pattern: str, passed: int) -> None:
    """They pass under their reader's own pytest, in one session with one server, warnings being errors."""
    for file in EXAMPLES.glob(pattern):
        (pytester.path / file.name).write_bytes(file.read_bytes())

    result = pytester.runpytest_subprocess("-W", "error")

    result.assert_outcomes(passed=passed)


def test_the_page_names_all_that_is_public() -> None:
    """Each fixture, option and class that the plug-in publishes is on the page."""
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"\w+", page))

    assert set() == set(pytest_airproof.__all__) - named


def test_the_examples_use_public_names_alone() -> None:
    """The root of the plug-in publishes all that an example imports of it."""
    imports = [
        (node.module, alias.name)
        for path in EXAMPLES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]
    ours = {(module, name) for module, name in imports if module.startswith(("airproof", "pytest_airproof"))}

    assert {"pytest_airproof"} == {module for module, _ in ours}
    assert set() == {name for _, name in ours} - set(pytest_airproof.__all__)
