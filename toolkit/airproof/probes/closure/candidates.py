"""Every file of a project page as pip would weigh it: taken in which order, or not taken and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import TypeVar

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from airproof.probes.index.simple import Link, Page
from airproof.probes.interpreters.target import Target
from airproof.site.choosing import PLAIN, Choosing

T = TypeVar("T")

ARCHIVES = (".zip", *(f".tar{kind}" for kind in ("", ".gz", ".bz2", ".xz", ".lz", ".lzma")))
SDISTS = (*ARCHIVES, ".tgz", ".tbz", ".txz", ".tlz")
"""How the names of source distributions end that pip takes, letter for letter (20.3 to 26.3)."""
_PART = {"loose": r".+?", "plain": r"[^\s-]+?"}
_WHEELS = {
    kind: re.compile(
        rf"(?P<name>{part})-(?P<version>{part[:-2]}*?)"
        rf"(?:-(?P<build>\d[^-]*?))?-(?P<pythons>{part})-(?P<abis>{part})-(?P<platforms>{part})\.whl"
    )
    for kind, part in _PART.items()
}
"""A wheel's file name, as the versions of pip before 25.3 read it: `PipWays.names`."""
_EGG = re.compile(r"[#&]egg=([^&]*)")
_OF_PYTHON = re.compile(r"-py([123]\.?[0-9]?)$")
"""The Python that an old source distribution names after its version."""


class Parsed(msgspec.Struct, frozen=True):
    """A file name taken apart; `version` None where it names no package, or one of another project."""

    version: Version | None
    tags: frozenset[Tag] | None = None
    """None for an sdist."""
    build: tuple[int, str] | tuple[()] = ()
    stranger: bool = False
    """It is a file of another project."""


class Weighed(msgspec.Struct, frozen=True):
    """One file and why it was not taken; `why_not` is empty where pip would take it."""

    link: Link
    parsed: Parsed
    why_not: str
    """`version`, `yanked`, `pre-release`, `requires-python`, `python`, `abi`, `platform`, `no-package`,
    `stranger`, `sdist`, `wheel`, `hash`, `metadata`, or empty.
    """
    order: tuple[object, ...] = ()
    """Order among files of one version, the greater preferred: the better tag, then the greater build tag."""
    yanked: bool = False
    """The target's pip takes the file for yanked."""

    @property
    def is_wheel(self) -> bool:
        return self.parsed.tags is not None


class FileFact(msgspec.Struct, frozen=True):
    """A weighed file as the record keeps it."""

    filename: str
    version: str
    why_not: str
    """As in `Weighed`, or a reason for which pip passes over a file that fits, or `beside`: another file of its version
    was read, and pip comes to no second one.
    """
    detail: str = ""
    """The wheel's tags, the Requires-Python, the reason of yanking, or the requirement that its pip refuses."""


@lru_cache(maxsize=100_000)
def parse_filename(filename: str) -> Parsed:
    """Takes a wheel's or an sdist's file name apart (PEP 427, 625), of whatever project; never raises."""
    try:
        if filename.endswith(".whl"):
            _, version, build, tags = parse_wheel_filename(filename)
            return Parsed(shared(str(version), version), shared("", tags), build)
        if filename.endswith((".tar.gz", ".zip")):
            version = parse_sdist_filename(filename)[1]
            return Parsed(shared(str(version), version))
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        pass
    return Parsed(None)


@lru_cache(maxsize=100_000)
def parse_as_pip(filename: str, project: str, names: str, python: str = "") -> Parsed:
    """Takes the name of a file on a project's page apart as pip does that looks for that project; never raises.

    `names`: `PipWays.names`. `python`: such as `3.11`, for the sdists that name theirs. An invalid version is none to
    any pip: those that know legacy versions (until 24.0) match no specifier with them.
    """
    if filename.endswith(".whl"):
        return _wheel(filename, project, names)
    ending = next((one for one in SDISTS if filename.endswith(one)), None)
    if ending is None or (ending == ".zip" and "macosx10" in filename):
        return Parsed(None)
    stem = filename.removesuffix(ending)
    dashes = (place for place, letter in enumerate(stem) if letter == "-")
    version = next((stem[place + 1 :] for place in dashes if canonicalize_name(stem[:place]) == project), "")
    if not version:
        return Parsed(None, stranger=True)
    own = _OF_PYTHON.search(version)
    if own is not None and own[1] != python:
        return Parsed(None)
    return Parsed(_version(version[: own.start()] if own is not None else version))


def _wheel(filename: str, project: str, names: str) -> Parsed:
    if names == "strict":
        try:
            name, version, build, tags = parse_wheel_filename(filename)
        except (InvalidWheelFilename, InvalidVersion):
            return Parsed(None)
        parsed = Parsed(shared(str(version), version), shared("", tags), build)
    else:
        found = _WHEELS[names].fullmatch(filename)
        if found is None:
            return Parsed(None)
        name = canonicalize_name(found["name"])
        tags = frozenset(
            Tag(python, abi, platform)
            for python in found["pythons"].split(".")
            for abi in found["abis"].split(".")
            for platform in found["platforms"].split(".")
        )
        build = _build(found["build"])
        parsed = Parsed(_version(found["version"].replace("_", "-")), shared("", tags), build)
    if name == project:
        return parsed
    return msgspec.structs.replace(parsed, version=None, stranger=True)


