"""`missing.txt`: what to fetch, for which target, as a requirements file whose comments say how.

pip and `airproof carry -r` both take it as it is; carry heeds the sections, so that each target gets its own.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from airproof.printable import one_line
from airproof.record.outcome import Outcome, Verdict
from airproof.record.report import RecordedFinding, Report
from airproof.renderers.text.wording import Wording
from airproof.words import Lang

FETCHABLE = frozenset(
    {
        *("absent", "dependency-missing", "version-absent", "other-python", "other-platform"),
        *("requires-python", "build-backend-absent", "all-yanked", "pre-release-only", "no-usable-file"),
        *("metadata-refused", "pre-release-newer-pip"),
    }
)
"""In records whose findings do not say what is fetched for them: causes whose `wanted` some file would meet."""
SECTION = "# target: "
"""Begins a section; carry reads it."""
LONGEST = 300
PINNED = ("==", "===")


def render(report: Report, lang: Lang) -> str:
    """The file's text; where nothing has to be fetched, it says so."""
    say = Wording(lang)
    sections = missing_of(report)
    rejected = report.verdict is not Verdict.ACCEPTED
    head = "missing-head" if sections else "missing-elsewhere" if rejected else "missing-nothing"
    lines = [f"# {say(head)}"]
    for target, requirements in sections.items():
        name = _name(report, target)
        like = "" if name == target else f"{target}: "  # pip without options fetches for a machine like that one
        by_pip = _download(report, target, requirements, "WHEELS")
        lines += ["", f"{SECTION}{name}", f"# {like}{by_pip}", *requirements]
    return "\n".join(lines) + "\n"


def downloads_of(report: Report, folder: str) -> list[str]:
    """For each section, the line with which pip itself fetches into a folder."""
    return [_download(report, target, requirements, folder) for target, requirements in missing_of(report).items()]


def _download(report: Report, target: str, requirements: list[str], folder: str) -> str:
    return " ".join(filter(None, ["pip download -d", bare(folder), _fetch(report, target), _quoted(requirements)]))


def missing_of(report: Report) -> dict[str, list[str]]:
    """Target to the requirements that have to be fetched for it, each project once if one version can meet all that is
    asked, in the order found.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for entry in report.checks:
        if entry.outcome not in (Outcome.FAILED, Outcome.WAIVED):
            continue
        for finding in entry.findings:
            wanted = finding.fetch
            if not wanted and not told_apart(finding) and finding.cause in FETCHABLE:
                wanted = finding.wanted if isinstance(finding.wanted, str) else ""
            for target in (entry.subject,) if entry.subject or not report.scope.targets else report.scope.targets:
                if wanted:
                    wishes = found.setdefault(target, {})
                    wishes.setdefault(_project(wanted), []).append(one_line(wanted, LONGEST))
    return {
        target: [wish for wishes in projects.values() for wish in _together(wishes)]
        for target, projects in found.items()
    }


def told_apart(finding: RecordedFinding) -> bool:
    """Say whether a finding says by place what is to be done, as all but old records do."""
    return bool(finding.fetch or finding.outside or finding.inside or finding.about)


def _project(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return requirement


def _together(wishes: list[str]) -> list[str]:
    """One requirement for all, in the first spelling; each as it is, where they pin different versions."""
    try:
        each = [Requirement(wish) for wish in wishes]
    except InvalidRequirement:
        return list(dict.fromkeys(wishes))
    specifier = reduce(and_, (wish.specifier for wish in each))
    pins = {clause.version for clause in specifier if clause.operator in PINNED}
    if len(pins) > 1:
        return list({str(wish.specifier): text for text, wish in zip(wishes, each, strict=True)}.values())
    if all(wish.specifier == each[0].specifier and wish.extras == each[0].extras for wish in each):
        return wishes[:1]
    extras = ",".join(sorted({extra for wish in each for extra in wish.extras}))
    return [f"{each[0].name}{f'[{extras}]' if extras else ''}{specifier}"]


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


def bare(folder: str) -> str:
    return f'"{folder}"' if " " in folder else folder
