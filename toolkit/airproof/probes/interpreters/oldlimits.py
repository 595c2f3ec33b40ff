"""Limits with versions from before PEP 440, such as `>=2004d`, `<3.x` or `==`, as pip compares them until 24.0."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_LIMIT = re.compile(r"\s*(?P<operator>===?|!=|<=|>=|<|>)\s*(?P<version>\S*)\s*")
_PARTS = re.compile(r"(\d+|[a-z]+|\.|-)")
_MEANT = {"pre": "*c", "preview": "*c", "-": "*final-", "rc": "*c", "dev": "*@"}
_FINAL = "*final"
"""The end of each version. A part that is less, such as that of `a` or `dev`, comes before the release itself."""


def modern(limit: str) -> str | None:
    """Return a limit as PEP 440 writes it; empty if it admits every version, and None if it is no limit at all.

    A version that is none by PEP 440 is compared part by part (packaging 21.3, `LegacyVersion`; compared with the one
    of pip 22.2.2): `>=2004d` admits 2004 and later ones, and `dev` is less than everything. A limit that no version
    meets is written with `===`, which compares texts.
    """
    try:
        return str(SpecifierSet(limit))
    except InvalidSpecifier:
        pass
    match = _LIMIT.fullmatch(limit)
    if match is None:
        return None
    operator, written = match["operator"], match["version"]
    numbers, end = _taken_apart(written)
    if operator == "!=":
        return ""
    never = f"==={written or '-'}"
    if operator in ("==", "==="):
        return never
    if not numbers:  # Each version begins with a number, and numbers come after letters.
        return "" if operator in (">", ">=") else never
    if operator in (">", ">="):
        return f">={numbers}" if end < _FINAL else f">{numbers}"
    return f"<{numbers}" if end < _FINAL else f"<={numbers}"


def _taken_apart(version: str) -> tuple[str, str]:
    """Return the numbers with which a version begins, and the first part that is none."""
    parts: list[str] = []
    for part in _PARTS.split(version.lower()):
        if not part or part == ".":
            continue
        named = part if part[0].isdigit() else _MEANT.get(part, f"*{part}")
        if parts and parts[-1] == _MEANT["-"] and named[0] == "*" and named < _FINAL:
            parts.pop()
        parts.append(named)
    ends = next((at for at, part in enumerate(parts) if part[0] == "*"), len(parts))
    return ".".join(parts[:ends]), parts[ends] if ends < len(parts) else _FINAL
