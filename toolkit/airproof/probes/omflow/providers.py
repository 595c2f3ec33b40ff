"""Find the distributions that provide a module: by the wheels of the index, and if none provides it by the maintained
list.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from airproof.probes.closure.candidates import weigh, weigh_any
from airproof.probes.closure.readings import Readings
from airproof.probes.closure.resolution import Pin
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.archive import DAMAGES, MODULE_SUFFIXES
from airproof.probes.index.simple import Link
from airproof.probes.installs.openends import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.omflow.modules import library_of_target, load_names, owner_of
from airproof.probes.pip.facts import PipFacts
from airproof.site.choosing import Choosing
from airproof.site.flows import Flow, Import, imports_inside

MOST_LOOKED_INTO = 60
"""Most wheels that are fetched to learn their modules; those whose names resemble the module's come first."""
SMALL = 300
"""Largest number of projects for which an index is searched even if no name is similar; a mirror lists half a
million.
"""
LARGEST = 64 * 1024 * 1024
"""Largest size, in bytes, of a wheel that is fetched for this."""
SHOWN = 10
"""Most projects with the module's name as a part of theirs that are searched."""


class NameFindings(msgspec.Struct, frozen=True):
    """Findings about one name that no known distribution provides."""

    name: str
    """The name as a flow imports it, or as a requirement spells it."""
    in_index: tuple[str, ...] = ()
    """Projects of the index of which a wheel provides it."""
    by_list: tuple[str, ...] = ()
    """Distributions that the maintained list names."""
    unread: tuple[str, ...] = ()
    """Projects of the index with exactly this name, but without a wheel that would show its modules."""

    @property
    def best(self) -> str:
        """Return the distribution to request, in the spelling of the list, or empty."""
        best = next(iter((*self.in_index, *self.by_list)), "")
        return next((name for name in self.by_list if canonicalize_name(name) == best), best)


class ImportUse(msgspec.Struct, frozen=True):
    """One top-level module that flows import and that neither Python nor OMFlow has itself."""

    module: str
    places: tuple[str, ...]
    """`application / flow / item` of each item."""
    optional: bool
    """Every one of these imports may fail without harm."""
    provided_by: str = ""
    """The distribution that pip installed for the flows and that provides it; `this host` if the interpreter has it."""


class Provided(msgspec.Struct, frozen=True):
    """Names in one interpreter's flows and requirements."""

    label: str
    imports: tuple[ImportUse, ...]
    providers: dict[str, NameFindings]
    """Providers of modules that nothing provides so far, and of requirements that the index does not have."""
    absent: tuple[str, ...]
    """Requirements' names that the index does not have."""

    def provider(self, name: str) -> NameFindings:
        return self.providers.get(name, NameFindings(name))


HOST = "this host"


def probe_provided(
    flows: Iterable[Flow],
    host: Host,
    pip: PipFacts,
    readings: Readings,
    source: IndexSource,
    names: Collection[str],
    *,
    walks: Walks | None = None,
) -> Provided:
    """Find providers of the modules that the flows import, and of the requirements whose project is absent.

    `names`: the projects that the index lists. `walks`: for the open edition, which itself shows which of the certain
    imports work; then the missing modules are looked up, and no uses are listed.
    """
    installed = {
        module: distribution.name
        for run in pip.runs
        for distribution in run.installed
        for module in distribution.modules
    }
    # airproof's own environment is not OMFlow's: its distributions prove nothing.
    own = host.executable == sys.executable and not pip.carried
    local = frozenset() if own else frozenset(host.modules)
    uses = tuple(
        msgspec.structs.replace(use, provided_by=installed.get(use.module, HOST if use.module in local else ""))
        for use in import_uses(flows, host.stdlib, inside=walks is not None)
    )
    missing = {item.name.partition(".")[0] for flow in (walks.flows if walks else ()) for item in flow.items}
    absent = {
        Requirement(gap.requirement).name
        for group in readings.groups
        for gap in group.reading.gaps
        if not gap.path and gap.status == 404
    }
    wanted = {use.module for use in uses if not use.provided_by} | absent | (missing - {"", *host.stdlib})
    look = _Look(source, TargetMatcher.of(host), names, widely=bool(uses) or bool(missing - {""}))
    providers = {name: look.provider(name) for name in sorted(wanted)}
    coming = _coming(readings)
    uses = tuple(_settled(use, providers, coming) for use in uses)
    return Provided(pip.label, uses, providers, tuple(sorted(absent)))


def provided_for_target(
    flows: Iterable[Flow],
    target: TargetMatcher,
    readings: Readings,
    source: IndexSource,
    names: Collection[str],
    *,
    inside: bool = False,
) -> Provided:
    """Do the same for a target, by the modules inside the wheels that it would be given.

    The target is assumed to have what OMFlow's interpreter normally has. `inside`: as for `import_uses`.
    """
    look = _Look(source, target, names, widely=True)
    installed = {
        module: pin.project
        for group in readings.groups
        for pin in group.reading.pins
        for module in look.brought_by(pin)
    }
    usual = {*load_names().omflow.preinstalled, *(project.replace("-", "_") for project in target.had)}
    uses = tuple(
        msgspec.structs.replace(use, provided_by=installed.get(use.module, HOST if use.module in usual else ""))
        for use in import_uses(flows, library_of_target(target.markers), inside=inside)
    )
    absent = {
        Requirement(gap.requirement).name
        for group in readings.groups
        for gap in group.reading.gaps
        if not gap.path and gap.status == 404
    }
    providers = {use.module: look.provider(use.module) for use in uses if not use.provided_by}
    coming = _coming(readings)
    uses = tuple(_settled(use, providers, coming) for use in uses)
    return Provided(target.label, uses, providers, tuple(sorted(absent)))


