"""Targets by name: `cp37-win32`, `cp311-manylinux_2_28_x86_64`, `omflow-1.1-windows`, an interpreter, a host's facts.

The tags and their order are packaging's (PEP 425), for the platforms that such an interpreter would name itself:
a glibc takes the wheels of all older ones (PEP 600), musl and macOS likewise (PEP 656, packaging's own list).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from airproof.encodable import decode_json
from airproof.errors import BadInput
from airproof.probes.interpreters.host import Host, probe_host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.hosts import ANY_LATER, InstalledDistribution, Target

WORDS = Path(__file__).with_name("targets.toml")
NAME = re.compile(
    r"cp3(?P<minor>\d{1,2})(?P<threads>t?)(?:\.(?P<patch>\d{1,2}))?-(?P<platform>\w+)(?:-pip(?P<pip>\d+(?:\.\d+)*))?"
)
LEGACY = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}
"""Platforms that are named by a year: glibc 2.N."""
UNKNOWN_LIBC = "linux_armv7l"
"""Boards of which no more is known than what their own wheels are tagged with, as on the indexes built for them: no
manylinux or musllinux wheel is certain to run. Other machines have no such indexes: there the name is a slip.
"""
LATER = "later"
"""The key for every Python that targets.toml does not list."""
NEWEST_GLIBC, NEWEST_MUSL, OLDEST_MINOR = 60, 20, 6
CLOSE, FEW = 0.5, 4


class Preset(msgspec.Struct, frozen=True):
    target: str
    source: str
    """Source of the statement."""


class TargetNames(msgspec.Struct, frozen=True):
    """Content of targets.toml."""

    patch: dict[str, str]
    last: dict[str, int]
    pips: dict[str, tuple[str, ...]]
    windows: dict[str, str]
    glibc: dict[str, int]
    since: dict[str, str]
    preset: dict[str, Preset]


class _Whole(msgspec.Struct):
    """A saved answer of a host, as `--facts` takes it: the whole, or the host's part alone."""

    host: Host | None = None


class Platform(NamedTuple):
    """A parsed platform name."""

    tags: tuple[str, ...]
    """Platform tags, best first."""
    machine: str
    system: str
    """`Windows`, `Linux` or `Darwin`, as `platform.system()` says it."""
    since: str = ""
    """The first Python that exists for the platform, if that restricts the choice."""


@cache
def names() -> TargetNames:
    return msgspec.toml.decode(WORDS.read_bytes(), type=TargetNames)


def target_of(text: str) -> Target:
    """Return the target of that name. Raises BadInput, with the closest valid names, for an unknown one."""
    name = text.strip()
    if any(mark in name for mark in "/\\") or Path(name).is_file():
        return _from_file(name)
    named = name.lower().replace(" ", "")
    if named in names().preset:
        made = target_of(names().preset[named].target)
        return msgspec.structs.replace(made, preset=named)
    match = NAME.fullmatch(named)
    platform = _platform(match["platform"]) if match else None
    if match is None or platform is None or int(match["minor"]) < OLDEST_MINOR:
        raise BadInput("target-unknown", given=text, close=", ".join(_closest(named)))
    minor = int(match["minor"])
    if platform.since and minor < int(platform.since.partition(".")[2]):
        raise BadInput("target-impossible", given=text, platform=match["platform"], since=platform.since)
    if match["threads"] and minor < 13:
        raise BadInput("target-impossible", given=text, platform="free threading (t)", since="3.13")
    tags = tuple(map(str, _tags(minor, match["threads"], platform.tags)))
    patch = int(match["patch"]) if match["patch"] else None
    patches = (0, names().last.get(f"3.{minor}", ANY_LATER)) if patch is None else None
    pips = (match["pip"],) if match["pip"] else names().pips.get(f"3.{minor}", names().pips[LATER])
    return Target(named, _markers(minor, platform, patch), tags, patches=patches, pips=pips)


def targets_of(texts: Sequence[str]) -> tuple[Target, ...]:
    """Return several targets, each once: two names for the same target count once. Raises BadInput."""
    distinct: dict[tuple[object, ...], Target] = {}
    for target in map(target_of, texts):
        distinct.setdefault((target.tags, tuple(target.markers.items()), target.patches, target.pips), target)
    return tuple(distinct.values())


def data_of(host: Host) -> Target:
    """Return the target that an interpreter represents, as if nothing were installed there."""
    return Target(host.label, host.markers, host.tags, pips=(host.pip,) if host.pip else ())


def with_what_it_has(host: Host) -> Target:
    """Return the target that an interpreter of OMFlow's represents: its installed distributions count as served."""
    return msgspec.structs.replace(data_of(host), had=had_of(host))


def had_of(host: Host) -> dict[str, InstalledDistribution]:
    """Return an interpreter's distributions by normalised names, if their versions and requirements can be read."""
    versions = {
        name: version for name, version in host.installed.items() if name in host.requires and _readable(version)
    }
    return {
        canonicalize_name(name): InstalledDistribution(version, host.requires[name])
        for name, version in versions.items()
    }


