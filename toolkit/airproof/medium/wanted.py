"""What came back from the closed side: a list of what is missing there, or a record of what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airproof.record.report import read_report
from airproof.renderers.missing import SECTION
from airproof.requirements import parse_requirement
from airproof.site import Group


def sections_of(path: Path) -> dict[str, Group] | None:
    """Target to what it misses, of a `missing.txt`; None for any other requirements file.

    Raises BadInput for a line that is no requirement.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None  # whoever reads it as a requirements file says what is wrong
    if not any(line.startswith(SECTION) for line in lines):
        return None
    found: dict[str, list[str]] = {}
    label = ""
    for number, line in enumerate(lines, start=1):
        if line.startswith(SECTION):
            label = line.removeprefix(SECTION).strip()
        elif line.strip() and not line.lstrip().startswith("#"):
            found.setdefault(label, []).append(parse_requirement(line, f"{path}:{number}"))
    return {label: Group(f"{path.name} {label}", tuple(asked)) for label, asked in found.items() if label}


def there_of(record: Path) -> frozenset[str]:
    """The sha256 of every file that a record saw served, in any target's closure. Raises BadInput."""
    report = read_report(record)
    found: set[str] = set()
    for name, fact in report.facts.items():
        if name.startswith(("needed-", "readings-")):
            _collect(fact, found)
    return frozenset(found)


def _collect(fact: Any, found: set[str]) -> None:
    """Every `link` with a published sha256, wherever it stands in the fact."""
    if isinstance(fact, dict):
        hashes = fact.get("hashes")
        if isinstance(hashes, dict) and isinstance(hashes.get("sha256"), str):
            found.add(hashes["sha256"])
        for value in fact.values():
            _collect(value, found)
    elif isinstance(fact, (list, tuple)):
        for value in fact:
            _collect(value, found)
