"""Read a wheel as pip installs it: its metadata, and the reason for which pip would refuse it. Nothing is unpacked to
disk.

Measured with pip 20.3.4, 22.2.2, 23.2.1, 24.2 and 26.3, which agree unless noted otherwise; the differential test
verifies this. No pip reads the hashes in RECORD, so they are no reason here.
"""

from __future__ import annotations

import csv
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from email.parser import Parser
from typing import IO

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.files.archive import (
    BLOCK,
    DAMAGES,
    MAX_UNPACKED,
    BrokenArchive,
    Inside,
    bounded_member,
    names_of,
    sboms_in,
    wheel_metadata_of,
)

NEWEST_WHEEL = 1
"""The newest major version of the wheel format that pip installs."""
SCHEMES = ("platlib", "purelib", "headers", "scripts", "data")
LONGEST_NAME = 255
_USUAL_FORMAT = re.compile(rb"Wheel-Version: 1\.[0-9]\r?\n(?![ \t])")
"""The first line of almost every WHEEL file; what follows cannot change it. Others are parsed as mail, as by pip."""
SCRIPT = re.compile(r"(?P<name>([^\[]\S*))\s*=\s*(?P<callable>(\w+)([:\.]\w+)*)\s*(\[[^\]]*\])?")
"""Pattern of an entry point, as pip's script maker reads it."""


class AsPip(msgspec.Struct, frozen=True):
    """A wheel as pip reads it before it installs it."""

    inside: Inside
    folder_name: str = ""
    """Name and version in the name of its `.dist-info` folder."""
    folder_version: str = ""
    refusal: str = ""
    """Why pip refuses to install the wheel, although it can read its requirements."""


def read_as_pip(file: IO[bytes], project: str, *, whole: bool = True) -> AsPip:
    """Read an open wheel as pip does. `project`: the normalised name under which it was found.

    `whole`: as in an installation, which unpacks each member; False: as in a resolution, which reads METADATA only.
    """
    try:
        with zipfile.ZipFile(file) as wheel:
            names = names_of(wheel)
            folder = _folder(names, project)
            metadata = wheel_metadata_of(bounded_member(wheel, f"{folder}/METADATA"))
            if (unknown := next(_format(bounded_member(wheel, f"{folder}/WHEEL")), None)) is not None:
                return AsPip(Inside(False, unknown), refusal=unknown)
            refusal = _refusal(wheel, names, folder) if whole else ""
    except (BrokenArchive, *DAMAGES) as error:
        return AsPip(Inside(False, str(error) or type(error).__name__))
    name, _, version = folder.removesuffix(".dist-info").partition("-")
    return AsPip(msgspec.structs.replace(metadata, sboms=sboms_in(names, folder)), name, version, refusal)


def _folder(names: Sequence[str], project: str) -> str:
    folders = sorted({name.partition("/")[0] for name in names if name.partition("/")[0].endswith(".dist-info")})
    if len(folders) != 1:
        raise BrokenArchive(
            "no .dist-info folder" if not folders else f"several .dist-info folders: {', '.join(folders)}"
        )
    if not canonicalize_name(folders[0]).startswith(project):
        raise BrokenArchive(f"its .dist-info folder is called {folders[0]}")
    return folders[0]


def _refusal(wheel: zipfile.ZipFile, names: Sequence[str], folder: str) -> str:
    """Return the first reason for which an installation fails; empty if there is none."""
    try:
        return next(_refusals(wheel, names, folder), "")
    except (BrokenArchive, csv.Error, *DAMAGES) as error:
        return str(error) or type(error).__name__


def _refusals(wheel: zipfile.ZipFile, names: Sequence[str], folder: str) -> Iterator[str]:
    """Yield the reasons, roughly in the order in which pip reaches them."""
    yield from (f"it has a file outside of its place: {name}" for name in names if _leaves(name))
    yield from (f"it has a file whose name is too long: {name[:40]}..." for name in names if _is_long(name))
    yield from (f"it has a file in no known part of its .data folder: {name}" for name in names if _astray(name))
    files = {name for name in names if not name.endswith("/")}
    above = (parent for name in names for parent in _above(name))
    yield from (f"it has {parent} both as a file and as a folder" for parent in above if parent in files)
    remaining = MAX_UNPACKED
    for name in names:  # As in pip, a member with a wrong checksum raises BadZipFile.
        with wheel.open(name) as member:
            while block := member.read(BLOCK):
                remaining -= len(block)
                if remaining < 0:
                    raise BrokenArchive(f"unpacks to more than {MAX_UNPACKED} bytes")
    if f"{folder}/RECORD" not in names:
        yield "it has no RECORD"
    else:
        rows = csv.reader(bounded_member(wheel, f"{folder}/RECORD").decode("utf-8").splitlines())
        yield from ("its RECORD has an empty line" for row in rows if not row)
    if f"{folder}/entry_points.txt" in names:
        yield from _scripts(bounded_member(wheel, f"{folder}/entry_points.txt"))


def _format(content: bytes) -> Iterator[str]:
    if content.isascii() and _USUAL_FORMAT.match(content):
        return
    version = Parser().parsestr(content.decode("utf-8"))["Wheel-Version"]
    if version is None:
        yield "its WHEEL file has no Wheel-Version"
        return
    try:
        parts = tuple(map(int, version.strip().split(".")))
    except ValueError:
        yield f"its Wheel-Version is {version.strip() or 'empty'}"
        return
    if parts[0] > NEWEST_WHEEL:
        yield f"its Wheel-Version is {version.strip()}"


def _leaves(name: str) -> bool:
    path = posixpath.normpath(name)
    return path.startswith(("../", "/")) or path == ".."


def _is_long(name: str) -> bool:
    """Say whether a part of a path has more than 255 bytes, which no usual file system takes."""
    most = len(name) * 4  # A character has at most four bytes.
    return most > LONGEST_NAME and any(len(part.encode(errors="replace")) > LONGEST_NAME for part in name.split("/"))


def _above(name: str) -> Iterator[str]:
    """Yield the folders that contain a member."""
    parts = name.rstrip("/").split("/")
    yield from ("/".join(parts[:end]) for end in range(1, len(parts)))


def _astray(name: str) -> bool:
    """Say whether a file of a `.data` folder lies in no known part of it, so that it would not be installed
    anywhere.
    """
    if name.endswith("/") or not name.partition("/")[0].endswith(".data"):
        return False
    parts = posixpath.normpath(name).split("/", 2)
    return len(parts) < 3 or parts[1] not in SCHEMES


def _scripts(content: bytes) -> Iterator[str]:
    """Yield the entry points for which pip cannot make a script; the installation fails at the first."""
    points = ConfigParser(delimiters=("=",), strict=False, interpolation=None)
    points.optionxform = str  # type: ignore[assignment,method-assign]  # as importlib.metadata reads it
    try:
        points.read_string(content.decode("utf-8"))
    except ConfigError as error:
        yield f"its entry_points.txt cannot be read: {str(error).partition(chr(10))[0]}"
        return
    for kind in ("console_scripts", "gui_scripts"):
        for name, value in points.items(kind) if points.has_section(kind) else ():
            if (problem := _script(f"{name} = {value}")) is not None:
                yield f"its script {name} = {value} {problem}"


def _script(line: str) -> str | None:
    match = SCRIPT.match(line)
    if match is None:
        return "cannot be read" if "[" in line or "]" in line else None
    colons = match["callable"].count(":")
    return None if colons == 1 else "names no callable"
