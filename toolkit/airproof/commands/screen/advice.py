"""The lines of `carry` about known vulnerabilities of what was carried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from packaging.utils import canonicalize_name

from airproof.custody.advisories import AdvisoryIndex
from airproof.custody.cvss import counts
from airproof.custody.matches import matches_of
from airproof.printable import one_line
from airproof.record.fold import waiver_for
from airproof.site.manifest import CarriedFile, Manifest
from airproof.site.site import Waiver
from airproof.words import Lang, load_texts

WORDS = Path(__file__).parents[1] / "carry.toml"
LONGEST = 1000
"""Characters of one line."""
CHECK = "SEC01"
"""The check that tells the same on the closed side, and by whose id it is waived."""


def advice_of(
    index: AdvisoryIndex, manifest: Manifest, lang: Lang, *, fail_on: str, waivers: Sequence[Waiver]
) -> tuple[list[str], bool]:
    """Return a line for the database and for each advisory about a file of the medium, and whether any of them counts.

    `fail_on`: the severity from which on an advisory counts; empty: none does. Raises BadInput.
    """
    words = load_texts(WORDS)
    files: dict[tuple[str, str], list[CarriedFile]] = {}
    for file in manifest.files:
        files.setdefault((canonicalize_name(file.project), file.version), []).append(file)
    wanted: dict[str, set[str]] = {}
    for project, version in files:
        wanted.setdefault(project, set()).add(version)
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    holding = [(one.check, one.subject, one.reason) for one in waivers if not one.until or today <= one.until]
    found = matches_of(index, wanted)
    head = words["advisories"].fill({"total": index.total, "newest": index.newest[:10], "count": len(found)})
    lines, rejected = [one_line(head.of(lang), LONGEST)], False
    for match in found:
        reason = waiver_for(holding, CHECK, "", match.subjects)
        takers = dict.fromkeys(label for file in files[match.project, match.version] for label in file.targets)
        values = {
            "project": match.project,
            "version": match.version,
            "advisory": match.id,
            "named": match.id + (f" ({', '.join(match.aliases[:4])})" if match.aliases else ""),
            "severity": match.severity,
            "summary": match.summary or "-",
            "fixed": ", ".join(match.fixed[:4]) or "-",
            "targets": ", ".join(takers) or "-",
            "reason": reason or "",
        }
        line = words["advisory" if reason is None else "advisory-waived"].fill(values)
        lines.append(one_line(line.of(lang), LONGEST))
        rejected = rejected or (reason is None and bool(fail_on) and counts(match.severity, fail_on))
    if rejected:
        lines.append(one_line(words["advisories-count"].fill({"severity": fail_on}).of(lang), LONGEST))
    return lines, rejected
