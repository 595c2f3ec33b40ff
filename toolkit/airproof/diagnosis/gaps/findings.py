"""The findings of readings in which a requirement does not resolve: one cause for each gap."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import replace
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.check import Finding
from airproof.diagnosis.absences import help_for
from airproof.diagnosis.gaps.causes import MISFITS, NEWER_PIP, HasTags, announced_of, cause_of, distance_of
from airproof.diagnosis.gaps.conflicts import of_conflict, table_of
from airproof.diagnosis.gaps.joining import joined
from airproof.diagnosis.names import cause_of_absent_name
from airproof.diagnosis.remedies.uploads import release_of
from airproof.errors import CannotLook
from airproof.probes.closure.applying import Applying
from airproof.probes.closure.candidates import FileFact, project_of
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Conflict, Gap
from airproof.probes.closure.specifiers import can_be_met
from airproof.probes.index.listing import LARGEST
from airproof.probes.index.simple import Roots
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.modules import library_of_any, library_of_target
from airproof.probes.omflow.providers import Provided
from airproof.site.indexurl import IndexUrl

TOLD = ("requires-python", "metadata", "name-inside")
"""Reasons why a file was not taken whose detail is shown behind the file's name."""
SHOWN = 4
"""File names in a sentence; all of them are in the evidence."""


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
                found.append(of_conflict(Conflict(gap.project, (gap.asked, *gap.held), gap.files), group))
            else:
                found.append(_of_gap(gap, group, known, host, provided))
        found += [of_conflict(conflict, group) for conflict in group.reading.conflicts]
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


def _is_conflict(gap: Gap) -> bool:
    """Say whether a requirement and the constraints on it exclude each other, whatever the index has."""
    return bool(gap.held) and not can_be_met(Requirement(gap.requirement).specifier)


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
    announced = announced_of(gap) if cause == "pre-release-only" else []
    of_files = "pre-release-only" if cause == NEWER_PIP else cause
    shown = [file for file in gap.files if MISFITS.get(file.why_not) == of_files or file.filename in announced]
    shown = shown or list(gap.files)
    if cause in ("other-python", "other-platform"):
        shown.sort(key=lambda file: distance_of(file.detail, host))
    names = [file.filename + (f" ({file.detail})" if file.why_not in TOLD else "") for file in shown]
    owner = gap.path[-1].split()[0] if gap.path else gap.project
    # For a build, the path goes on through the build requirements; the owner is the project of the sdist.
    owner = project_of(gap.for_build) if gap.for_build else owner
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
        "theirs": _theirs(shown, host) or "TARGET",
        "about": index.stage if index is not None and cause == "index-empty" else "",
    }
    return Finding(cause, table_of(gap.files), gap.requirement, _victims(gap, group), values)


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


def _instead(gap: Gap, host: HasTags) -> str:
    """Return the files of the newest version that would do: its sdist, and the tags of its wheels, those for the own
    platform first.
    """
    newest = next((file.version for file in gap.files if file.version and file.why_not in MISFITS), "?")
    mine = [file for file in gap.files if file.version == newest]
    sdists = [file.filename for file in mine if not file.filename.endswith(".whl")]

    def far(tag: str) -> tuple[bool, bool, bool, int]:
        return distance_of(tag, host)

    wheels = [sorted(file.detail.split(), key=far) for file in mine if file.filename.endswith(".whl")]
    tags = sorted(dict.fromkeys(tags[0] for tags in wheels if tags), key=far)
    told = [f"wheels for {', '.join(tags[:SHOWN])}{' ...' if len(tags) > SHOWN else ''}"] if tags else []
    return "; ".join([*sdists, *told]) or "-"


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
