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
        for finding in entry.findings:
            if finding.cause in FETCHABLE and isinstance(finding.wanted, str):
                mine = found.setdefault(entry.subject, [])
                wanted = one_line(finding.wanted, LONGEST)
                if wanted not in mine:
                    mine.append(wanted)
    return found


def _fetch(report: Report, target: str) -> str:
    """pip's options for a target that is not here; none for an interpreter of this machine."""
    fetch = next((read.fetch for read in report.summary.targets if read.label == target), "")
    return "" if target in report.scope.here else fetch


def _name(report: Report, target: str) -> str:
    """The target as `--target` takes it."""
    host = report.summary.host(target)
    return host.target if host else target


def _quoted(requirements: list[str]) -> str:
    return " ".join(f'"{requirement}"' for requirement in requirements)
