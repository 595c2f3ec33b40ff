"""Every file of a project page as pip would weigh it: taken in which order, or not taken and why."""

from __future__ import annotations

from collections.abc import Collection
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

from airproof.choosing import PLAIN, Choosing
from airproof.probes.simple import Link, Page
from airproof.target import Target

T = TypeVar("T")


class Parsed(msgspec.Struct, frozen=True):
    """A file name taken apart; `version` None where it names no package."""

    version: Version | None
    tags: frozenset[Tag] | None = None
    """None for an sdist."""
    build: tuple[int, str] | tuple[()] = ()


class Weighed(msgspec.Struct, frozen=True):
    """One file and why it was not taken; `why_not` is empty where pip would take it."""

    link: Link
    parsed: Parsed
    why_not: str
    """`version`, `yanked`, `pre-release`, `requires-python`, `python`, `abi`, `platform`, `no-package`,
    `sdist`, `wheel`, `hash`, `metadata`, or empty.
    """
    order: tuple[int | str, ...] = ()
    """Of files of one version the smaller is preferred."""

    @property
    def is_wheel(self) -> bool:
        return self.parsed.tags is not None


class FileFact(msgspec.Struct, frozen=True):
    """A weighed file as the record keeps it."""

    filename: str
    version: str
    why_not: str
    detail: str = ""
    """The wheel's tags, the Requires-Python, the reason of yanking, or the requirement that its pip refuses."""


@lru_cache(maxsize=100_000)
def parse_filename(filename: str) -> Parsed:
    """Takes a wheel's or an sdist's file name apart (PEP 427, 625); never raises."""
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
    pre: bool = False,
    wheels_only: bool = False,
    choosing: Choosing = PLAIN,
    hashes: Collection[str] = (),
) -> tuple[Weighed, ...]:
    """All files of the page, best first, those not taken last.

    `pre`: pre-releases are wanted even unasked. `wheels_only`: an sdist is not taken. `choosing`: what pip was told.
    `hashes`: those that the lines admit, as `kind:HEX`: where the page publishes any of them, a file with another one
    is not taken, and one without is (pip's `filter_unallowed_hashes`).
    """
    project = canonicalize_name(requirement.name)
    pre, wheels_only = pre or choosing.pre, wheels_only or choosing.wheels_only(project)
    specifier = requirement.specifier
    weighed = [_weigh(link, specifier, target) for link in page.links]
    if wheels_only:
        weighed = [_without(one, "sdist", not one.is_wheel) for one in weighed]
    if choosing.no_wheels(project):
        weighed = [_without(one, "wheel", one.is_wheel) for one in weighed]
    if not pre and not specifier.prereleases:  # a yanked final release rules pre-releases out all the same, as in pip
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
    if not admitted or any(one.link.yanked is None and not one.why_not for one in weighed):  # PEP 592
        weighed = [_without(one, "yanked", one.link.yanked is not None) for one in weighed]
    taken = [one for one in reversed(weighed) if not one.why_not]  # of equals pip takes the last on the page
    by_version = sorted(taken, key=lambda one: one.order)
    by_version.sort(key=lambda one: one.parsed.version or Version("0"), reverse=True)
    if choosing.prefer_wheels:
        by_version.sort(key=lambda one: not one.is_wheel)
    return (*by_version, *(one for one in weighed if one.why_not))


def _has_one_of(link: Link, hashes: Collection[str]) -> bool | None:
    """Whether the page publishes an admitted hash for the file; None where it publishes none at all."""
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


def _weigh(link: Link, specifier: SpecifierSet, target: Target) -> Weighed:
    parsed = parse_filename(link.filename)
    if parsed.version is None:
        return Weighed(link, parsed, "no-package")
    # Last: the order of a wheel by tag, then by build tag; an sdist comes after every wheel.
    rank = target.rank(parsed.tags) if parsed.tags is not None else None
    build = (-parsed.build[0], parsed.build[1]) if parsed.build else (0, "")
    order = (0, rank, *build) if rank is not None else (1, 0, 0, "")
    return Weighed(link, parsed, _why_not(link, parsed, rank, specifier, target), order)


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
