"""The SBOMs of a medium: one CycloneDX document for each target, of the files that are carried for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from airproof.custody.sbom import FILES, SbomFile, document, file_names
from airproof.probes.files.archive import Inside, read_sdist, read_wheel
from airproof.probes.files.known import Taken, needs_of
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.hosts import Target
from airproof.site.manifest import CarriedFile, Manifest, write_whole

UNREAD = Inside(False)


def write_sboms(folder: Path, manifest: Manifest, *, wanted: bool) -> dict[str, str]:
    """Write the document of each target; path to sha256. Those of an earlier filling are taken away, since they would
    tell of other files.

    Raises OSError where the medium cannot be written, BadInput where the library is not installed.
    """
    for stale in folder.glob(FILES):
        stale.unlink()
    if not wanted:
        return {}
    inside = {file.path: _inside(folder / file.path) for file in manifest.payload}
    names = file_names([target.label for target in manifest.targets])
    found = {names[target.label]: _sbom(manifest, target, inside).encode() for target in manifest.targets}
    for name, raw in found.items():
        write_whole(folder / name, raw)
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in found.items()}


def _inside(path: Path) -> Inside:
    """Return the metadata of a file; nothing of one that was left out, or cannot be read."""
    if not path.is_file():
        return UNREAD
    return read_wheel(path, whole=False) if path.suffix == ".whl" else read_sdist(path)


def _sbom(manifest: Manifest, target: Target, inside: dict[str, Inside]) -> str:
    files = [file for file in manifest.payload if target.label in file.targets]
    matcher = next(TargetMatcher.by(target).each())
    requires = {file.path: inside[file.path].requires for file in files}
    needs = needs_of(_groups(manifest, target, files), requires, matcher)
    by_project: dict[str, list[CarriedFile]] = {}
    for file in files:
        by_project.setdefault(file.project, []).append(file)
    parts = {file.path: _part(file, inside[file.path], target) for file in files}
    whole = [
        part.needing(
            tuple(
                parts[other.path].reference
                for project in sorted(needs.get(path, ()))
                for other in by_project.get(project, ())
            )
        )
        for path, part in parts.items()
    ]
    return document(target.label, whole, made=manifest.made, tool=manifest.tool)


def _groups(manifest: Manifest, target: Target, files: Sequence[CarriedFile]) -> Iterator[Taken]:
    """Yield the groups of the target, each with the files that were resolved for it, and each build with its own."""
    for group in manifest.groups:
        if target.wants(group.name):
            mine = [file for file in files if group.name in file.groups.get(target.label, ())]
            yield from (Taken(group.requirements, taken) for taken in _each_way(mine))
    for sdist in dict.fromkeys(sdist for file in files for sdist in file.builds.get(target.label, ())):
        mine = [file for file in files if sdist in file.builds.get(target.label, ())]
        yield from (Taken(list(taken), taken) for taken in _each_way(mine))


def _each_way(files: Sequence[CarriedFile]) -> Iterator[dict[str, str]]:
    """Yield paths by project such that each file is in one of them: releases of a Python may take different ones."""
    by_project: dict[str, list[str]] = {}
    for file in files:
        by_project.setdefault(file.project, []).append(file.path)
    for number in range(max(map(len, by_project.values()), default=0)):
        yield {project: paths[min(number, len(paths) - 1)] for project, paths in by_project.items()}


def _part(file: CarriedFile, inside: Inside, target: Target) -> SbomFile:
    return SbomFile(
        project=file.project,
        version=file.version,
        filename=file.filename,
        sha256=file.sha256,
        source="",
        licence=inside.licence,
        sboms=inside.sboms,
        targets=(target.label,),
    )
