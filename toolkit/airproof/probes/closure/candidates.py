"""Weigh every file of a project page as pip would: in which order the files are taken, or why a file is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import TypeVar

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import (
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from airproof.probes.index.simple import Link, Page
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN, Choosing

T = TypeVar("T")

ARCHIVES = (".zip", *(f".tar{kind}" for kind in ("", ".gz", ".bz2", ".xz", ".lz", ".lzma")))
SDISTS = (*ARCHIVES, ".tgz", ".tbz", ".txz", ".tlz")
"""File name endings of source distributions that pip takes, compared case-sensitively (20.3 to 26.3)."""
_PART = {"loose": r".+?", "plain": r"[^\s-]+?"}
_WHEELS = {
    kind: re.compile(
        rf"(?P<name>{part})-(?P<version>{part[:-2]}*?)"
        rf"(?:-(?P<build>\d[^-]*?))?-(?P<pythons>{part})-(?P<abis>{part})-(?P<platforms>{part})\.whl"
    )
    for kind, part in _PART.items()
}
"""A wheel's file name, as the versions of pip before 25.3 read it: `PipBehaviour.names`."""
_EGG = re.compile(r"[#&]egg=([^&]*)")
_OF_PYTHON = re.compile(r"-py([123]\.?[0-9]?)$")
"""The Python that an old source distribution names after its version."""


class Parsed(msgspec.Struct, frozen=True):
    """A parsed file name. `version` is None if the name is not that of a package, or belongs to another project."""

    version: Version | None
    tags: frozenset[Tag] | None = None
    """None for an sdist."""
    build: tuple[int, str] | tuple[()] = ()
    stranger: bool = False
    """The file belongs to another project."""


class Weighed(msgspec.Struct, frozen=True):
    """A file and the reason why it was not taken; `why_not` is empty if pip would take it."""

    link: Link
    parsed: Parsed
    why_not: str
    """`version`, `yanked`, `pre-release`, `requires-python`, `python`, `abi`, `platform`, `no-package`,
    `stranger`, `sdist`, `wheel`, `hash`, `metadata`, or empty.
    """
    order: tuple[object, ...] = ()
    """Order among files of one version, the greater preferred: the better tag, then the greater build tag."""
    yanked: bool = False
    """The target's pip treats the file as yanked."""

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
    """Take a wheel's or an sdist's file name apart (PEP 427, 625), of whatever project; never raises."""
    try:
        if filename.endswith(".whl"):
            _, version, build, tags = parse_wheel_filename(filename)
            return Parsed(shared(str(version), version), shared("", tags), build)
        if filename.endswith((".tar.gz", ".zip")):
            version = parse_sdist_filename(filename)[1]
            return Parsed(shared(str(version), version))
    except ValueError:  # an invalid name or version, or a number with more digits than Python reads
        pass
    return Parsed(None)


@lru_cache(maxsize=100_000)
def parse_as_pip(filename: str, project: str, names: str, python: str = "") -> Parsed:
    """Parse the name of a file on a project's page as pip does when it looks for that project; never raises.

    `names`: `PipBehaviour.names`. `python`: such as `3.11`, for sdists whose names carry a Python version. An invalid
    version is treated as none: the pips that know legacy versions (until 24.0) match no specifier with them.
    """
    if filename.endswith(".whl"):
        return _wheel(filename, project, names)
    ending = next((suffix for suffix in SDISTS if filename.endswith(suffix)), None)
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
    return Parsed(version_of(version[: own.start()] if own is not None else version))


def _wheel(filename: str, project: str, names: str) -> Parsed:
    if names == "strict":
        try:
            name, version, build, tags = parse_wheel_filename(filename)
        except ValueError:
            return Parsed(None)
        parsed = Parsed(shared(str(version), version), shared("", tags), build)
    else:
        match = _WHEELS[names].fullmatch(filename)
        if match is None:
            return Parsed(None)
        name = canonicalize_name(match["name"])
        tags = frozenset(
            Tag(python, abi, platform)
            for python in match["pythons"].split(".")
            for abi in match["abis"].split(".")
            for platform in match["platforms"].split(".")
        )
        build = _build(match["build"])
        parsed = Parsed(version_of(match["version"].replace("_", "-")), shared("", tags), build)
    if name == project:
        return parsed
    return msgspec.structs.replace(parsed, version=None, stranger=True)


@lru_cache(maxsize=100_000)
def version_of(text: str) -> Version | None:
    """Return the version (PEP 440) that a text is; None for any other text, and for one of more digits than Python
    reads.
    """
    try:
        version = Version(text)
    except ValueError:
        return None
    known: Version = shared(str(version), version)
    return known


def version_for(text: str, ways: PipBehaviour) -> Version | None:
    """Parse a version as that pip's metadata library does: pkg_resources turns `1.0_1` into `1.0-1` first."""
    version = version_of(text)
    if version is None and ways.compared_name == "file":
        return version_of(re.sub(r"[^A-Za-z0-9.]+", "-", text.replace(" ", ".")))
    return version


def _build(text: str | None) -> tuple[int, str] | tuple[()]:
    match = re.match(r"(\d+)(.*)", text or "")
    return (int(match[1]), match[2]) if match else ()


@lru_cache(maxsize=100_000)
def normalised(name: str) -> str:
    """Return the normalised name of a project (PEP 503). A resolution asks for few names, and very often."""
    return canonicalize_name(name)


@lru_cache(maxsize=20_000)
def shared(text: str, value: T) -> T:
    """Return the first of equal values with the same text. Large indexes have few distinct versions, specifiers and
    sets of tags, so this saves memory.
    """
    return value