def _coming(readings: Readings) -> frozenset[str]:
    """Return the projects that will be installed once everything resolves, even if a group is blocked now."""
    asked = {canonicalize_name(Requirement(text).name) for group in readings.groups for text in group.requirements}
    return frozenset(asked | {pin.project for group in readings.groups for pin in group.reading.pins})


def _settled(use: ImportUse, providers: Mapping[str, NameFindings], coming: Collection[str]) -> ImportUse:
    provider = providers.get(use.module)
    by = (
        next((project for project in (*provider.in_index, *provider.unread) if project in coming), "")
        if provider
        else ""
    )
    return msgspec.structs.replace(use, provided_by=use.provided_by or by)


def import_uses(flows: Iterable[Flow], stdlib: Collection[str], *, inside: bool = False) -> tuple[ImportUse, ...]:
    """Return the imported top-level modules that belong neither to Python nor to OMFlow, by name.

    `inside`: only those that are not imported whenever the item runs.
    """
    places: dict[str, dict[str, None]] = {}
    needed: set[str] = set()
    for flow in flows:
        for item in flow.items:
            imports = item.imports if not item.unparsed else tuple(Import(line) for line in item.lines)
            imports = imports_inside(item) if inside else imports
            for imported in imports:
                places.setdefault(imported.top, {})[f"{flow.title} / {item.name}"] = None
                needed |= set() if imported.optional else {imported.top}
    return tuple(
        ImportUse(module, tuple(places[module]), module not in needed)
        for module in sorted(places)
        if not owner_of(module, stdlib) and module not in load_names().omflow.beneath
    )


class _Look:
    """Inspects the wheels of the index, each once."""

    def __init__(self, source: IndexSource, target: TargetMatcher, names: Collection[str], *, widely: bool) -> None:
        self._source, self._target, self._names = source, target, frozenset(names)
        self._widely = widely and len(names) <= SMALL
        self._modules: dict[str, tuple[str, ...] | None] = {}
        self.count = 0

    def provider(self, name: str) -> NameFindings:
        """Find the provider of the top-level part of a dotted name: its submodules belong to the same distribution."""
        top = name.partition(".")[0]
        by_list = load_names().distributions_of(top)
        for project in self._near(top, by_list):
            if top in (self._of(project) or ()):
                return NameFindings(name, (project,), by_list)
        unread = tuple(candidate for candidate in (canonicalize_name(top),) if self._modules.get(candidate, ()) is None)
        return NameFindings(name, (), by_list, unread)

    def _near(self, module: str, by_list: Iterable[str]) -> Iterator[str]:
        """Yield the likeliest projects first: those on the list, of that name, with it in their names, then all
        others.
        """
        plain = canonicalize_name(module)
        likely = [canonicalize_name(name) for name in (*by_list, module, f"python-{module}", f"py{module}")]
        holding = sorted((name for name in self._names if plain in name), key=lambda name: (len(name), name))[:SHOWN]
        others = sorted(self._names) if self._widely else []
        yield from (name for name in dict.fromkeys((*likely, *holding, *others)) if name in self._names)

    def _of(self, project: str) -> tuple[str, ...] | None:
        if project not in self._modules:
            if self.count >= MOST_LOOKED_INTO:
                return None
            self.count += 1
            self._modules[project] = self._fetched(project)
        return self._modules[project]

    def _fetched(self, project: str) -> tuple[str, ...] | None:
        """Return the modules of one of the project's wheels; None if no wheel shows them."""
        page = self._source.page(project)
        files = weigh_any(page, project, self._target)
        weighed = weigh(files, SpecifierSet(), self._target, choosing=Choosing(pre=True))
        links = [file.link for file in weighed if not file.why_not] + list(page.links)
        wheel = next((link for link in links if link.filename.endswith(".whl") and not link.off_host), None)
        return None if wheel is None else self.inside(wheel)

    def brought_by(self, pin: Pin) -> tuple[str, ...]:
        """Return the modules of a chosen file; for an sdist they are unknown, so the module with its name is
        assumed.
        """
        modules = self.inside(pin.link) if pin.link.filename.endswith(".whl") else None
        return (pin.project.replace("-", "_"),) if modules is None else modules

    def inside(self, wheel: Link) -> tuple[str, ...] | None:
        """Return the modules of a wheel; None if it does not show them."""
        path = self._source.folder / wheel.filename
        if not path.exists():
            self._source.http.fetch_many([(wheel.url, path)], limit=LARGEST)
        return modules_of(path)


def modules_of(wheel: Path) -> tuple[str, ...] | None:
    """Return the top-level modules in a wheel; None if it is not a wheel or did not arrive whole."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    except DAMAGES:
        return None
    names = set()
    for member in members:
        parts = member.parts
        if parts[0].endswith(".data") and len(parts) > 2 and parts[1] in ("purelib", "platlib"):
            parts = parts[2:]
        if member.suffix in MODULE_SUFFIXES and not parts[0].endswith((".data", ".dist-info")):
            names.add(parts[0].partition(".")[0])
    return tuple(sorted(name for name in names if name.isidentifier()))
