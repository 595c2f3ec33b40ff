"""Files that say what is wanted and are no requirements files: two of them are read, the others are told by name.

pylock.toml (PEP 751) and the dependency groups of pyproject.toml (PEP 735) say it in a form that is settled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from packaging.utils import canonicalize_name

from airproof.errors import BadInput
from airproof.site.requirements import parse_requirement, read_requirements
from airproof.site.site import Group

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
"""File names in small letters, and what makes a requirements file of one."""


def read_wanted(path: Path, encodings: Sequence[str] = ()) -> tuple[Group, ...]:
    """The groups of any file that says what is wanted: mostly one. `encodings`: as `read_requirements` has them.

    Raises BadInput.
    """
    other = read_other(path)
    return (read_requirements(path, encodings=encodings),) if other is None else other


def read_other(path: Path) -> tuple[Group, ...] | None:
    """The groups of a file that is no requirements file by its name; None: it is one. Raises BadInput."""
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
        found: Mapping[str, Any] = msgspec.toml.decode(path.read_bytes())
    except OSError as error:
        raise BadInput("requirements-missing", file=path, reason=error.strerror or error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("requirements-toml", file=path, reason=error) from error
    return found


def _locked(path: Path, lock: Mapping[str, Any]) -> Group:
    """A lock file as requirements that pin each package, with the hashes of all of its files."""
    environments = [str(one) for one in _list(lock, "environments")]
    where = " or ".join(f"({one})" for one in environments)
    requirements: list[str] = []
    lines: list[str] = []
    hashes: dict[str, tuple[str, ...]] = {}
    for package in _list(lock, "packages"):
        name = str(package.get("name", ""))
        if not {"wheels", "sdist"} & set(package):
            raise BadInput("requirement-not-by-index", where=path, requirement=name)
        markers = [f"({one})" for one in (str(package.get("marker", "")), where) if one]
        marker = f"; {' and '.join(markers)}" if markers else ""
        pin = f"=={package['version']}" if "version" in package else ""
        requirement = parse_requirement(f"{name}{pin}{marker}", str(path))
        mine = list(dict.fromkeys(_hashes(package)))
        requirements.append(requirement)
        lines.append(" ".join((requirement, *(f"--hash={one}" for one in mine))))
        hashes[canonicalize_name(name)] = tuple(mine)
    hashed = all(hashes.values()) and bool(hashes)  # a file without any would be refused for the others' sake
    return Group(
        str(path),
        tuple(requirements),
        hashes=hashes if hashed else {},
        pip_lines=tuple(lines) if hashed else (),
    )


def _hashes(package: Mapping[str, Any]) -> Iterator[str]:
    files = [*_list(package, "wheels"), *([package["sdist"]] if "sdist" in package else [])]
    for file in files:
        for kind, value in file.get("hashes", {}).items():
            if kind in ("sha256", "sha384", "sha512"):
                yield f"{kind}:{str(value).lower()}"


def _dependency_groups(path: Path, project: Mapping[str, Any]) -> tuple[Group, ...]:
    """The project's own dependencies, and each dependency group, each for itself as pip installs them."""
    groups: Mapping[str, Any] = project.get("dependency-groups", {})
    by_name: dict[str, tuple[str, Sequence[Any]]] = {
        canonicalize_name(name): (name, entries) for name, entries in groups.items()
    }
    own = _list(project.get("project", {}), "dependencies")
    found = [Group(str(path), _requirements(path, own, by_name, ()))] if own else []
    found += [
        Group(f"{path}:{name}", _requirements(path, entries, by_name, (key,)))
        for key, (name, entries) in by_name.items()
    ]
    if not found:
        raise BadInput("requirements-no-groups", file=path)
    return tuple(found)


def _requirements(
    path: Path, entries: Sequence[Any], groups: Mapping[str, tuple[str, Sequence[Any]]], chain: tuple[str, ...]
) -> tuple[str, ...]:
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(parse_requirement(entry, str(path)))
            continue
        included = canonicalize_name(str(entry.get("include-group", ""))) if isinstance(entry, dict) else ""
        if included not in groups or included in chain:
            raise BadInput("requirements-toml", file=path, reason=f"include-group: {included or entry!r}")
        found += _requirements(path, groups[included][1], groups, (*chain, included))
    return tuple(dict.fromkeys(found))


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    found = table.get(key, [])
    return found if isinstance(found, list) else []