def _version(text: str) -> Version | None:
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    known: Version = shared(str(version), version)
    return known


def _build(text: str | None) -> tuple[int, str] | tuple[()]:
    found = re.match(r"(\d+)(.*)", text or "")
    return (int(found[1]), found[2]) if found else ()


@lru_cache(maxsize=20_000)
def shared(text: str, value: T) -> T:
    """The first of equal values written alike: large indexes have few versions, specifiers and sets of tags."""
    return value


def project_of(filename: str) -> str:
    """The normalised name of the project whose file that is."""
    stem = filename.split("-", maxsplit=1)[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return canonicalize_name(stem)


def weigh(
    page: Page,
    requirement: Requirement,
    target: Target,
    *,
    choosing: Choosing = PLAIN,
    hashes: Collection[str] = (),
) -> tuple[Weighed, ...]:
    """All files of the page, best first, those not taken last.

    `choosing`: what pip was told. `hashes`: those that the lines admit, as `kind:HEX`: where the page publishes any of
    them, a file with another one is not taken, and one without is (pip's `filter_unallowed_hashes`).
    """
    specifier, project = requirement.specifier, canonicalize_name(requirement.name)
    weighed = [_weigh(link, project, specifier, target) for link in page.links]
    if choosing.wheels_only(project):
        weighed = [_without(one, "sdist", not one.is_wheel) for one in weighed]
    if choosing.no_wheels(project):
        weighed = [_without(one, "wheel", one.is_wheel) for one in weighed]
    # A yanked final release rules pre-releases out all the same, as in pip.
    if not choosing.pre and not specifier.prereleases:
        early = [_is_early(one) for one in weighed]
        finals = any(not one.why_not and not so for one, so in zip(weighed, early, strict=True))
        if finals or (len(specifier) and not target.ways.takes_early):
            weighed = [_without(one, "pre-release", so) for one, so in zip(weighed, early, strict=True)]
    if hashes:
        fits = {one.link.url: _has_one_of(one.link, hashes) for one in weighed if not one.why_not}
        if True in fits.values():
            weighed = [_without(one, "hash", fits.get(one.link.url) is False) for one in weighed]
    pinned = any(one.operator in ("==", "===") and "*" not in one.version for one in specifier)
    admitted = pinned or target.ways.takes_yanked
    if not admitted or any(not one.yanked and not one.why_not for one in weighed):  # PEP 592
        weighed = [_without(one, "yanked", one.yanked) for one in weighed]
    taken = sorted((one for one in weighed if not one.why_not), key=_preference(choosing))
    return (*reversed(taken), *(one for one in weighed if one.why_not))  # of equals pip takes the last on the page


def _preference(choosing: Choosing) -> Callable[[Weighed], tuple[object, ...]]:
    """The greater is preferred."""

    def key(one: Weighed) -> tuple[object, ...]:
        first = choosing.prefer_wheels and one.is_wheel
        return (first, one.parsed.version or Version("0"), one.order)

    return key


def _has_one_of(link: Link, hashes: Collection[str]) -> bool | None:
    """Say whether the page publishes an admitted hash for the file; None where it publishes none at all."""
    return any(f"{kind}:{value.lower()}" in hashes for kind, value in link.hashes.items()) if link.hashes else None


def fact_of(one: Weighed) -> FileFact:
    details = {
        "requires-python": one.link.requires_python or "",
        "yanked": one.link.yanked or "",
    }
    tags = " ".join(sorted(map(str, one.parsed.tags or ())))
    return FileFact(
        one.link.filename,
        str(one.parsed.version or ""),
        one.why_not,
        details.get(one.why_not, tags if one.is_wheel else ""),
    )


def _weigh(link: Link, project: str, specifier: SpecifierSet, target: Target) -> Weighed:
    egg = _EGG.search(f"#{link.fragment}") if "egg=" in link.fragment else None
    # What a fragment calls it counts in place of the file name, whatever kind of file it is.
    name = f"{egg[1]}.zip" if egg is not None and egg[1] else link.filename
    parsed = parse_as_pip(name, project, target.ways.names, target.markers["python_version"])
    if parsed.version is None:
        return Weighed(link, parsed, "stranger" if parsed.stranger else "no-package")
    rank = target.rank(parsed.tags) if parsed.tags is not None else None
    place = -rank if rank is not None else -len(target.ranks)  # an sdist comes after every wheel
    order = (parsed.build, place) if target.ways.build_first else (place, parsed.build)
    yanked = link.yanked is not None or (link.yanked_bare and target.ways.yanks_bare)
    return Weighed(link, parsed, _why_not(link, parsed, rank, specifier, target), order, yanked)


def _is_early(one: Weighed) -> bool:
    return one.parsed.version is not None and one.parsed.version.is_prerelease


def _without(one: Weighed, why_not: str, so: bool) -> Weighed:
    return msgspec.structs.replace(one, why_not=why_not) if so and not one.why_not else one


def _why_not(link: Link, parsed: Parsed, rank: int | None, specifier: SpecifierSet, target: Target) -> str:
    """The first reason in the order in which a person would mend them."""
    if parsed.version is None or not specifier.contains(parsed.version, prereleases=True):
        return "version"
    if not target.allows(link.requires_python):
        return "requires-python"
    if parsed.tags is not None and rank is None:
        return target.misfit(parsed.tags)
    return ""
