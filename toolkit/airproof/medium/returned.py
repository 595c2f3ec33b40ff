"""Input from the closed side: a list of what is missing there, or a record of what is there."""

from __future__ import annotations

from pathlib import Path

from airproof.catalog import load_catalog
from airproof.facts.keys import NEEDED, READINGS
from airproof.record.file import read_report
from airproof.record.outcome import Outcome
from airproof.renderers.missing import SECTION
from airproof.site.group import Group
from airproof.site.requirements import parse_requirement

LISTED_WRONGLY = ("needed-not-served", "file-gone", "file-not-served", "hash-mismatch")
"""Causes that say of a file that it is listed there and does not come as it should."""
INSIDE = "FIL04"
"""The check whose causes say that a file is not what its name tells."""


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
    found = [
        finding
        for entry in report.checks
        if entry.outcome in (Outcome.FAILED, Outcome.WAIVED)
        for finding in entry.findings
    ]
    doubts = {*LISTED_WRONGLY, *load_catalog().checks[INSIDE].info.causes}
    doubted = {finding.filename for finding in found if finding.fetch or finding.cause in doubts}
    closures = [*READINGS.read(report.facts).values()]
    closures += [needed.readings for needed in NEEDED.read(report.facts).values()]
    links = [
        pin.link
        for readings in closures
        for group in readings.groups
        for pin in (*group.reading.pins, *group.reading.prepared)
    ]
    return frozenset(
        link.hashes["sha256"] for link in links if "sha256" in link.hashes and link.filename not in doubted
    )
