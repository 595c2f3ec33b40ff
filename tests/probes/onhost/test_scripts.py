"""Scripts that run under another Python: the grammar of 3.6, its standard library, and nothing else of airproof."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.probes import onhost

FOLDER = Path(onhost.__file__).parent
SCRIPTS = sorted(FOLDER.glob("[!_]*.py"))
OLDEST = (3, 6)
SINCE_3_6 = {
    "dataclasses",
    "contextvars",
    "graphlib",
    "zoneinfo",
    "tomllib",
    "importlib.resources",
    "importlib.metadata",
}
"""Modules of the standard library that came after it."""
OF_PIP = {"pip"}
"""pip itself, where a script asks it from inside."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=OLDEST)


def imports_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_needs_nothing_but_an_old_python(path: Path) -> None:
    """It parses with the grammar of 3.6, and imports that library, pip, or a script beside it."""
    own = {f"{onhost.__name__}.{script.stem}" for script in SCRIPTS}
    names = set(imports_of(parsed(path)))

    assert set() == {
        name
        for name in names - own
        if name in SINCE_3_6 or name.partition(".")[0] not in sys.stdlib_module_names | OF_PIP
    }


@pytest.mark.parametrize("source", ["if (n := 1): pass", "def f(a, /): pass", "match x:\n    case 1: pass\n"])
def test_a_newer_grammar_is_refused(source: str, tmp_path: Path) -> None:
    """The parser knows what 3.6 does not."""
    script = tmp_path / "script.py"
    script.write_text(source, encoding="utf-8")

    with pytest.raises(SyntaxError):
        parsed(script)