def as_if_empty(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Return the same targets with nothing installed: a rehearsal or a medium must suffice for a new
    installation too.
    """
    return tuple(msgspec.structs.replace(target, had={}) for target in targets)


def _readable(version: str) -> bool:
    try:
        return bool(Version(version))
    except InvalidVersion:
        return False


def covers(host: Host, target: Target) -> bool:
    """Say whether this interpreter represents the target: same Python and system, and it accepts all of the target's
    tags.
    """
    same = ("python_version", "sys_platform", "platform_python_implementation")
    alike = all(host.markers.get(marker) == target.markers.get(marker) for marker in same)
    return alike and bool(host.tags) and set(target.tags) <= set(host.tags)


def pip_options(target: TargetMatcher | Target) -> str:
    """Return the options with which `pip download` fetches for that target: its tags, though not its markers."""
    platforms = list(dict.fromkeys(tag.rpartition("-")[2] for tag in target.tags))
    named = [platform for platform in platforms if platform != "any"]
    chosen = [platform for platform in named if not platform.startswith("linux_")] or named
    words = ["--only-binary=:all:", f"--python-version {target.markers['python_version']}"]
    return " ".join([*words, *(f"--platform {platform}" for platform in _worth_naming(chosen))])


def _worth_naming(platforms: Sequence[str]) -> list[str]:
    """Pick the platforms to name. pip takes a named platform literally (26.3), so the usual ones of a series
    are named.
    """
    usual = ("manylinux_2_28_", "manylinux_2_17_", "manylinux2014_", "manylinux2010_", "manylinux1_", "musllinux_1_1_")
    return [platform for number, platform in enumerate(platforms) if number == 0 or platform.startswith(usual)][:7]


def _from_file(name: str) -> Target:
    """Read a target from an interpreter of this machine, or from saved facts of a host."""
    path = Path(name)
    if path.suffix.lower() != ".json":
        return with_what_it_has(probe_host(name))
    try:
        raw = path.read_bytes()
        whole = decode_json(raw, type=_Whole).host
        return with_what_it_has(whole or decode_json(raw, type=Host))
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput("target-facts", path=path, reason=error) from error


def _tags(minor: int, threads: str, platforms: Sequence[str]) -> Iterator[object]:
    """Yield the tags in the order in which such an interpreter's own pip prefers them."""
    version = (3, minor)
    abi = f"cp3{minor}{threads}" + ("m" if minor < 8 else "")
    yield from cpython_tags(version, abis=[abi], platforms=list(platforms))
    yield from compatible_tags(version, interpreter=f"cp3{minor}", platforms=list(platforms))


def _platform(name: str) -> Platform | None:
    if name in names().windows:
        return Platform((name,), names().windows[name], "Windows", names().since.get(name, ""))
    if match := re.fullmatch(r"manylinux_2_(\d+)_(\w+)", name):
        return _glibc(int(match[1]), match[2])
    if match := re.fullmatch(r"(manylinux1|manylinux2010|manylinux2014)_(\w+)", name):
        return _glibc(LEGACY[match[1]], match[2])
    if (match := re.fullmatch(r"musllinux_1_(\d+)_(\w+)", name)) and match[2] in names().glibc:
        minor = int(match[1])
        tags = tuple(f"musllinux_1_{level}_{match[2]}" for level in range(minor, -1, -1))
        return Platform((*tags, f"linux_{match[2]}"), match[2], "Linux") if minor <= NEWEST_MUSL else None
    if name == UNKNOWN_LIBC:
        return Platform((name,), "armv7l", "Linux")
    if match := re.fullmatch(r"macosx_(\d+)_(\d+)_(x86_64|arm64)", name):
        tags = tuple(mac_platforms((int(match[1]), int(match[2])), match[3]))
        since = names().since["macos_arm64"] if match[3] == "arm64" else ""
        return Platform(tags, match[3], "Darwin", since) if tags else None
    return None


def _glibc(minor: int, machine: str) -> Platform | None:
    oldest = names().glibc.get(machine)
    if oldest is None or not oldest <= minor <= NEWEST_GLIBC:
        return None
    years = {glibc: year for year, glibc in LEGACY.items()}
    tags: list[str] = []
    for level in range(minor, oldest - 1, -1):
        tags.append(f"manylinux_2_{level}_{machine}")
        tags += [f"{years[level]}_{machine}"] if level in years else []
    return Platform((*tags, f"linux_{machine}"), machine, "Linux")


def _markers(minor: int, platform: Platform, patch: int | None) -> dict[str, str]:
    version = f"3.{minor}"
    full = names().patch.get(version, f"{version}.0") if patch is None else f"{version}.{patch}"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "nt" if platform.system == "Windows" else "posix",
        "platform_machine": platform.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": platform.system,
        "platform_version": "",
        "python_full_version": full,
        "python_version": version,
        "sys_platform": {"Windows": "win32", "Linux": "linux", "Darwin": "darwin"}[platform.system],
    }


def _closest(name: str) -> list[str]:
    """Return the closest valid names; common ones if nothing is close."""
    pythons = [f"cp{version.replace('.', '')}" for version in names().patch]
    linux = [f"{kind}_{machine}" for kind in _LINUX for machine in ("x86_64", "aarch64", "i686")]
    platforms = [*names().windows, *linux, "linux_armv7l", "macosx_11_0_arm64", "macosx_10_15_x86_64"]
    known = [*names().preset, *(f"{python}-{platform}" for python in pythons for platform in platforms)]
    given = NAME.fullmatch(name)
    if given is None and (match := re.search(r"3\D?(\d{1,2})", name)):  # py3.7-win32, python37_win32
        rest = name[match.end() :].strip("-_.")
        name = f"cp3{match[1]}-{rest}" if rest else f"cp3{match[1]}-win32"
    return difflib.get_close_matches(name, known, n=FEW, cutoff=CLOSE) or [*names().preset][:FEW]


_LINUX = ("manylinux_2_17", "manylinux_2_28", "manylinux2014", "musllinux_1_1", "musllinux_1_2")
