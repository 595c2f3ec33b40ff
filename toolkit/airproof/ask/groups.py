"""Groups of requirements, of the options that name packages and files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from packaging.utils import canonicalize_name

from airproof.ask.typedoptions import TypedOptions
from airproof.errors import BadInput
from airproof.probes.closure.candidates import parse_filename
from airproof.site.group import Group
from airproof.site.hosts import Target
from airproof.site.manifest import Manifest
from airproof.site.otherfiles import read_wanted
from airproof.site.requirements import parse_requirement, with_constraints


def groups_of(packages: Sequence[str], requirements: Sequence[str], encodings: Sequence[str] = ()) -> tuple[Group, ...]:
    """Each `-p` stands for itself; the lines of one `-r` file belong together. Raises BadInput.

    `encodings`: of the hosts' locales, in which their pips may read such a file.
    """
    singles = dict.fromkeys(parse_requirement(package, "-p") for package in packages)
    files = [
        group for requirement in dict.fromkeys(requirements) for group in read_wanted(Path(requirement), encodings)
    ]
    return (*(Group(single, (single,)) for single in singles), *files)


def groups_asked(asked: TypedOptions, encodings: Sequence[str] = ()) -> tuple[Group, ...]:
    """The groups of all that is named, but for flows, with the constraints that hold for them. Raises BadInput."""
    chosen = tuple(_dependency_group(given) for given in dict.fromkeys(asked.dependency_groups))
    groups = (*groups_of(asked.packages, asked.requirements, encodings), *chosen)
    return constrained(groups, asked.constraints, encodings)


def constrained(groups: Sequence[Group], files: Sequence[str], encodings: Sequence[str] = ()) -> tuple[Group, ...]:
    """The groups with the constraints of those files. Raises BadInput."""
    paths = [Path(file) for file in dict.fromkeys(files)]
    return tuple(with_constraints(group, paths, encodings) for group in groups) if paths else tuple(groups)


def _dependency_group(given: str) -> Group:
    """`GROUP` or `PATH:GROUP`, as pip takes it. Raises BadInput for a group that there is not."""
    place, _, name = given.rpartition(":")
    path = Path(place or "pyproject.toml")
    by_name = {group.name.removeprefix(f"{path}:"): group for group in read_wanted(path)}
    wanted = canonicalize_name(name)
    found = next((group for known, group in by_name.items() if canonicalize_name(known) == wanted), None)
    if found is None or found.name == str(path):
        known = ", ".join(name for name in by_name if name != str(path)) or "-"
        raise BadInput("group-unknown", given=given, file=path, known=known)
    return found


def each_project(wheelhouse: Path) -> tuple[Group, ...]:
    """Every project of the folder, each for itself."""
    names = sorted(
        {
            canonicalize_name(path.name.split("-")[0] if path.suffix == ".whl" else path.name.rpartition("-")[0])
            for path in wheelhouse.rglob("*")
            if path.is_file() and parse_filename(path.name).version is not None
        }
    )
    return tuple(Group(name, (name,)) for name in names)


def wanting(targets: tuple[Target, ...], groups: Sequence[Group], medium: Manifest) -> tuple[Target, ...]:
    """The targets, each of which also wants what was typed and the medium has never heard of."""
    known = {group.name for group in medium.groups}
    typed = tuple(group.name for group in groups if group.name not in known)
    return tuple(
        msgspec.structs.replace(target, groups=(*target.groups, *typed)) if target.groups else target
        for target in targets
    )
