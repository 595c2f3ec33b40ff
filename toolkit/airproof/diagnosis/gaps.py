"""One cause for each requirement that does not resolve, told from the index's pages and files, never from pip's
words.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Protocol

from msgspec.structs import replace
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from airproof.check import Finding
from airproof.diagnosis.absences import help_for
from airproof.diagnosis.names import NOT_THERE, cause_of_absent_name
from airproof.diagnosis.remedies.uploads import release_of
from airproof.errors import CannotLook
from airproof.probes.closure.applying import Applying
from airproof.probes.closure.candidates import FileFact, project_of
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Conflict, Gap, Want
from airproof.probes.closure.specifiers import can_be_met
from airproof.probes.index.listing import HTML_TYPES, JSON_TYPE, LARGEST
from airproof.probes.index.simple import Roots
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.modules import library_of_any, library_of_target
from airproof.probes.omflow.providers import Provided
from airproof.site.indexurl import IndexUrl

MISFITS = {
    "metadata": "metadata-refused",
    "yanked": "all-yanked",
    "pre-release": "pre-release-only",
    "requires-python": "requires-python",
    "python": "other-python",
    "abi": "other-python",
    "platform": "other-platform",
    "no-package": "no-usable-file",
    "sdist": "sdist-only",
    "wheel": "wheels-refused",
    "stranger": "only-strangers",
}
"""Why a file was not taken -> the cause, where no file does better."""
NEWER_PIP = "pre-release-newer-pip"
"""The cause where a pip from 26 on takes a pre-release that older ones pass over."""
FETCHABLE = "conflict-version-absent"
"""The cause where a version that the index does not have would meet all that is asked."""
GAPS = (
    "absent",
    "in-other-index",
    "index-empty",
    "close-name",
    "import-name",
    "standard-library",
    "omflow-module",
    NOT_THERE,
    "dependency-missing",
    "page-empty",
    "page-not-served",
    "page-not-normalised",
    "page-refused",
    "page-type-not-read",
    "page-is-no-list",
    "page-not-decoded",
    "page-newer-than-pip",
    "mirror-stale",
    "mirror-kept",
    "page-too-large",
    "version-absent",
    "build-backend-absent",
    "conflict",
    FETCHABLE,
    "too-deep",
    NEWER_PIP,
    *dict.fromkeys(MISFITS.values()),
)
"""All causes for which a requirement does not resolve."""
BY_WISH = ("conflict", FETCHABLE, "too-deep", "import-name", "standard-library", "omflow-module", NOT_THERE)
"""Those of them that are about what was written, and not about a project of the index."""
NEAREST = (
    *("metadata", "pre-release", "yanked", "sdist", "wheel", "requires-python", "abi", "platform"),
    *("python", "no-package", "stranger"),
)
"""Of several reasons the one nearest to being usable is the cause."""
FOREIGN = ("abi", "platform", "python")
"""Reasons of wheels that are for others."""
TOLD = ("requires-python", "metadata", "name-inside")
"""Reasons whose detail is told with the file."""
REFUSED = (401, 403, 406, 407, 429)
"""Status with which a page is refused, and is there."""
MOST_WAYS = 1_000
"""Choices of one version of each project that are tried for a conflict."""
SHOWN = 4
"""File names in a sentence; all of them are in the evidence."""


class HasTags(Protocol):
    """An interpreter here, or a target, that needs a project."""

    @property
    def label(self) -> str: ...
    @property
    def markers(self) -> Mapping[str, str]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


def findings_of(readings: Readings, *, known: Roots, host: HasTags, provided: Provided | None = None) -> list[Finding]:
    """All causes of one interpreter's readings, those that share a cause together, with all their victims.

    `provided`: who provides what is absent, where that was asked.
    """
    found: list[Finding] = []
    gaps = (gap for reading in readings.groups for gap in reading.reading.gaps)
    spelled = {**{gap.project: gap.served_as for gap in gaps if gap.served_as}, **known.configured.spelled}
    known = replace(known, configured=replace(known.configured, spelled=spelled))
    for group in readings.groups:
        for gap in group.reading.gaps:
            if _is_conflict(gap):
                found.append(_of_conflict(Conflict(gap.project, (gap.asked, *gap.held), gap.files), group))
            else:
                found.append(_of_gap(gap, group, known, host, provided))
        found += [_of_conflict(conflict, group) for conflict in group.reading.conflicts]
        if group.reading.too_deep:
            found.append(
                Finding(
                    "too-deep", list(group.requirements), "a resolution", group.requirements, {"group": group.group}
                )
            )
    return joined(found)


def hold_judged(readings: Readings, applying: Applying) -> None:
    """Raises CannotLook for a group that is judged neither here nor for anybody else of the run."""
    unjudged = [group.group for group in readings.groups if group.group in applying.nowhere]
    if unjudged:
        raise CannotLook("nothing-applies", groups=", ".join(unjudged))


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


def _is_conflict(gap: Gap) -> bool:
    """Say whether a requirement and the constraints on it exclude each other, whatever the index has."""
    return bool(gap.held) and not can_be_met(Requirement(gap.requirement).specifier)


def cause_of(gap: Gap, host: HasTags | None = None) -> str:
    """Return the cause of one gap, from the page's status and the reason of each file that was not taken.

    `host`: the interpreter or target that needs it. If there are only wheels for others, the reason of the wheel that
    comes nearest to it is the cause.
    """
    if gap.page_too_large:
        return "page-too-large"
    if gap.status in REFUSED:
        return "page-refused"
    if gap.undecoded:
        return "page-not-decoded"
    if gap.html_wanted:
        return "page-newer-than-pip"
    if gap.content_type:
        return "page-is-no-list" if gap.content_type in (*HTML_TYPES, JSON_TYPE) else "page-type-not-read"
    if gap.trouble or gap.status not in (200, 404):
        return "page-not-served"
    if gap.for_build:
        return "build-backend-absent"
    if gap.status == 404:
        return "dependency-missing" if gap.path else "absent"
    if gap.kept_serial is not None and not gap.kept_seconds:
        return "mirror-stale"
    cause = _cause_of_files(gap, host) if gap.files else "page-empty"
    return "mirror-kept" if gap.kept_by and cause in ("version-absent", "page-empty") else cause


def _cause_of_files(gap: Gap, host: HasTags | None) -> str:
    reasons = Counter(file.why_not for file in gap.files if file.why_not != "version")
    nearest = next((reason for reason in NEAREST if reasons[reason]), None)
    if nearest is None:
        return "pre-release-only" if _announced(gap) else "version-absent"
    if nearest in FOREIGN and host is not None:
        foreign = [file for file in gap.files if file.why_not in FOREIGN]
        nearest = min(foreign, key=lambda one: _distance(one.detail, host)).why_not
    if nearest == "pre-release" and not reasons["yanked"] and Requirement(gap.requirement).specifier:
        return NEWER_PIP
    return MISFITS[nearest]


def _announced(gap: Gap) -> list[str]:
    """Files of pre-releases of versions that would do: 2.0rc1, where 2.0 is wanted (PEP 440 holds it for less)."""
    wanted = Requirement(gap.requirement).specifier
    versions = [(file.filename, Version(file.version)) for file in gap.files if file.version]
    return [name for name, one in versions if one.is_prerelease and wanted.contains(one.base_version)]


def _stdlib(host: HasTags) -> Collection[str]:
    """Its module names; of a target whose interpreter is not here, those that such a Python has."""
    return host.stdlib if isinstance(host, Host) else library_of_target(host.markers)


def _missing(host: HasTags) -> Collection[str]:
    """Return modules of the standard library that it does not have; of an interpreter, of those that flows import."""
    if isinstance(host, Host):
        return [module for module in host.library.values() if module]
    return library_of_any() - library_of_target(host.markers)


def _of_gap(gap: Gap, group: GroupReading, known: Roots, host: HasTags, provided: Provided | None) -> Finding:
    cause = cause_of(gap, host)
    close = known.configured.spelled.get(gap.project)
    listed = gap.project in known.configured.names
    if cause in ("absent", "dependency-missing") and close is not None:
        cause = "page-not-normalised"
    elif cause in ("absent", "dependency-missing") and listed:  # among its projects, and without a page
        cause = "page-not-served"
    elif cause == "absent":
        cause, close = cause_of_absent_name(
            Requirement(gap.requirement).name, known, _stdlib(host), provided, missing=_missing(host)
        )
    other = known.other_index(gap.project)
    if cause in ("absent", "close-name", "import-name") and other:
        cause = "in-other-index"
    elif cause in ("absent", "dependency-missing") and known.is_empty:
        cause = "index-empty"
    index = IndexUrl.of(known.configured.url) if known.configured.url else None
    announced = _announced(gap) if cause == "pre-release-only" else []
    misfit = "pre-release-only" if cause == NEWER_PIP else cause
    reason = [file for file in gap.files if MISFITS.get(file.why_not) == misfit or file.filename in announced]
    reason = reason or list(gap.files)
    if cause in ("other-python", "other-platform"):
        reason.sort(key=lambda one: _distance(one.detail, host))
    names = [file.filename + (f" ({file.detail})" if file.why_not in TOLD else "") for file in reason]
    owner = gap.path[-1].split()[0] if gap.path else gap.project
    owner = project_of(gap.for_build) if gap.for_build else owner  # of a build its own requirements lie on the path too
    values = {
        "project": gap.project,
        "requirement": gap.requirement,
        "path": _path(gap, group),
        "versions": ", ".join(dict.fromkeys(file.version for file in gap.files if file.version)),
        "files": ", ".join(names[:SHOWN]) + (f" (+{len(names) - SHOWN})" if len(names) > SHOWN else ""),
        "label": host.label,
        "python": host.markers.get("python_version", "?"),
        "python_full": host.markers.get("python_full_version", "?"),
        "platform": _platform(host),
        "sdist": gap.for_build,
        "release": release_of(gap.for_build) if gap.for_build else gap.requirement,
        "instead": _instead(gap, host),
        "helps": help_for(gap.requirement),
        "owner": owner,
        "close": close or "",
        "detail": gap.undecoded or gap.trouble or f"status {gap.status}",
        "limit": LARGEST,
        "status": gap.status or "-",
        "type": gap.content_type or "-",
        "serial": gap.kept_serial,
        "mirror": gap.kept_by or "-",
        "kept": gap.kept_seconds,
        "stage": index.stage if index is not None else "-",
        "other": other,
        "right": index.bare.replace(index.stage, other) if index is not None else "-",
        "fetched": "" if close and canonicalize_name(close) in known.configured.names else close or "",
        "theirs": _theirs(reason, host) or "TARGET",
        "about": index.stage if index is not None and cause == "index-empty" else "",
    }
    return Finding(cause, _table(gap.files), gap.requirement, _victims(gap, group), values)


def _theirs(files: Iterable[FileFact], host: HasTags) -> str:
    """The target of the first wheel for somebody else, as `--target` takes it; empty where its tags name none."""
    tag = next((tag for file in files for tag in file.detail.split() if tag.count("-") == 2), "")
    python, platform = tag.partition("-")[0], tag.rpartition("-")[2]
    mine = f"cp{host.markers.get('python_version', '').replace('.', '')}"
    return f"{python if python.startswith('cp') else mine}-{platform}" if platform not in ("", "any") else ""


def _path(gap: Gap, group: GroupReading) -> str:
    """Return the path of requirements, and the constraints and other requirements that hold a project."""
    path = (" -> ".join(gap.path) or _place(gap, group)) + (f" ({group.differs})" if group.differs else "")
    return ", ".join((path, *(f"{want.where or want.by or 'constraint'} ({want.requirement})" for want in gap.held)))


def _distance(tags: str, host: HasTags) -> tuple[bool, bool, bool, int]:
    """How far a wheel is from what fits: another system, another machine, another Python, and how many Pythons away."""
    own = [tag.split("-") for tag in host.tags]
    system, machine = _system(own[0][2]), own[0][2].rpartition("_")[2]
    each = [tag.split("-") for tag in tags.split() if tag.count("-") == 2]
    pythons = {python for python, _, _ in own}
    minor = int(host.markers.get("python_version", "3.0").partition(".")[2] or 0)

    def one_of(tag: list[str]) -> tuple[bool, bool, bool, int]:
        python, _, platform = tag
        found = re.fullmatch(r"[a-z]+3(\d+)", python)
        apart = abs(int(found[1]) - minor) if found else 0
        any_machine = platform == "any" or platform.endswith(machine) or "universal" in platform
        return (_system(platform) not in (system, "any"), not any_machine, python not in pythons, apart)

    return min(map(one_of, each), default=(True, True, True, 99))


def _system(platform: str) -> str:
    """The first word of a platform tag: linux, manylinux, musllinux, win, macosx, any."""
    word = re.match(r"[a-z]*", platform)
    return {"linux": "manylinux"}.get(word[0] if word else "", word[0] if word else "")


def _table(files: Iterable[FileFact]) -> list[dict[str, str]]:
    """Every candidate file and why it was not taken."""
    return [{"file": file.filename, "why_not": file.why_not, "detail": file.detail} for file in files]


def _instead(gap: Gap, host: HasTags) -> str:
    """Return the files of the newest version that would do: its sdist, and the tags of its wheels, those for the own
    platform first.
    """
    newest = next((file.version for file in gap.files if file.version and file.why_not in MISFITS), "?")
    mine = [file for file in gap.files if file.version == newest]
    sdists = [requirement.filename for requirement in mine if not requirement.filename.endswith(".whl")]

    def far(tag: str) -> tuple[bool, bool, bool, int]:
        return _distance(tag, host)

    wheels = [
        sorted(requirement.detail.split(), key=far) for requirement in mine if requirement.filename.endswith(".whl")
    ]
    tags = sorted(dict.fromkeys(tags[0] for tags in wheels if tags), key=far)
    told = [f"wheels for {', '.join(tags[:SHOWN])}{' ...' if len(tags) > SHOWN else ''}"] if tags else []
    return "; ".join([*sdists, *told]) or "-"


def _of_conflict(conflict: Conflict, group: GroupReading) -> Finding:
    wants = list(_wants(conflict, group))
    together = _together(conflict.wants)
    project = canonicalize_name(conflict.project.partition("[")[0])
    values = {
        "project": conflict.project,
        "wants": ", ".join(wants),
        "path": group.group,
        "requirement": f"{project}{together or ''}",
        "versions": ", ".join(dict.fromkeys(file.version for file in conflict.files if file.version)) or "-",
    }
    found = {"wants": wants, "files": _table(conflict.files)}
    cause = "conflict" if together is None else FETCHABLE
    return Finding(cause, found, "one version for all", group.requirements, values)


def _together(wants: Iterable[Want]) -> SpecifierSet | None:
    """Return what a version has to meet so that all projects that ask for it can have one version; None if no version
    could.
    """
    by: dict[str, dict[SpecifierSet, None]] = {}
    for number, want in enumerate(wants):
        name = want.by.rpartition(" ")[0] or str(number)
        by.setdefault(name, {})[Requirement(want.requirement).specifier] = None
    ways = itertools.islice(itertools.product(*by.values()), MOST_WAYS)
    return next((each for each in (reduce(and_, way) for way in ways) if can_be_met(each)), None)


def _wants(conflict: Conflict, group: GroupReading) -> Iterator[str]:
    """Each requirement with who asks for it; the versions of one project that ask alike together."""
    by: dict[tuple[str, str, str], list[str]] = {}
    for want in conflict.wants:
        name, _, version = want.by.rpartition(" ")
        by.setdefault((want.requirement, name, want.where), []).append(version)
    for (requirement, name, where), versions in by.items():
        more = f" ({len(versions)} versions, {versions[0]} ... {versions[-1]})"
        itself = where or group.group
        asking = itself if not name else f"{name} {versions[0]}" if len(versions) == 1 else f"{name}{more}"
        yield f"{requirement} ({asking}, {where})" if name and where else f"{requirement} ({asking})"


def _victims(gap: Gap, group: GroupReading) -> tuple[str, ...]:
    """The requirements that were asked for and cannot be had: the one at the path's start, else the gap itself."""
    root = gap.path[0].split()[0].partition("[")[0] if gap.path else gap.project
    mine = tuple(requirement for requirement in group.requirements if _project(requirement) == root)
    return mine or (gap.requirement,)


def _place(gap: Gap, group: GroupReading) -> str:
    """Return where it was asked for; a flow is named with its items."""
    items = group.items.get(gap.asked.requirement or gap.requirement, ())
    return f"{group.group} / {', '.join(items)}" if items else group.group


def _project(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def _platform(host: HasTags) -> str:
    """The platform that pip download is told to fetch for: of this interpreter's tags the plainest of its own."""
    platforms = [tag.rpartition("-")[2] for tag in host.tags]
    common = [
        platform
        for platform in platforms
        if platform.startswith(("manylinux2014", "win", "musllinux_1_1", "macosx_11"))
    ]
    return next(iter([*common, *platforms]), "any")
