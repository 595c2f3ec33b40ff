"""Play flows of OMFlow's open edition for an interpreter on another machine: nothing is installed or run there.

The files that its pip would take are found by reading the index (`closure.py`) and unpacked into a folder. The items'
imports are looked up in that folder and in the interpreter's own list of modules.
"""

from __future__ import annotations

import importlib.machinery
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Protocol

from packaging.utils import canonicalize_name

from airproof.errors import CannotLook
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.resolution import Reading, Source
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.archive import DAMAGES
from airproof.probes.index.simple import Link
from airproof.probes.installs.openends import Walks
from airproof.probes.installs.openground import Ground, Stage, Surroundings
from airproof.probes.installs.openwalk import play
from airproof.probes.installs.pip import NOTHING_LEFT
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.library import imported_by
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.omflow.modules import library_of_target, load_names
from airproof.site.choosing import PLAIN, Choosing
from airproof.site.flows import Flow
from airproof.system.processes import Ran, run

SOURCE, BYTES, BINARY, PATHS = ".py", ".pyc", (".so", ".pyd"), ".pth"
"""File endings of modules, and of files that add folders to Python's path. A binary module is looked up and never
loaded, so an empty file stands for it.
"""
MOST_SOURCE = 256 * 2**20
"""Largest size, in bytes, of the unpacked modules of one wheel."""
DJANGO = (
    *("apps", "conf", "contrib", "core", "db", "dispatch", "forms", "http", "middleware", "shortcuts", "template"),
    *("templatetags", "test", "urls", "utils", "views"),
)
"""Parts of Django, the package on which OMFlow is built, in each of its versions from 2.2 to 4.2."""


class FileSource(Source, Protocol):
    """A source that can hand out the files themselves."""

    def files(self, links: Sequence[Link]) -> list[Path]: ...


def walks_of_carried(
    host: Host,
    flows: Sequence[Flow],
    source: IndexSource,
    had: TargetMatcher,
    folder: Path,
    *,
    choosing: Choosing = PLAIN,
) -> Walks:
    """Play each flow for an interpreter on another host. `had`: with the distributions that are installed there.

    Raises CannotLook if something would have to be built there.
    """
    target = TargetMatcher.of(host)
    paper = _Paper(source.seen_by(target.ways), (target, had), folder, choosing)
    return play(host.label, paper.begun, flows, surroundings_there(host, flows))


def walks_of_target(
    target: TargetMatcher, flows: Sequence[Flow], source: FileSource, folder: Path, *, choosing: Choosing = PLAIN
) -> Walks:
    """Play each flow for a target, which is assumed to have what OMFlow's interpreter normally has.

    Raises CannotLook if something would have to be built.
    """
    names = load_names().omflow
    first = next(target.stretches())
    imported = imported_by(flows)
    tops = {module.partition(".")[0] for module in imported}
    usual = {*names.preinstalled, *(top for top in tops if canonicalize_name(top) in first.had)}
    stdlib = library_of_target(first.markers)
    given = Surroundings(
        assumed=(*stdlib, *names.opened, *usual),
        had=frozenset(first.had),
        stdlib=stdlib,
        executes=False,
        alone=True,
        python=tuple(map(int, first.markers["python_version"].split("."))),
        unsure=(
            *_parts_untold(imported),
            *(
                module
                for module in imported
                if "." in module and module.partition(".")[0] in usual - stdlib and not _known(module)
            ),
        ),
    )
    paper = _Paper(source, (first.as_if_empty(), first), folder, choosing)
    return play(target.label, paper.begun, flows, given)


def _parts_untold(modules: Iterable[str]) -> tuple[str, ...]:
    """Return parts of OMFlow's own modules that the open edition was not seen to have."""
    own = load_names().omflow
    return tuple(
        module
        for module in modules
        if "." in module and module.partition(".")[0] in own.opened and module not in own.within
    )


def _known(module: str) -> bool:
    top, part, *_ = module.split(".")
    return top == "django" and part in DJANGO


