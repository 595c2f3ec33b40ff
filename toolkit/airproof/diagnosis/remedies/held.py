"""Packages that are missing from the index and lie on this side of the gap already: on a medium or in a wheelhouse."""

from __future__ import annotations

from collections.abc import Container, Iterable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from airproof.probes.closure.candidates import parse_filename, project_of


def is_held(requirement: str, filenames: Iterable[str], tags: Container[str] = ()) -> bool:
    """Say whether a file among these meets the requirement on a host that takes wheels of these tags. Where nobody
    knows the host, a wheel of a certain platform is not counted: it may be that of another one.
    """
    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return False
    return any(
        canonicalize_name(wanted.name) == project_of(filename)
        and (parsed := parse_filename(filename)).version is not None
        and (
            parsed.tags is None
            or any((tag.platform == "any" and tag.abi == "none") or str(tag) in tags for tag in parsed.tags)
        )
        and wanted.specifier.contains(parsed.version, prereleases=True)
        for filename in filenames
    )