def project_of(filename: str) -> str:
    """Return the normalised name of the project to which the file belongs."""
    stem = filename.split("-", maxsplit=1)[0] if filename.endswith(".whl") else filename.rpartition("-")[0]
    return canonicalize_name(stem)


def weigh_any(page: Page, project: str, target: TargetMatcher, *, choosing: Choosing = PLAIN) -> tuple[Weighed, ...]:
    """Weigh all files of the page by what no requirement changes, in the order of the page.

    `project`: the normalised name. `choosing`: the options that pip was given.
    """
    weighed = [_weigh(link, project, target) for link in page.links]
    if choosing.wheels_only(project):
        weighed = [_without(file, "sdist", not file.is_wheel) for file in weighed]
    if choosing.no_wheels(project):
        weighed = [_without(file, "wheel", file.is_wheel) for file in weighed]
    return tuple(weighed)


def weigh(
    files: Iterable[Weighed],
    specifier: SpecifierSet,
    target: TargetMatcher,
    *,
    choosing: Choosing = PLAIN,
    hashes: Collection[str] = (),
) -> tuple[Weighed, ...]:
    """Weigh files, as `weigh_any` returns them, by a requirement; those that are taken come first, best first.

    A file that `weigh_any` does not take may be left out: no other file depends on it. `hashes`: the hashes that the
    requirement lines admit, as `kind:HEX`. If the page publishes any of them, a file with another hash is not taken,
    and a file without one is (pip's `filter_unallowed_hashes`).
    """
    weighed = [_of_version(file, specifier) for file in files]
    # A yanked final release rules pre-releases out all the same, as in pip.
    if not choosing.pre and not specifier.prereleases:
        early = [_is_early(file) for file in weighed]
        finals = any(not file.why_not and not so for file, so in zip(weighed, early, strict=True))
        if finals or (len(specifier) and not target.ways.takes_early):
            weighed = [_without(file, "pre-release", so) for file, so in zip(weighed, early, strict=True)]
    if hashes:
        fits = {file.link.url: _has_one_of(file.link, hashes) for file in weighed if not file.why_not}
        if True in fits.values():
            weighed = [_without(file, "hash", fits.get(file.link.url) is False) for file in weighed]
    pinned = any(clause.operator in ("==", "===") and "*" not in clause.version for clause in specifier)
    admitted = pinned or target.ways.takes_yanked
    if not admitted or any(not file.yanked and not file.why_not for file in weighed):  # PEP 592
        weighed = [_without(file, "yanked", file.yanked) for file in weighed]
    taken = sorted((file for file in weighed if not file.why_not), key=_preference(choosing))
    # Of equal files pip takes the last on the page.
    return (*reversed(taken), *(file for file in weighed if file.why_not))


def _preference(choosing: Choosing) -> Callable[[Weighed], tuple[object, ...]]:
    """Return a sort key; the file with the greater key is preferred."""

    def key(file: Weighed) -> tuple[object, ...]:
        first = choosing.prefer_wheels and file.is_wheel
        return (first, file.parsed.version or Version("0"), file.order)

    return key


def _has_one_of(link: Link, hashes: Collection[str]) -> bool | None:
    """Say whether the page publishes an admitted hash for the file; None where it publishes none at all."""
    return any(f"{kind}:{value.lower()}" in hashes for kind, value in link.hashes.items()) if link.hashes else None


def fact_of(file: Weighed) -> FileFact:
    details = {
        "requires-python": file.link.requires_python or "",
        "yanked": file.link.yanked or "",
    }
    tags = " ".join(sorted(map(str, file.parsed.tags or ())))
    return FileFact(
        file.link.filename,
        str(file.parsed.version or ""),
        file.why_not,
        details.get(file.why_not, tags if file.is_wheel else ""),
    )


def _weigh(link: Link, project: str, target: TargetMatcher) -> Weighed:
    egg = _EGG.search(f"#{link.fragment}") if "egg=" in link.fragment else None
    # A file name in the fragment (`egg=`) counts instead of the URL's file name, whatever kind of file it is.
    name = f"{egg[1]}.zip" if egg is not None and egg[1] else link.filename
    parsed = parse_as_pip(name, project, target.ways.names, target.markers["python_version"])
    if parsed.version is None:
        return Weighed(link, parsed, "stranger" if parsed.stranger else "no-package")
    rank = target.rank(parsed.tags) if parsed.tags is not None else None
    place = -rank if rank is not None else -len(target.ranks)  # An sdist comes after every wheel.
    order = (parsed.build, place) if target.ways.build_first else (place, parsed.build)
    yanked = link.yanked is not None or (link.yanked_bare and target.ways.yanks_bare)
    return Weighed(link, parsed, _why_not(link, parsed, rank, target), order, yanked)


def _of_version(file: Weighed, specifier: SpecifierSet) -> Weighed:
    """Return the file, refused if its version does not meet the specifier: this reason comes before all others."""
    version = file.parsed.version
    if version is None or not specifier or specifier.contains(version, prereleases=True):
        return file
    return msgspec.structs.replace(file, why_not="version")


def _is_early(file: Weighed) -> bool:
    return file.parsed.version is not None and file.parsed.version.is_prerelease


def _without(file: Weighed, why_not: str, so: bool) -> Weighed:
    return msgspec.structs.replace(file, why_not=why_not) if so and not file.why_not else file


def _why_not(link: Link, parsed: Parsed, rank: int | None, target: TargetMatcher) -> str:
    """Return the first reason, in the order in which a person would fix them."""
    if not target.allows(link.requires_python):
        return "requires-python"
    if parsed.tags is not None and rank is None:
        return target.misfit(parsed.tags)
    return ""
