"""The cause of a gap, as its own page and the reason of each file that was not taken tell it; not pip's words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from packaging.requirements import Requirement
from packaging.version import Version

from airproof.diagnosis.names import NOT_THERE
from airproof.probes.closure.resolution import Gap
from airproof.probes.index.listing import HTML_TYPES, JSON_TYPE

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
"""Causes among GAPS that are about the written requirement, and not about a project of the index."""
NEAREST = (
    *("metadata", "pre-release", "yanked", "sdist", "wheel", "requires-python", "abi", "platform"),
    *("python", "no-package", "stranger"),
)
"""Reasons why a file was not taken; a file with an earlier reason is closer to being usable. The first reason here that
some file has decides the cause; among wheels for others (FOREIGN), the wheel nearest to the host decides.
"""
FOREIGN = ("abi", "platform", "python")
"""Reasons of wheels that are for others."""
REFUSED = (401, 403, 406, 407, 429)
"""Status with which a page is refused, and is there."""


class HasTags(Protocol):
    """An interpreter here, or a target, that needs a project."""

    @property
    def label(self) -> str: ...
    @property
    def markers(self) -> Mapping[str, str]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


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
        return "pre-release-only" if announced_of(gap) else "version-absent"
    if nearest in FOREIGN and host is not None:
        foreign = [file for file in gap.files if file.why_not in FOREIGN]
        nearest = min(foreign, key=lambda one: distance_of(one.detail, host)).why_not
    if nearest == "pre-release" and not reasons["yanked"] and Requirement(gap.requirement).specifier:
        return NEWER_PIP
    return MISFITS[nearest]


def announced_of(gap: Gap) -> list[str]:
    """Files of pre-releases of versions that would do: 2.0rc1, where 2.0 is wanted (PEP 440 holds it for less)."""
    wanted = Requirement(gap.requirement).specifier
    versions = [(file.filename, Version(file.version)) for file in gap.files if file.version]
    return [name for name, one in versions if one.is_prerelease and wanted.contains(one.base_version)]


def distance_of(tags: str, host: HasTags) -> tuple[bool, bool, bool, int]:
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
