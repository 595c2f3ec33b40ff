"""The page about the fixtures shows examples that run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "fixtures.md"
EXAMPLES = DOCS / "examples"


def test_the_page_shows_each_example_as_it_is_run() -> None:
    """Page and files agree: no example is shown that does not run, and none runs that is not shown."""
    shown = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    files = [path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.py")]

    assert sorted(files) == sorted(shown)


@pytest.mark.parametrize(("folder", "passed"), [(".", 7), ("settings", 1)], ids=["plain", "settings"])
def test_the_examples_pass(pytester: pytest.Pytester, folder: str, passed: int) -> None:
    """Each example passes under its reader's own pytest, warnings being errors."""
    for path in (EXAMPLES / folder).glob("*.py"):
        (pytester.path / path.name).write_bytes(path.read_bytes())

    result = pytester.runpytest_subprocess("-W", "error")

    result.assert_outcomes(passed=passed)


def test_the_page_names_each_fixture_and_option() -> None:
    """A fixture or option that the plug-in publishes is on the page."""
    import pytest_airproof

    page = PAGE.read_text(encoding="utf-8")
    names = [name for name in pytest_airproof.__all__ if name.startswith("airproof_")]

    assert len(names) > 5
    assert [name for name in names if f"`{name}" not in page] == []
