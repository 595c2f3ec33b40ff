"""Statements of each file of a closure about itself: its licence, the SBOMs in it, and the projects that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.custody.licences import Licence
from airproof.probes.closure.extras import meant
from airproof.probes.closure.readings import Readings
from airproof.probes.closure.resolution import Pin
from airproof.probes.files.served import Served
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher


class KnownFile(msgspec.Struct, frozen=True):
    """A file that a closure takes."""

    project: str
    version: str
    filename: str
    url: str
    licence: Licence = Licence()
    sboms: tuple[str, ...] = ()
    """As `Inside.sboms`."""
    needs: tuple[str, ...] = ()
    """Projects of the closure that it needs there; sorted."""


class TakenFiles(msgspec.Struct, frozen=True):
    """The files that an interpreter or a target takes, or that lie on a medium, with who asks for each."""

    files: tuple[KnownFile, ...]
    askers: dict[str, tuple[str, ...]] = {}
    """URL of each file to the projects or requirements that were asked for and need it."""

    @classmethod
    def of(cls, readings: Readings, files: tuple[KnownFile, ...]) -> TakenFiles:
        return cls(files, {file.url: readings.askers(file.filename, (file.project,)) for file in files})

    @property
    def by_asker(self) -> dict[str, tuple[KnownFile, ...]]:
        """Return the files that each of those who ask needs."""
        found: dict[str, list[KnownFile]] = {}
        for file in self.files:
            for asker in self.askers.get(file.url, ()):
                found.setdefault(asker, []).append(file)
        return {asker: tuple(files) for asker, files in found.items()}

    def joined(self, other: TakenFiles) -> TakenFiles:
        """Return these files with those of another, and with all who ask for each."""
        files = {file.url: file for file in (*other.files, *self.files)}
        both = (*self.askers, *other.askers)
        askers = {url: (*self.askers.get(url, ()), *other.askers.get(url, ())) for url in both}
        return TakenFiles(tuple(files.values()), {url: tuple(dict.fromkeys(each)) for url, each in askers.items()})


class Taken(NamedTuple):
    """The requirements of a group, and the files that they lead to: URLs by project."""

    requirements: Sequence[str]
    files: Mapping[str, str]


class Stated(Protocol):
    """The part of a file's metadata that is read here."""

    @property
    def requires(self) -> tuple[str, ...]: ...
    @property
    def licence(self) -> Licence: ...
    @property
    def sboms(self) -> tuple[str, ...]: ...


def known_files(
    readings: Readings, stated: Callable[[Link], Stated | None], target: TargetMatcher
) -> tuple[KnownFile, ...]:
    """Return every file that the groups take, in order. `stated`: the metadata of a file; None: it did not arrive."""
    pins = {pin.link.url: pin for group in readings.groups for pin in group.reading.pins}
    inside = {url: found for url, pin in pins.items() if (found := stated(pin.link)) is not None}
    groups = [
        Taken(group.requirements, {pin.project: pin.link.url for pin in group.reading.pins})
        for group in readings.groups
        if group.reading.resolves
    ]
    first = next(target.each(), target)
    needs = needs_of(groups, {url: found.requires for url, found in inside.items()}, first)
    return files_of(pins, lambda link: inside.get(link.url), needs)


def files_of(
    pins: Mapping[str, Pin], stated: Callable[[Link], Stated | None], needs: Mapping[str, Iterable[str]] = {}
) -> tuple[KnownFile, ...]:
    """Return the files of pins, by their URLs, in order. `needs`: URL to the projects that the file needs."""
    files = []
    for url, pin in pins.items():
        found = stated(pin.link)
        licence, sboms = (found.licence, found.sboms) if found is not None else (Licence(), ())
        needed = tuple(sorted(needs.get(url, ())))
        files.append(KnownFile(pin.project, pin.version, pin.link.filename, url, licence, sboms, needed))
    return tuple(sorted(files, key=lambda file: (file.project, file.version, file.filename, file.url)))


def known_of_host(host: Host, readings: Readings, served: Served) -> tuple[KnownFile, ...]:
    """Return the same for an interpreter, of the files that were served to it."""
    arrived = {file.url: file for file in served.files if file.sha256}
    return known_files(readings, lambda link: arrived.get(link.url), TargetMatcher.of(host))


def needs_of(
    groups: Iterable[Taken], requires: Mapping[str, Sequence[str]], target: TargetMatcher
) -> dict[str, set[str]]:
    """Map the URL of each file onto the projects that it needs on a target, by its markers and the requested extras.

    `requires`: URL to Requires-Dist. A project that is not among the files of the group is left out.
    """
    needs: dict[str, set[str]] = {}
    for group in groups:
        taken = group.files
        asked = (Requirement(text) for text in group.requirements)
        waiting = [needed for needed in asked if target.applies(needed.marker)]
        known: set[tuple[str, frozenset[str]]] = set()
        while waiting:
            needed = waiting.pop()
            project, extras = canonicalize_name(needed.name), frozenset(needed.extras)
            if project not in taken or (project, extras) in known:
                continue
            known.add((project, extras))
            wanted = list(meant(requires.get(taken[project], ()), target, extras))
            waiting += wanted
            names = {canonicalize_name(each.name) for each in wanted} & taken.keys() - {project}
            needs.setdefault(taken[project], set()).update(names)
    return needs
