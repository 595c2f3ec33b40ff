"""Findings that say the same of the same project, as one finding with all victims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_

from msgspec.structs import replace
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from airproof.check import Finding
from airproof.diagnosis.gaps.causes import BY_WISH, GAPS


def joined(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that say the same of the same project, once, with all victims; however each requirement is written."""
    by_key: dict[str, list[Finding]] = {}
    for finding in findings:
        values = finding.values
        whole = finding.cause in GAPS and "requirement" in values and finding.cause not in BY_WISH
        about = (values.get("project"), values.get("sdist"), None if whole else finding.wanted)
        by_key.setdefault(repr((finding.cause, about)), []).append(finding)
    return [_about_its_project(_as_one(each) if len(each) > 1 else each[0]) for each in by_key.values()]


def _about_its_project(finding: Finding) -> Finding:
    """The finding, marked such that those of the same cause and project are one in a report, for all targets."""
    if finding.cause in BY_WISH or "project" not in finding.values:
        return finding
    return replace(
        finding, values={**finding.values, "about": finding.values.get("about") or finding.values["project"]}
    )


def _as_one(each: Sequence[Finding]) -> Finding:
    first = each[0]
    victims = tuple(dict.fromkeys(victim for finding in each for victim in finding.victims))
    asked = list(dict.fromkeys(str(finding.values.get("requirement", "")) for finding in each))
    differ = len({_spelled(text) for text in asked}) > 1
    paths: dict[str, None] = {}
    for result in each:
        for path in filter(None, str(result.values.get("path", "")).split("; ")):
            asked_as = result.values["requirement"]
            paths[f"{path} ({asked_as})" if differ and path != asked_as else path] = None
    values = {**first.values, "path": "; ".join(paths)}
    wanted = first.wanted
    if differ:
        wanted = values["requirement"] = _all_of(asked)
    return Finding(first.cause, first.found, wanted, victims, values)


def _spelled(text: str) -> tuple[str, str]:
    """A requirement however it is written. What is no requirement, such as a module's name, stays as it is."""
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        return text, ""
    return canonicalize_name(parsed.name), f"{sorted(parsed.extras)}{parsed.specifier}"


def _all_of(texts: Iterable[str]) -> str:
    """One requirement for all of them; the project alone where different versions are pinned."""
    each = [Requirement(text) for text in texts]
    pins = {clause.version for asked in each for clause in asked.specifier if clause.operator in ("==", "===")}
    extras = sorted({extra for asked in each for extra in asked.extras})
    name = each[0].name + (f"[{','.join(extras)}]" if extras else "")
    return name if len(pins) > 1 else f"{name}{reduce(and_, (asked.specifier for asked in each))}"
