"""What installs only because an interpreter happens to have a part of it already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airproof.check import Finding

ONLY_INSTALLED = "only-installed"


def only_installed(name: str, had: Mapping[str, str], groups: Sequence[str], requirements: Sequence[str]) -> Finding:
    """Of a host or target: `had`, projects with the versions that count as served there, is not in the index."""
    installed = ", ".join(f"{project} {version}" for project, version in sorted(had.items()))
    values = {"name": name, "installed": installed, "groups": ", ".join(groups)}
    return Finding(ONLY_INSTALLED, had, {}, tuple(requirements), values)
