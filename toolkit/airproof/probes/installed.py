"""What lies in an environment after pip: distributions, where they came from, and the modules that they provide."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urldefrag

import msgspec
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.site import without_credentials

_CODE = (".py", ".pyc", ".so", ".pyd")
_BESIDE = {"test", "tests", "doc", "docs", "example", "examples", "benchmarks", "conftest", "setup"}
"""What lies in a distribution by mistake or for its developers: nobody's flow imports it."""


class Installed(msgspec.Struct, frozen=True):
    """One distribution that pip put into the empty environment."""

    name: str
    """Normalised."""
    version: str
    requires: tuple[str, ...]
    """Requires-Dist of its METADATA."""
    modules: tuple[str, ...]
    """Top-level importable names that its files provide."""
    url: str | None = None
    """Where pip took it from, where the pip can say (from 22.2), credentials taken out."""
    sha256: str | None = None
    requested: bool = False


class Source(msgspec.Struct, frozen=True):
    """Where pip says that it took a distribution from."""

    url: str
    sha256: str | None


def read_installed(site_packages: Path, requested: Collection[str], report: Path) -> tuple[Installed, ...]:
    """The distributions of a site-packages folder, by name.

    `requested`: normalised names; `report`: pip's own, which may be absent.
    """
    sources = read_report(report)
    found = [_installed(one, requested, sources) for one in distributions(path=[str(site_packages)])]
    return tuple(sorted(found, key=lambda one: one.name))


def read_report(report: Path) -> dict[str, Source]:
    """The installation report of pip (`--report`) by normalised name; empty where there is none."""
    if not report.exists():
        return {}
    items: list[Mapping[str, Any]] = msgspec.json.decode(report.read_bytes()).get("install", [])
    found: dict[str, Source] = {}
    for item in items:
        download: Mapping[str, Any] = item.get("download_info", {})
        archive: Mapping[str, Any] = download.get("archive_info", {})
        sha256 = archive.get("hashes", {}).get("sha256")
        if sha256 is None and str(archive.get("hash", "")).startswith("sha256="):  # pip 22.2 has only this form
            sha256 = str(archive["hash"]).partition("=")[2]
        url = without_credentials(urldefrag(str(download.get("url", ""))).url)
        found[canonicalize_name(str(item["metadata"]["name"]))] = Source(url, sha256)
    return found


def importable(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Which of a distribution's modules a flow would import: no private ones, no tests, unless it has no other."""
    meant = tuple(name for name in modules if not name.startswith("_") and name not in _BESIDE)
    return meant or modules[:1]


def all_needs_met(found: Collection[Installed], markers: Mapping[str, str]) -> bool:
    """Whether every Requires-Dist is surely met by what lies there too: then `pip check` has nothing to complain of.

    False also for whatever cannot be read. `markers`: of the interpreter (PEP 508), without an extra.
    """
    try:
        versions = {one.name: Version(one.version) for one in found}
        needs = [Requirement(text) for one in found for text in one.requires]
        applying = [one for one in needs if one.marker is None or one.marker.evaluate({**markers, "extra": ""})]
        met = [
            name in versions and one.specifier.contains(versions[name], prereleases=True)
            for one in applying
            for name in [canonicalize_name(one.name)]
        ]
    except (InvalidVersion, InvalidRequirement, UndefinedEnvironmentName, UndefinedComparison):
        return False
    return len(versions) == len(found) and all(met)


def _installed(one: Distribution, requested: Collection[str], sources: Mapping[str, Source]) -> Installed:
    name = canonicalize_name(one.metadata["Name"] or "")
    source = sources.get(name)
    return Installed(
        name=name,
        version=one.version,
        requires=tuple(one.requires or ()),
        modules=_modules(one),
        url=source.url if source else None,
        sha256=source.sha256 if source else None,
        requested=name in requested,
    )


def _modules(one: Distribution) -> tuple[str, ...]:
    names: set[str] = set()
    for file in one.files or ():
        path = PurePosixPath(str(file).replace("\\", "/"))
        if path.suffix in _CODE and "__pycache__" not in path.parts:
            names.add(path.parts[0].partition(".")[0])
    if not any(name.isidentifier() for name in names):  # an egg-info, whose list of files begins with `..`
        names = set((one.read_text("top_level.txt") or "").split())
    return tuple(sorted(name for name in names if name.isidentifier()))
