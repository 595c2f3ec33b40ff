"""Files that list requirements in other formats than requirements files: two formats are read, the others are
recognised by name.

pylock.toml (PEP 751) and the dependency groups of pyproject.toml (PEP 735) are standardised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from packaging.pylock import PackageSdist, PackageWheel, Pylock, PylockValidationError
from packaging.utils import canonicalize_name

from airproof.errors import BadInput
from airproof.site.group import Group
from airproof.site.requirements import STRONG, parse_requirement, read_requirements

LOCK = re.compile(r"pylock(\.[^.]+)?\.toml|pylock\..+\.toml")
EXPORTS = {
    "pipfile": "pipenv requirements > requirements.txt",
    "pipfile.lock": "pipenv requirements > requirements.txt",
    "poetry.lock": "poetry export -o requirements.txt",
    "uv.lock": "uv export -o requirements.txt",
    "pdm.lock": "pdm export -o requirements.txt",
    "environment.yml": "pip list --format=freeze > requirements.txt",
    "environment.yaml": "pip list --format=freeze > requirements.txt",
    "setup.py": "pip-compile setup.py",
    "setup.cfg": "pip-compile setup.cfg",
}
"""File names in lower case, and the command that turns each into a requirements file."""


def read_wanted(path: Path, encodings: Sequence[str] = ()) -> tuple[Group, ...]:
    """Return the groups of any file that lists requirements, mostly one.

    `encodings`: as in `read_requirements`. Raises BadInput.
    """
    other = read_other(path)
    return (read_requirements(path, encodings=encodings),) if other is None else other


def read_other(path: Path) -> tuple[Group, ...] | None:
    """Return the groups of a file that by its name is not a requirements file; None: it is one. Raises BadInput."""
    name = path.name.lower()
    if name in EXPORTS:
        raise BadInput("requirements-other-kind", file=path, command=EXPORTS[name])
    if LOCK.fullmatch(name):
        return (_locked(path, _toml(path)),)
    if name == "pyproject.toml":
        return _dependency_groups(path, _toml(path))
    return None


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = msgspec.toml.decode(path.read_bytes())
    except OSError as error:
        raise BadInput("requirements-missing", file=path, reason=error.strerror or error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("requirements-toml", file=path, reason=error) from error
    return document


def _locked(path: Path, lock: Mapping[str, Any]) -> Group:
    """Turn a lock file into requirements that pin each package, with the hashes of all of its files."""
    try:
        locked = Pylock.from_dict(lock)
    except PylockValidationError as error:
        raise BadInput("requirements-toml", file=path, reason=error) from error
    where = " or ".join(f"({environment})" for environment in locked.environments or ())
    requirements: list[str] = []
    lines: list[str] = []
    hashes: dict[str, tuple[str, ...]] = {}
    for package in locked.packages:
        files: list[PackageWheel | PackageSdist] = [
            *(package.wheels or ()),
            *([package.sdist] if package.sdist else []),
        ]
        if not files:
            raise BadInput("requirement-not-by-index", where=path, requirement=package.name)
        markers = [f"({part})" for part in (package.marker, where) if part]
        marker = f"; {' and '.join(markers)}" if markers else ""
        pin = f"=={package.version}" if package.version else ""
        requirement = parse_requirement(f"{package.name}{pin}{marker}", str(path))
        pairs = [(kind, value) for file in files for kind, value in file.hashes.items() if kind in STRONG]
        file_hashes = tuple(dict.fromkeys(f"{kind}:{value.lower()}" for kind, value in pairs))
        requirements.append(requirement)
        lines.append(" ".join((requirement, *(f"--hash={file_hash}" for file_hash in file_hashes))))
        hashes[package.name] = file_hashes
    # If one file has no hashes, none are used: pip would refuse that file because of the others' hashes.
    hashed = all(hashes.values()) and bool(hashes)
    return Group(
        str(path),
        tuple(requirements),
        hashes=hashes if hashed else {},
        pip_lines=tuple(lines) if hashed else (),
    )


def _dependency_groups(path: Path, project: Mapping[str, Any]) -> tuple[Group, ...]:
    """Return the project's own dependencies and each dependency group as separate groups, as pip installs them."""
    groups: Mapping[str, Any] = project.get("dependency-groups", {})
    by_name: dict[str, tuple[str, Sequence[Any]]] = {
        canonicalize_name(name): (name, entries) for name, entries in groups.items()
    }
    own = _list(project.get("project", {}), "dependencies")
    collected = [Group(str(path), _requirements(path, own, by_name, ()))] if own else []
    collected += [
        Group(f"{path}:{name}", _requirements(path, entries, by_name, (key,)))
        for key, (name, entries) in by_name.items()
    ]
    if not collected:
        raise BadInput("requirements-no-groups", file=path)
    return tuple(collected)


def _requirements(
    path: Path, entries: Sequence[Any], groups: Mapping[str, tuple[str, Sequence[Any]]], chain: tuple[str, ...]
) -> tuple[str, ...]:
    requirements: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            requirements.append(parse_requirement(entry, str(path)))
            continue
        included = canonicalize_name(str(entry.get("include-group", ""))) if isinstance(entry, dict) else ""
        if included not in groups or included in chain:
            raise BadInput("requirements-toml", file=path, reason=f"include-group: {included or entry!r}")
        requirements += _requirements(path, groups[included][1], groups, (*chain, included))
    return tuple(dict.fromkeys(requirements))


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    value = table.get(key, [])
    return value if isinstance(value, list) else []
