"""Source distributions of a closure: what their builds need for each target, and wheels that are built of them here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from airproof.medium.upstream import Upstream
from airproof.medium.workshop import Asked, BuildTrouble, BuiltWheel, Workshop
from airproof.probes.closure.closure import read_group
from airproof.probes.closure.needed import warm
from airproof.probes.closure.readings import GroupReading
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.closure.sources.folder import FolderSource, sha256_of
from airproof.probes.files.archive import SILENT, read_wheel
from airproof.probes.files.files import digest_of, strongest
from airproof.probes.files.installable import read_as_pip
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import covers, data_of
from airproof.site.group import Group
from airproof.site.hosts import Target
from airproof.site.manifest import WHEELS, BuiltHere, Manifest

OWN_BDIST_WHEEL = Version("70.1")
"""setuptools from here on makes wheels by itself. An earlier one asks for `wheel` once its build has begun."""
UNPUBLISHED = BuildTrouble("unpublished")
"""The file did not arrive, or with other bytes than the published ones."""
MOST_UNTRUE = 5
"""Members of a wheel that are named where its RECORD is untrue."""
LIBCS = ("manylinux", "musllinux")
"""Beginnings of the platforms of wheels that need a C library of a certain age."""


class FailedHere(msgspec.Struct, frozen=True):
    """A source distribution of which this machine made no wheel, or whose backend gave no answer."""

    sdist: str
    trouble: BuildTrouble


class MisfitWheel(msgspec.Struct, frozen=True):
    """A wheel that was built here, and that a target cannot be given."""

    label: str
    wheel: str


class SourceBuilds:
    """All builds of one filling: each source distribution is asked, and built, once."""

    def __init__(
        self,
        upstream: Upstream,
        workshop: Workshop | None = None,
        *,
        before: tuple[Path, Manifest] | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`workshop`: None: nothing is run here, and only what the files say counts. `before`: a medium and its
        manifest, whose wheels of the same source distribution, built by the same Python, are taken as they are.
        """
        self.upstream, self.workshop, self._before, self._progress = upstream, workshop, before, progress
        self.records: dict[str, BuiltHere] = {}
        """Path of each wheel on the medium to its origin."""
        self.unlike: list[MisfitWheel] = []
        self._asked: dict[str, Asked] = {}
        self._wheels: dict[str, BuiltWheel] = {}
        self._damaged: dict[str, BuildTrouble] = {}
        """Sdists of which a wheel was built whose RECORD is untrue: pip installs it, and a deep audit rejects it."""
        self._asking: set[str] = set()

    @property
    def unasked(self) -> tuple[FailedHere, ...]:
        """Return those whose backend could not be asked."""
        return tuple(FailedHere(name, asked.trouble) for name, asked in self._asked.items() if asked.trouble)

    def closures(self, data: Target, group: GroupReading) -> Iterator[tuple[str, tuple[str, ...], GroupReading]]:
        """Yield each sdist that the group takes, what its build asks for, and the closure of that."""
        for target in TargetMatcher.by(data).each():
            yield from self._on(target, group)

    def _on(self, target: TargetMatcher, group: GroupReading) -> Iterator[tuple[str, tuple[str, ...], GroupReading]]:
        """pip makes an environment for each build, so each has a closure of its own. What a build is made with may be
        an sdist too.
        """
        waiting: list[tuple[Pin, tuple[str, ...]]]
        waiting = [(pin, (f"{pin.project} {pin.version}",)) for pin in group.reading.pins]
        done: set[str] = set()
        while waiting:
            pin, path = waiting.pop()
            sdist = pin.link.filename
            if sdist.endswith(".whl") or sdist in done:
                continue
            done.add(sdist)
            requires, reading = self._closed(target, pin, path)
            waiting += [(tool, (*path, f"{tool.project} {tool.version}")) for tool in reading.pins]
            yield sdist, requires, GroupReading(group.group, group.requirements, False, reading)

    def _closed(self, target: TargetMatcher, pin: Pin, path: tuple[str, ...]) -> tuple[tuple[str, ...], Reading]:
        """Return what the build asks for, and the closure of that."""
        sdist = pin.link.filename
        requires = tuple(dict.fromkeys((*self._static(target, pin), *self._dynamic(pin))))
        reading = _for_build(self._close(target, sdist, requires), sdist, path)
        if _wants_wheel(reading):
            requires = (*requires, "wheel")
            reading = _for_build(self._close(target, sdist, requires), sdist, path)
        return requires, reading

    def _static(self, target: TargetMatcher, pin: Pin) -> tuple[str, ...]:
        """Without setuptools for an sdist that names no backend, where the target's pip builds it by its installed
        one.
        """
        asked = self.upstream.metadata(pin.project, pin.link).build_requires
        return tuple(text for text in asked if text != SILENT or not target.builds_plain)

    def _close(self, target: TargetMatcher, sdist: str, requires: tuple[str, ...]) -> Reading:
        """Without what is no requirement: pip refuses that build, here as there."""
        requires = tuple(filter(_is_requirement, requires))
        warm(self.upstream, target, requires)
        return read_group(self.upstream, target, Group(sdist, requires))

    def _dynamic(self, pin: Pin) -> tuple[str, ...]:
        """Return the further requirements that its backend names on this machine, with this machine's Python."""
        name = pin.link.filename
        if self.workshop is None or name in self._asking:  # it takes part in its own build, which nobody can begin
            return ()
        if name not in self._asked:
            self._asking.add(name)
            self._progress(name)
            requires = self.upstream.metadata(pin.project, pin.link).build_requires
            sdist, files = self._got(pin.link), self._files(pin, requires)
            asked = self.workshop.ask(sdist, requires, files) if sdist else Asked(trouble=UNPUBLISHED)
            self._asked[name] = asked
            self._asking.discard(name)
        return self._asked[name].requires

    def _files(self, pin: Pin, requires: tuple[str, ...]) -> list[Path]:
        """The files for a build on this machine, as far as they can be had: pip tells what lacks."""
        if self.workshop is None:
            return []
        here, found, waiting = TargetMatcher.by(data_of(self.workshop.host)), {}, [(pin, requires)]
        done: set[str] = set()
        while waiting:
            tool, asked = waiting.pop()
            done.add(tool.link.filename)
            reading = self._close(here, tool.link.filename, asked)
            if _wants_wheel(reading):
                reading = self._close(here, tool.link.filename, (*asked, "wheel"))
            found.update({part.link.filename: part.link for part in reading.pins})
            waiting += [
                (part, (*self._static(here, part), *self._dynamic(part)))
                for part in reading.pins
                if not part.link.filename.endswith(".whl") and part.link.filename not in done
            ]
        return [path for path in map(self._got, found.values()) if path is not None]

    def _got(self, link: Link) -> Path | None:
        """The file itself, as it was published; code of another file is not run."""
        for path in self.upstream.files([link]):
            kind = strongest(link.hashes)
            if kind is None or digest_of(path, kind) == link.hashes[kind]:
                return path
        return None

    def wheel_of(self, pin: Pin) -> BuiltWheel:
        """Build the sdist on this machine, once; of an earlier filling its wheel is taken."""
        name = pin.link.filename
        if self.workshop is None:
            return BuiltWheel(trouble=BuildTrouble("other"))
        if name not in self._wheels:
            self._wheels[name] = self._built(self.workshop, pin)
        return self._wheels[name]

    def _built(self, workshop: Workshop, pin: Pin) -> BuiltWheel:
        name, sdist = pin.link.filename, self._got(pin.link)
        if sdist is None:
            return BuiltWheel(trouble=UNPUBLISHED)
        host = workshop.host
        python, origin = f"{host.label} {host.python}", sha256_of(sdist)
        earlier = self._earlier(name, origin, python)
        if earlier is not None:
            return earlier
        here = TargetMatcher.by(data_of(host))
        requires = (*self._static(here, pin), *self._dynamic(pin))
        files = self._files(pin, requires)
        self._progress(name)
        made = workshop.build(sdist, files)
        if made.path is None:
            return made
        try:
            project, version, *_ = parse_wheel_filename(made.path.name)
        except (InvalidWheelFilename, InvalidVersion) as error:
            return BuiltWheel(trouble=BuildTrouble("other", str(error)))
        if (project, version) != (canonicalize_name(pin.project), Version(pin.version)):
            return BuiltWheel(trouble=BuildTrouble("other", made.path.name))
        inside = read_wheel(made.path)
        if refusal := inside.problem or _refusal(made.path, pin.project):
            return BuiltWheel(trouble=_damaged(made.path, refusal))
        used = tuple(sorted(path.name for path in files))
        self.records[f"{WHEELS}/{made.path.name}"] = BuiltHere(name, origin, python, host.pip or "", used)
        return BuiltWheel(made.path, untrue=inside.record_untrue)

    def _earlier(self, name: str, origin: str, python: str) -> BuiltWheel | None:
        """The wheel that an earlier filling built of the same bytes by the same Python, if it is whole."""
        folder, manifest = self._before or (Path(), None)
        for file in manifest.files if manifest else ():
            built, path = file.built, folder / file.path
            same = built is not None and (built.sdist, built.sha256, built.python) == (name, origin, python)
            if built and same and path.is_file() and sha256_of(path) == file.sha256:
                self.records[file.path] = built
                return BuiltWheel(path, untrue=read_wheel(path).record_untrue)
        return None

    def offer(self, data: Target, pins: Iterable[Pin]) -> bool:
        """Build wheels of those sdists, and offer them to that target as far as they fit it. Say whether there is a new
        one.
        """
        new = False
        for pin in pins:
            made = self.wheel_of(pin)
            if made.path is None:
                continue
            if made.untrue:
                self._damaged[pin.link.filename] = _damaged(made.path, ", ".join(made.untrue[:MOST_UNTRUE]))
                continue
            if not self._fits(data, made.path):
                self.unlike.append(MisfitWheel(data.label, made.path.name))
                continue
            offered = self.upstream.offered.get(pin.project, ())
            if made.path.name not in {link.filename for link in offered}:
                self.upstream.offered[pin.project] = (*offered, FolderSource.link(made.path))
                new = True
        return new

    def learn(self, data: Target, pins: Iterable[Pin]) -> bool:
        """Build wheels of those sdists, and let the sdists need what their wheels state. Say whether that differs from
        what they state themselves: a PKG-INFO of before metadata 2.2 need not state any of it, and pip asks the build
        (measured, 26.3). For a target that this machine does not stand for, both count.
        """
        new = False
        for pin in pins:
            name, known = pin.link.filename, self.upstream.found_needs
            made = self.wheel_of(pin) if self.workshop is not None and name not in known else BuiltWheel()
            inside = read_wheel(made.path, whole=False) if made.path is not None else None
            if inside is None or not inside.readable:
                continue
            stated = self.upstream.metadata(pin.project, pin.link)
            own = () if self.is_here(data) else stated.requires
            requires = tuple(dict.fromkeys((*own, *inside.requires)))
            extras = tuple(dict.fromkeys((*(stated.extras or ()), *inside.extras)))
            known[name] = msgspec.structs.replace(stated, requires=requires, extras=extras)
            new = new or set(requires) != set(stated.requires) or set(extras) != set(stated.extras or ())
        return new

    def _fits(self, data: Target, wheel: Path) -> bool:
        """Say whether a wheel of this machine runs on the target: a pure one where its tags say so, another one on a
        system like this one alone.
        """
        tags = parse_wheel_filename(wheel.name)[3]
        if TargetMatcher.by(data).rank(tags) is None or self.workshop is None:
            return False
        return all(tag.platform == "any" for tag in tags) or is_like(data_of(self.workshop.host), data)

    def is_here(self, data: Target) -> bool:
        """Say whether this machine can try what a target has to build: as it would in a rehearsal."""
        return self.workshop is not None and covers(self.workshop.host, data)

    def failed(self, pins: Sequence[Pin]) -> list[FailedHere]:
        """Return those sdists of which this machine makes no wheel, or none that can be carried."""
        names = {pin.link.filename: self.wheel_of(pin).trouble or self._damaged.get(pin.link.filename) for pin in pins}
        return [FailedHere(name, trouble) for name, trouble in names.items() if trouble is not None]


