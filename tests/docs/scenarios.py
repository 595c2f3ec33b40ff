"""Draws docs/scenarios.md, the keys of a scenario, from the structs that read one: `python -m tests.docs.scenarios`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from pytest_airproof.drill import scenario

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"
HEAD = """# The keys of a scenario

Each TOML file in `fixtures/pytest_airproof/scenarios/` is one scenario: a site with one fault, or a healthy one that
looks odd (`accepted-*.toml`). `airproof drill --only NAME` runs one of them. A key that is not listed here is refused.
Texts may name what only the built site knows, in braces, such as `{local}` (the URL of the index under test);
`pytest_airproof/drill/names.py` lists them. A type that is the name of another table below stands for a table of those
keys, and `tuple[…, ...]` for an array.

This page is written by `python noxfile.py -s docs`.
"""
TABLES = {"Scenario": "", "IndexTable": "[[index]]", "PackageTable": "[[package]]", "Expected": "[expect]"}
"""Those that every writer needs come first; of the others the key that holds them tells the name."""


def page() -> str:
    """The whole page."""
    classes = {
        node.name: node
        for node in ast.parse(inspect.getsource(scenario)).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
    order = [*TABLES, *(name for name in classes if name not in TABLES)]
    return HEAD + "".join(_table(classes[name]) for name in order)


def _table(node: ast.ClassDef) -> str:
    written = TABLES.get(node.name)
    title = f"{node.name}: `{written}`" if written else node.name
    rows = "".join(f"| `{key}` | `{kind}` | {default} | {note} |\n" for key, kind, default, note in _keys(node))
    about = _plain(ast.get_docstring(node) or "")
    return f"\n## {title}\n\n{about}\n\n| key | type | default | |\n|---|---|---|---|\n{rows}"


def _keys(node: ast.ClassDef) -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default and note of each field; the name is the file's stem, and no key."""
    following = [*node.body[1:], None]
    for field, after in zip(node.body, following, strict=True):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if (node.name, field.target.id) == ("Scenario", "name"):
            continue
        text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        default = "required" if field.value is None else f"`{ast.unparse(field.value)}`"
        kind = ast.unparse(field.annotation).replace("|", "\\|")
        yield field.target.id.replace("_", "-"), kind, default, _plain(str(text))


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
