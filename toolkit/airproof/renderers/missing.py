"""`missing.txt`: what to fetch, for which target, as a requirements file whose comments say how.

pip and `airproof carry -r` both take it as it is; carry heeds the sections, so that each target gets its own.
"""

from __future__ import annotations

from airproof.printable import one_line
from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

FETCHABLE = frozenset(
    {
        *("absent", "dependency-missing", "version-absent", "other-python", "other-platform"),
        *("requires-python", "build-backend-absent", "all-yanked", "pre-release-only", "no-usable-file"),
        *("metadata-refused", "pre-release-newer-pip"),
    }
)
"""Causes whose `wanted` is a requirement that some file would meet."""
SECTION = "# target: "
"""Begins a section; carry reads it."""
LONGEST = 300


def render(report: Report, lang: Lang) -> str:
    """The file's text; it says so where nothing is missing."""
    say = Wording(lang)
    sections = missing_of(report)
    lines = [f"# {say('missing-head' if sections else 'missing-nothing')}"]
    for target, requirements in sections.items():
        fetch, name = _fetch(report, target), _name(report, target)
        by_pip = f"pip download -d WHEELS {fetch} {_quoted(requirements)}".replace("  ", " ")
        like = "" if name == target else f"{target}: "  # pip without options fetches for a machine like that one
        lines += ["", f"{SECTION}{name}", f"# {like}{by_pip}", *requirements]
    return "\n".join(lines) + "\n"


def missing_of(report: Report) -> dict[str, list[str]]:
    """Target to the requirements that nothing in the index meets there, each once, in the order found."""
    found: dict[str, list[str]] = {}
    for entry in report.checks:
        if entry.outcome not in (Outcome.FAILED, Outcome.WAIVED):
            continue
        for one in entry.findings:
            if one.cause in FETCHABLE and isinstance(one.wanted, str):
                mine = found.setdefault(entry.subject, [])
                wanted = one_line(one.wanted, LONGEST)
                if wanted not in mine:
                    mine.append(wanted)
    return found


def _fetch(report: Report, target: str) -> str:
    """pip's options for a target that is not here; none for an interpreter of this machine."""
    facts = report.facts.get(f"needed-{target}")
    fetch = facts.get("fetch") if isinstance(facts, dict) else None
    return fetch if isinstance(fetch, str) and target not in report.scope.here else ""


def _name(report: Report, target: str) -> str:
    """The target as `--target` takes it: an interpreter that was asked is called by its best tag.

    Not by that of Linux without a word of its C library, which pip puts first since 26: no such target has a name.
    """
    host = report.facts.get(f"host-{target}")
    tags = host.get("tags") if isinstance(host, dict) else None
    named = [str(one) for one in tags if "-linux_" not in str(one)] if isinstance(tags, (list, tuple)) else []
    parts = named[0].split("-") if named else []
    if len(parts) != 3:
        return target
    threads = "t" if parts[1].endswith("t") else ""
    return f"{parts[0]}{threads}-{parts[2]}"


def _quoted(requirements: list[str]) -> str:
    return " ".join(f'"{one}"' for one in requirements)
