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
    ("example", "passed"),
    [
        ("test_faulty.py", 8),
        ("test_index.py", 1),
        ("test_mirror.py", 2),
        ("test_packages.py", 1),
        ("test_pip.py", 3),
        ("test_program.py", 1),
        ("test_server.py", 2),
        ("test_wheelhouse.py", 1),
        ("settings", 1),
    ],
)
def test_the_examples_pass(pytester: pytest.Pytester, example: str, passed: int) -> None:
    """Each example passes under its reader's own pytest, warnings being errors."""
    path = EXAMPLES / example
    for file in path.glob("*.py") if path.is_dir() else [path]:
        (pytester.path / file.name).write_bytes(file.read_bytes())

    result = pytester.runpytest_subprocess("-W", "error")

    result.assert_outcomes(passed=passed)


def test_the_page_names_all_that_is_public() -> None:
    """Each fixture, option and class that the plug-in publishes is on the page."""
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"\w+", page))

    assert set() == set(pytest_airproof.__all__) - named


def test_the_examples_use_public_names_alone() -> None:
    """What an example imports of the plug-in is published by its root."""
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