def is_like(here: Target, other: Target) -> bool:
    """Say whether what is compiled on one machine runs on another one: the same Python, system and processor, and no
    older C library.
    """
    names = ("implementation_name", "python_version", "sys_platform", "platform_machine")
    if any(here.markers.get(name) != other.markers.get(name) for name in names):
        return False
    needed, given = _libc(here), _libc(other)
    return all(given.get(kind, (0, 0)) >= version for kind, version in needed.items())


def _libc(target: Target) -> dict[str, tuple[int, int]]:
    """Kind of C library to the newest version that its tags admit."""
    found: dict[str, tuple[int, int]] = {}
    for tag in target.tags:
        kind, *rest = tag.rpartition("-")[2].split("_")
        if kind in LIBCS and len(rest) > 1 and rest[0].isdigit() and rest[1].isdigit():
            found[kind] = max(found.get(kind, (0, 0)), (int(rest[0]), int(rest[1])))
    return found


def _refusal(wheel: Path, project: str) -> str:
    """Return why pip does not install a wheel, wherever it is built; empty if it does."""
    with wheel.open("rb") as file:
        as_pip = read_as_pip(file, canonicalize_name(project))
    return as_pip.inside.problem or as_pip.refusal


def _damaged(wheel: Path, problem: str) -> BuildTrouble:
    return BuildTrouble("damaged", f"{wheel.name}: {problem}")


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _wants_wheel(reading: Reading) -> bool:
    old = [tool for tool in reading.pins if tool.project == "setuptools" and Version(tool.version) < OWN_BDIST_WHEEL]
    return bool(old) and not any(tool.project == "wheel" for tool in reading.pins)


def _for_build(reading: Reading, sdist: str, path: tuple[str, ...]) -> Reading:
    """Its gaps name the sdist, and the path that leads to it."""
    gaps = [msgspec.structs.replace(gap, path=(*path, *gap.path), for_build=sdist) for gap in reading.gaps]
    return msgspec.structs.replace(reading, gaps=tuple(gaps))