def surroundings_there(host: Host, flows: Iterable[Flow]) -> Surroundings:
    """Describe an interpreter on another host by its own statements. OMFlow's own modules are assumed to be there."""
    names = imported_by(flows)
    within = [name for name in names if "." in name and name.partition(".")[0] in host.modules]
    private = [name for name in names if name.startswith("_") and name.partition(".")[0] not in host.stdlib]
    return Surroundings(
        assumed=(
            *host.stdlib,
            *host.modules,
            *load_names().omflow.opened,
            *(name.partition(".")[0] for name in private),
        ),
        had=frozenset(canonicalize_name(name) for name in host.installed),
        stdlib=frozenset(host.stdlib),
        executes=False,
        alone=True,
        python=host.version,
        absent={name: part for name, part in host.library.items() if part},
        unsure=(*_parts_untold(names), *(name for name in within if host.parts.get(name) != ""), *private),
    )


class _Paper:
    """The distributions that pip would install for one interpreter, name by name."""

    def __init__(self, source: FileSource, targets: Sequence[TargetMatcher], folder: Path, choosing: Choosing) -> None:
        """`targets`: the same interpreter in the order in which it is asked: as if empty, and with its
        distributions.
        """
        self._source, self._targets, self._choosing = source, targets, choosing
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def begun(self) -> Iterator[Ground]:
        place = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            yield _Unpacked(self, place)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def reading(self, name: str) -> Reading:
        readings = [
            read_closure(self._source, target, (name,), choosing=self._choosing) for target in self._targets[:1]
        ]
        if not readings[0].resolves and self._targets[-1].had:
            readings.append(read_closure(self._source, self._targets[-1], (name,), choosing=self._choosing))
        return readings[-1]

    def fetched(self, reading: Reading) -> list[Path]:
        """Return the wheels; raises CannotLook for a file that would have to be built."""
        label, links = self._targets[0].label, [pin.link for pin in reading.pins]
        sdists = [link.filename for link in links if not link.filename.endswith(".whl")]
        if sdists:
            raise CannotLook("sdist-elsewhere", target=label, files=", ".join(sdists))
        return self._source.files(links)


class _Unpacked:
    """The environment in which one flow is played."""

    def __init__(self, paper: _Paper, place: Path) -> None:
        self._paper, self._place = paper, place
        self.folders: tuple[str, ...] = (str(place),)
        self.filled = ""
        self.earlier: list[Stage] = []

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        return run([sys.executable, "-I", *arguments], timeout=seconds, stdin=stdin, cwd=self._place)

    def install(self, name: str) -> Ran:
        reading = self._paper.reading(name)
        if not reading.resolves:
            return _failed(f"ERROR: No matching distribution found for {name}")
        for wheel in self._paper.fetched(reading):
            try:
                _unpack(wheel, self._place)
            except DAMAGES as error:
                return _failed(f"ERROR: {wheel.name}: {error}")
        return NOTHING_LEFT


def _failed(last_words: str) -> Ran:
    return Ran((), 1, 0.0, "", last_words)


def _unpack(wheel: Path, folder: Path) -> None:
    """Return the modules of a wheel, at the paths at which pip would put them."""
    with zipfile.ZipFile(wheel) as archive:
        sources = sum(info.file_size for info in archive.infolist() if info.filename.endswith(SOURCE))
        if sources > MOST_SOURCE:  # zipfile unpacks no more of a member than its header states.
            raise ValueError(f"{sources} bytes of modules")
        for name in archive.namelist():
            member = PurePosixPath(name)
            parts = member.parts
            if len(parts) > 2 and parts[0].endswith(".data") and parts[1] in ("purelib", "platlib"):
                parts = parts[2:]
            if not parts or _leads_out(member) or parts[0].endswith((".data", ".dist-info")):
                continue
            stem, ending = parts[-1].partition(".")[0], member.suffix
            binary = ending in BINARY
            last = stem + importlib.machinery.EXTENSION_SUFFIXES[-1] if binary else parts[-1]
            if ending in (SOURCE, BYTES) or binary or (ending == PATHS and len(parts) == 1):
                path = folder.joinpath(*parts[:-1], last)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name) if ending in (SOURCE, PATHS) else b"")


def _leads_out(member: PurePosixPath) -> bool:
    """Refuse names that mean a drive or a folder on Windows: those with a colon or a backslash."""
    return member.is_absolute() or ".." in member.parts or any(sign in str(member) for sign in ":\\")
