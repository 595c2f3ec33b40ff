"""Read an environment after a pip run: its distributions, their origins, and the modules that they provide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urldefrag

import msgspec
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.site.indexurl import without_credentials

_CODE = (".py", ".pyc", ".so", ".pyd")
_BESIDE = {"test", "tests", "doc", "docs", "example", "examples", "benchmarks", "conftest", "setup"}
"""Top-level folders that are in a distribution by mistake or for its developers: no flow imports them."""


class Installed(msgspec.Struct, frozen=True):
    """One distribution that pip put into the empty environment."""

    name: str
    """The normalised name."""
    version: str
    requires: tuple[str, ...]
    """Requires-Dist of its METADATA."""
    modules: tuple[str, ...]
    """Top-level importable names that its files provide."""
    url: str | None = None
    """The URL from which pip took the distribution, if that pip reports it (from 22.2), without credentials."""
    sha256: str | None = None
    requested: bool = False
    imports: tuple[str, ...] = ()
    """Dotted modules that are imported to test the distribution."""


class Origin(msgspec.Struct, frozen=True):
    """The origin of a distribution, as pip reports it."""

    url: str
    sha256: str | None


def read_installed(site_packages: Path, requested: Collection[str], report: Path) -> tuple[Installed, ...]:
    """Return the distributions of a site-packages folder, by name.

    `requested`: normalised names; `report`: pip's own, which may be absent.
    """
    sources = read_report(report)
    installed = [
        _installed(distribution, requested, sources) for distribution in distributions(path=[str(site_packages)])
    ]
    return tuple(sorted(installed, key=lambda distribution: distribution.name))


def read_report(report: Path) -> dict[str, Origin]:
    """Return pip's installation report (`--report`) by normalised name; empty if there is none."""
    if not report.exists():
        return {}
    items: list[Mapping[str, Any]] = msgspec.json.decode(report.read_bytes()).get("install", [])
    sources: dict[str, Origin] = {}
    for item in items:
        download: Mapping[str, Any] = item.get("download_info", {})
        archive: Mapping[str, Any] = download.get("archive_info", {})
        sha256 = archive.get("hashes", {}).get("sha256")
        if sha256 is None and str(archive.get("hash", "")).startswith("sha256="):  # pip 22.2 writes only this form.
            sha256 = str(archive["hash"]).partition("=")[2]
        url = without_credentials(urldefrag(str(download.get("url", ""))).url)
        sources[canonicalize_name(str(item["metadata"]["name"]))] = Origin(url, sha256)
    return sources


def importable(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Return the modules of a distribution that a flow would import: private modules and tests only if it has no
    others.
    """
    meant = tuple(name for name in modules if not _private(name) and name.partition(".")[0] not in _BESIDE)
    return meant or modules[:1]


def _private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


def all_needs_met(installed: Collection[Installed], markers: Mapping[str, str]) -> bool:
    """Say whether every Requires-Dist is certainly met by an installed distribution, so that `pip check` has no
    complaint.

    Also False for metadata that cannot be read. `markers`: of the interpreter (PEP 508), without an extra.
    """
    try:
        versions = {distribution.name: Version(distribution.version) for distribution in installed}
        needs = [Requirement(text) for distribution in installed for text in distribution.requires]
        applying = [
            requirement
            for requirement in needs
            if requirement.marker is None or requirement.marker.evaluate({**markers, "extra": ""})
        ]
        met = [
            name in versions and requirement.specifier.contains(versions[name], prereleases=True)
            for requirement in applying
            for name in [canonicalize_name(requirement.name)]
        ]
    except (InvalidVersion, InvalidRequirement, UndefinedEnvironmentName, UndefinedComparison):
        return False
    return len(versions) == len(installed) and all(met)


def _installed(distribution: Distribution, requested: Collection[str], sources: Mapping[str, Origin]) -> Installed:
    name = canonicalize_name(distribution.metadata["Name"] or "")
    source, modules = sources.get(name) or _noted(distribution), _modules(distribution, name)
    return Installed(
        name=name,
        version=distribution.version,
        requires=tuple(distribution.requires or ()),
        modules=modules.top,
        imports=importable(modules.whole),
        url=source.url if source else None,
        sha256=source.sha256 if source else None,
        requested=name in requested,
    )


def _noted(distribution: Distribution) -> Origin | None:
    """Return the URL of a distribution that a requirement named by URL (PEP 610), which pips before 22.2 record as
    well; None for any other.
    """
    try:
        noted = msgspec.json.decode(distribution.read_text("direct_url.json") or "", type=_Noted)
    except msgspec.DecodeError:
        return None
    return Origin(without_credentials(urldefrag(noted.url).url), None)


class _Noted(msgspec.Struct):
    url: str


class Modules(msgspec.Struct, frozen=True):
    """Return the modules that Python could import from a distribution's files."""

    top: tuple[str, ...]
    whole: tuple[str, ...]
    """Return dotted modules: each top-level module or package, and for a namespace package, which several distributions
    share, its packages.
    """


def modules_of(project: str, files: Iterable[str], top_level: Iterable[str] = ()) -> Modules:
    """Derive the modules from the files as Python's path finder would.

    A folder's name is a module's name only if it is an identifier; so `NAME.libs`, in which a wheel keeps C libraries,
    is none. `project`: its normalised name; `top_level`: the content of `top_level.txt`, which tells a module from a
    library beside the packages.
    """
    paths = [PurePosixPath(file.replace("\\", "/")) for file in files]
    paths = [path for path in paths if path.suffix in _CODE and not {"..", "__pycache__"} & set(path.parts)]
    dotted = {path: (*path.parts[:-1], path.name.partition(".")[0]) for path in paths}
    dotted = {path: names for path, names in dotted.items() if all(name.isidentifier() for name in names)}
    packages = {names[:-1] for names in dotted.values() if names[-1] == "__init__"}
    known, top, whole = set(top_level), set(), set()
    spaces: set[str] = set()
    for path, names in dotted.items():
        package = next((names[:depth] for depth in range(1, len(names)) if names[:depth] in packages), None)
        if package is not None:
            whole.add(".".join(package))
        elif _is_library(path) and names[0] not in known:
            continue
        elif len(names) == 1 or canonicalize_name(".".join(names)) == project:
            whole.add(".".join(names))
        else:
            spaces.add(names[0])
        top.add(names[0])
    whole |= {name for name in spaces if not any(module.partition(".")[0] == name for module in whole)}
    if not top:  # This is an egg-info, whose list of files begins with `..`.
        top = whole = {name for name in known if name.isidentifier()}
    return Modules(tuple(sorted(top)), tuple(sorted(whole)))


def _is_library(path: PurePosixPath) -> bool:
    """Say whether the file name is not specific to a Python: `libfoo.so`, but not `foo.abi3.so`."""
    return path.suffix == ".so" and path.name.count(".") == 1 and (len(path.parts) > 1 or path.name.startswith("lib"))


def _modules(dist: Distribution, project: str) -> Modules:
    return modules_of(project, map(str, dist.files or ()), (dist.read_text("top_level.txt") or "").split())
