"""Requirements files with hashes: files that they do not admit, and lines that the interpreter's pip refuses.

One hash, or `--require-hashes`, anywhere in a file, its constraints or an excluded line included, turns pip's hash mode
on for all of it. Measured, pip 20.3.4 to 26.3 on pages with and without hashes: until 26.0 every file must have a line
of its own that pins one version with `==` or `===` and nothing else, and that has the hash itself; from 26.1 on a hash
without a pin will do, and so do hashes of constraints. Before 24.2 a hash in capitals meets nothing. Before 23.1 pip
knows no `--config-settings`, behind a requirement or on a line of its own, and refuses the file (measured, 20.3.4 to
26.3).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.check import Finding
from airproof.errors import CannotLook
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Pin
from airproof.site.group import Group
from airproof.site.requirements import SETTINGS

HASHES = (
    *("hash-not-admitted", "hash-absent", "hash-unpinned", "hash-in-capitals", "hashes-demanded"),
    "option-unknown-to-pip",
)
"""All causes that are told here."""
TAKES_UNPINNED = Version("26.1")
IGNORES_CASE = Version("24.2")
KNOWS_SETTINGS = Version("23.1")
_SETTINGS = re.compile(rf"(?:^|\s)({'|'.join(map(re.escape, sorted(SETTINGS)))})\s")


def hashes_not_met(
    readings: Readings, groups: Iterable[Group], pips: Iterable[str] = (), *, demanded: bool = False
) -> Iterator[Finding]:
    """One finding for each file that would be taken and that pip would refuse for the hashes of the requirements file.

    What the index publishes is believed here; where pip itself took the files, it has held them against the hashes.
    `pips`: those that a target may have; what the oldest of them refuses is told. `demanded`: the pip command has
    `--require-hashes`, with which pip refuses requirements that have none (measured, 20.3.4 to 26.3).

    Raises CannotLook where only hashes of a kind are written that the index does not publish.
    """
    versions = [version for text in (readings.pip, *pips) if (version := _version(text)) is not None]
    pip = min(versions, default=None)
    groups = tuple(groups)
    hashed = {group.name: group for group in groups if group.hashes or "--require-hashes" in group.pip_lines}
    for reading in readings.groups:
        if demanded and reading.group not in hashed:
            values = {"requirements": ", ".join(reading.requirements), "label": readings.label}
            yield Finding("hashes-demanded", None, "--hash=...", reading.requirements, values)
        group = hashed.get(reading.group)
        if group is not None and not (reading.by_pip and group.sets_pip):
            yield from _refused(reading, group, pip)
    if pip is not None and pip < KNOWS_SETTINGS:
        read = {reading.group for reading in readings.groups}
        yield from (found for group in groups if group.name in read for found in _unknown(group, pip, readings.label))


def _unknown(group: Group, pip: Version, label: str) -> Iterator[Finding]:
    """Find the first option of a file that its pip does not know: pip comes to no other."""
    for line in (*group.pip_lines, *group.constraint_lines):
        option = _SETTINGS.search(line)
        if option is not None:
            values = {"file": group.name, "line": line, "option": option[1], "pip": pip, "label": label}
            yield Finding("option-unknown-to-pip", line, f"pip {KNOWS_SETTINGS}", group.requirements, values)
            return


def _refused(reading: GroupReading, group: Group, pip: Version | None) -> Iterator[Finding]:
    lines = _lines_of(group)
    strict = pip is None or pip < TAKES_UNPINNED
    for pin in reading.reading.pins:
        mine = lines.get(pin.project, ())
        values = {"filename": pin.link.filename, "project": pin.project, "version": pin.version, "file": group.name}
        written = tuple(value for line in mine for value in line[1]) if strict else group.hashes.get(pin.project, ())
        if lines and not written:
            yield Finding("hash-absent", None, f"{pin.project}=={pin.version} --hash=...", (pin.project,), values)
        elif strict and lines and not any(_is_pinned(requirement) for requirement, _ in mine):
            found = str(next(requirement for requirement, _ in mine))
            yield Finding("hash-unpinned", found, f"{pin.project}==", (pin.project,), values | {"line": found})
        else:
            yield from _unlike(pin, group)
            if pip is not None and pip < IGNORES_CASE and any(value != value.lower() for value in written):
                yield Finding("hash-in-capitals", list(written), [], (pin.project,), values | {"pip": pip})


def _unlike(pin: Pin, group: Group) -> Iterator[Finding]:
    published, project = pin.link.hashes, pin.project
    wanted: Collection[str] = group.hashes.get(project, ())
    kinds = {value.partition(":")[0] for value in wanted}
    if any(f"{kind}:{value.lower()}" in wanted for kind, value in published.items()):
        return
    if wanted and not kinds & set(published):
        raise CannotLook("hash-kind", file=group.name, project=project, kinds=", ".join(sorted(kinds)))
    sha256 = published.get("sha256", "").lower()
    values = {"filename": pin.link.filename, "project": project, "file": group.name, "sha256": sha256 or "-"}
    yield Finding("hash-not-admitted", sha256, sorted(wanted), (project,), values)


def _lines_of(group: Group) -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Project to its requirement lines, each with the hashes as they are written."""
    found: dict[str, list[tuple[Requirement, list[str]]]] = {}
    lines = group.pip_lines or (group.requirements if group.constraint_lines else ())
    for line in lines:
        if not line.startswith("-"):
            text, *options = line.split(" --")
            written = [option.partition("=")[2] for option in options if option.startswith("hash=")]
            requirement = Requirement(text)
            found.setdefault(canonicalize_name(requirement.name), []).append((requirement, written))
    return found


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _is_pinned(requirement: Requirement) -> bool:
    each = list(requirement.specifier)
    return len(each) == 1 and each[0].operator in ("==", "===")
