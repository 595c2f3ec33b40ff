"""What came back from the closed side: a list of what is missing there, or a record of what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airproof.record.file import read_report
from airproof.record.outcome import Outcome
from airproof.renderers.missing import SECTION
from airproof.site.requirements import parse_requirement
from airproof.site.site import Group

DOUBTS = frozenset(
    {
        *("needed-not-served", "file-gone", "file-not-served", "hash-mismatch"),
        *("damaged-wheel", "name-inside-differs", "record-untrue", "tags-differ"),
    }
)
"""Causes that say of a file that it is listed there and not as it should be."""


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
    """The sha256 of every file that a record saw served, in any target's closure. One that a finding names, since it is
    gone, changed or unreadable there, is not counted. Raises BadInput.
    """
    report = read_report(record)
    failed = [one for entry in report.checks if entry.outcome is Outcome.FAILED for one in entry.findings]
    doubted = "\n".join(one.says.en for one in failed if one.cause in DOUBTS)
    found: set[str] = set()
    for name, fact in report.facts.items():
        if name.startswith(("needed-", "readings-")):
            _collect(fact, found, doubted)
    return frozenset(found)


def _collect(fact: Any, found: set[str], doubted: str) -> None:
    """Every `link` with a published sha256, wherever it stands in the fact."""
    if isinstance(fact, dict):
        hashes, filename = fact.get("hashes"), fact.get("filename")
        if isinstance(hashes, dict) and isinstance(hashes.get("sha256"), str) and str(filename) not in doubted:
            found.add(hashes["sha256"])
        for value in fact.values():
            _collect(value, found, doubted)
    elif isinstance(fact, (list, tuple)):
        for value in fact:
            _collect(value, found, doubted)
