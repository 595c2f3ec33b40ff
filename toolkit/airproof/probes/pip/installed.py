"""What lies in an environment after pip: distributions, where they came from, and the modules that they provide."""

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

from airproof.site.site import without_credentials

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
    imports: tuple[str, ...] = ()
    """Dotted: what of it is imported to see whether it works."""


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
    meant = tuple(name for name in modules if not _private(name) and name.partition(".")[0] not in _BESIDE)
    return meant or modules[:1]


def _private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


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
    source, modules = sources.get(name) or _noted(one), _modules(one, name)
    return Installed(
        name=name,
        version=one.version,
        requires=tuple(one.requires or ()),
        modules=modules.top,
        imports=importable(modules.whole),
        url=source.url if source else None,
        sha256=source.sha256 if source else None,
        requested=name in requested,
    )


def _noted(one: Distribution) -> Source | None:
    """Where a requirement with a URL led to (PEP 610), as pips before 22.2 tell it too; nothing of any other one."""
    try:
        noted = msgspec.json.decode(one.read_text("direct_url.json") or "", type=_Noted)
    except msgspec.DecodeError:
        return None
    return Source(without_credentials(urldefrag(noted.url).url), None)


class _Noted(msgspec.Struct):
    url: str


class Modules(msgspec.Struct, frozen=True):
    """The modules that Python could import from a distribution's files."""

    top: tuple[str, ...]
    whole: tuple[str, ...]
    """Dotted: each top-level module or package; of a namespace package, which nobody fills alone, its packages."""


def modules_of(project: str, files: Iterable[str], top_level: Iterable[str] = ()) -> Modules:
    """Read off the files as Python's path finder would: a folder's name is a module's name only if it is an identifier,
    so that `NAME.libs`, where a wheel keeps libraries of C, is none. `project`: its normalised name; `top_level`: what
    `top_level.txt` says, which tells a module from a library beside the packages.
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
    whole |= {name for name in spaces if not any(one.partition(".")[0] == name for one in whole)}
    if not top:  # an egg-info, whose list of files begins with `..`
        top = whole = {name for name in known if name.isidentifier()}
    return Modules(tuple(sorted(top)), tuple(sorted(whole)))


def _is_library(path: PurePosixPath) -> bool:
    """Say whether its name is of no Python in particular: `libfoo.so`, but not `foo.abi3.so`."""
    return path.suffix == ".so" and path.name.count(".") == 1 and (len(path.parts) > 1 or path.name.startswith("lib"))


def _modules(dist: Distribution, project: str) -> Modules:
    return modules_of(project, map(str, dist.files or ()), (dist.read_text("top_level.txt") or "").split())
