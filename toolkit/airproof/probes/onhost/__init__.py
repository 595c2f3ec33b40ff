"""Scripts that run under ANOTHER Python: standard library only, Python 3.6 and later. They import only each other."""

from __future__ import annotations

from pathlib import Path

SCRIPTS = Path(__file__).parent


def joined(*scripts: Path) -> str:
    """Return one text of several scripts, without what runs each by itself, and what it imports of the others."""
    return "\n\n".join(map(_part, scripts))


def _part(script: Path) -> str:
    text = script.read_text(encoding="utf-8").partition('\nif __name__ == "__main__":')[0]
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("from airproof."))
