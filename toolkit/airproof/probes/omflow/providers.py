"""Who provides a module: told by the wheels of the index themselves, and where none does by the maintained list."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

import msgspec
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from airproof.probes.closure.candidates import weigh
from airproof.probes.closure.readings import Readings
from airproof.probes.closure.resolution import Pin
from airproof.probes.closure.sources import IndexSource
from airproof.probes.index.simple import Link
from airproof.probes.installs.openwalk import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.target import Target
from airproof.probes.omflow.modules import library_of_target, load_names, owner_of
from airproof.probes.pip.facts import PipFacts
from airproof.site.choosing import Choosing
from airproof.site.flows import Flow, Import, imports_inside

MOST_LOOKED_INTO = 60
"""Wheels that are fetched to learn what they provide; those whose names come near the module's come first."""
SMALL = 300
"""Projects up to which an index is looked into even where no name comes near; a mirror lists half a million."""
LARGEST = 64 * 1024 * 1024
"""Bytes of a wheel that is fetched for that."""
SHOWN = 10
"""Projects with the module's name in theirs that are looked into."""
DAMAGES = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)


class Provider(msgspec.Struct, frozen=True):
    """What is known of one name that nobody has so far."""

    name: str
    """As a flow imports it, or as a requirement calls it."""
    in_index: tuple[str, ...] = ()
    """Projects of the index a wheel of which provides it."""
    by_list: tuple[str, ...] = ()
    """Distributions that the maintained list names."""
    unread: tuple[str, ...] = ()
    """Projects of the index with the very name, which have no wheel that would say what it provides."""

    @property
    def best(self) -> str:
        """The distribution to ask for, spelt as the list spells it, or empty."""
        best = next(iter((*self.in_index, *self.by_list)), "")
        return next((one for one in self.by_list if canonicalize_name(one) == best), best)


class ImportUse(msgspec.Struct, frozen=True):
    """One top-level module that flows import and that neither Python nor OMFlow has itself."""

    module: str
    places: tuple[str, ...]
    """`application / flow / item` of each item."""
    optional: bool
    """Every one of these imports may fail without harm."""
    provided_by: str = ""
    """The distribution that pip installed for the flows and that has it; `this host` where the interpreter has it."""


class Provided(msgspec.Struct, frozen=True):
    """Names of one interpreter's flows and requirements."""

    label: str
    imports: tuple[ImportUse, ...]
    providers: dict[str, Provider]
    """Of modules that nothing provides so far, and of requirements that the index does not have."""
    absent: tuple[str, ...]
    """Requirements' names that the index does not have."""
    looked_into: int
    """Wheels of the index that were read for it."""

    def provider(self, name: str) -> Provider:
        return self.providers.get(name, Provider(name))


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
    """What provides the modules that the flows import, and the requirements whose project is absent.

    `names`: the projects that the index lists. `walks`: of the open edition, which says itself which of the imports
    that are certain work; of those the modules that are missing are looked for, and no use is told.
    """
    installed = {module: one.name for run in pip.runs for one in run.installed for module in one.modules}
    # airproof's own environment is nobody's OMFlow: what lies there proves nothing.
    own = host.executable == sys.executable and not pip.carried
    local = frozenset() if own else frozenset(host.modules)
    uses = tuple(
        msgspec.structs.replace(one, provided_by=installed.get(one.module, HOST if one.module in local else ""))
        for one in import_uses(flows, host.stdlib, inside=walks is not None)
    )
    missing = {item.name.partition(".")[0] for flow in (walks.flows if walks else ()) for item in flow.items}
    absent = {
        Requirement(gap.requirement).name
        for group in readings.groups
        for gap in group.reading.gaps
        if not gap.path and gap.status == 404
    }
    wanted = {one.module for one in uses if not one.provided_by} | absent | (missing - {"", *host.stdlib})
    look = _Look(source, Target.of(host), names, widely=bool(uses) or bool(missing - {""}))
    providers = {name: look.provider(name) for name in sorted(wanted)}
    coming = _coming(readings)
    uses = tuple(_settled(one, providers, coming) for one in uses)
    return Provided(pip.label, uses, providers, tuple(sorted(absent)), look.count)


def provided_for_target(
    flows: Iterable[Flow],
    target: Target,
    readings: Readings,
    source: IndexSource,
    names: Collection[str],
    *,
    inside: bool = False,
) -> Provided:
    """The same for a target, by the modules inside the wheels that it would be given.

    It is taken to have what OMFlow's interpreter normally has. `inside`: as of `import_uses`.
    """
    look = _Look(source, target, names, widely=True)
    installed = {
        module: pin.project
        for group in readings.groups
        for pin in group.reading.pins
        for module in look.brought_by(pin)
    }
    usual = {*load_names().omflow.preinstalled, *(one.replace("-", "_") for one in target.had)}
    uses = tuple(
        msgspec.structs.replace(one, provided_by=installed.get(one.module, HOST if one.module in usual else ""))
        for one in import_uses(flows, library_of_target(), inside=inside)
    )
    absent = {
        Requirement(gap.requirement).name
        for group in readings.groups
        for gap in group.reading.gaps
        if not gap.path and gap.status == 404
    }
    providers = {one.module: look.provider(one.module) for one in uses if not one.provided_by}
    coming = _coming(readings)
    uses = tuple(_settled(one, providers, coming) for one in uses)
    return Provided(target.label, uses, providers, tuple(sorted(absent)), look.count)


def _coming(readings: Readings) -> frozenset[str]:
    """Projects that will be installed once everything resolves, whatever keeps a group from it now."""
    asked = {canonicalize_name(Requirement(one).name) for group in readings.groups for one in group.requirements}
    return frozenset(asked | {pin.project for group in readings.groups for pin in group.reading.pins})


def _settled(use: ImportUse, providers: Mapping[str, Provider], coming: Collection[str]) -> ImportUse:
    provider = providers.get(use.module)
    by = next((one for one in (*provider.in_index, *provider.unread) if one in coming), "") if provider else ""
    return msgspec.structs.replace(use, provided_by=use.provided_by or by)


def import_uses(flows: Iterable[Flow], stdlib: Collection[str], *, inside: bool = False) -> tuple[ImportUse, ...]:
    """The top-level modules that are imported and belong neither to Python nor to OMFlow, by name.

    `inside`: only those that are not imported whenever the item runs.
    """
    places: dict[str, dict[str, None]] = {}
    needed: set[str] = set()
    for flow in flows:
        for item in flow.items:
            found = item.imports if not item.unparsed else tuple(Import(one) for one in item.lines)
            found = imports_inside(item) if inside else found
            for one in found:
                places.setdefault(one.top, {})[f"{flow.title} / {item.name}"] = None
                needed |= set() if one.optional else {one.top}
    return tuple(
        ImportUse(module, tuple(places[module]), module not in needed)
        for module in sorted(places)
        if not owner_of(module, stdlib) and module not in load_names().omflow.beneath
    )


class _Look:
    """Looks into the wheels of the index, each once."""

    def __init__(self, source: IndexSource, target: Target, names: Collection[str], *, widely: bool) -> None:
        self._source, self._target, self._names = source, target, frozenset(names)
        self._widely = widely and len(names) <= SMALL
        self._modules: dict[str, tuple[str, ...] | None] = {}
        self.count = 0

    def provider(self, name: str) -> Provider:
        """Top-level part of a dotted name: what lies inside belongs to the same distribution."""
        top = name.partition(".")[0]
        by_list = load_names().distributions_of(top)
        for project in self._near(top, by_list):
            if top in (self._of(project) or ()):
                return Provider(name, (project,), by_list)
        unread = tuple(one for one in (canonicalize_name(top),) if self._modules.get(one, ()) is None)
        return Provider(name, (), by_list, unread)

    def _near(self, module: str, by_list: Iterable[str]) -> Iterator[str]:
        """The likeliest projects first: of the list, of that name, with it in their names, all others."""
        plain = canonicalize_name(module)
        likely = [canonicalize_name(one) for one in (*by_list, module, f"python-{module}", f"py{module}")]
        holding = sorted((one for one in self._names if plain in one), key=lambda one: (len(one), one))[:SHOWN]
        others = sorted(self._names) if self._widely else []
        yield from (one for one in dict.fromkeys((*likely, *holding, *others)) if one in self._names)

    def _of(self, project: str) -> tuple[str, ...] | None:
        if project not in self._modules:
            if self.count >= MOST_LOOKED_INTO:
                return None
            self.count += 1
            self._modules[project] = self._fetched(project)
        return self._modules[project]

    def _fetched(self, project: str) -> tuple[str, ...] | None:
        """The modules of one of its wheels; None where no wheel says them."""
        page = self._source.page(project)
        weighed = weigh(page, Requirement(project), self._target, choosing=Choosing(pre=True))
        links = [one.link for one in weighed if not one.why_not] + list(page.links)
        wheel = next((one for one in links if one.filename.endswith(".whl") and not one.off_host), None)
        return None if wheel is None else self.inside(wheel)

    def brought_by(self, pin: Pin) -> tuple[str, ...]:
        """The modules of a file that is taken; of an sdist nobody knows, so the one of its name."""
        found = self.inside(pin.link) if pin.link.filename.endswith(".whl") else None
        return (pin.project.replace("-", "_"),) if found is None else found

    def inside(self, wheel: Link) -> tuple[str, ...] | None:
        """The modules of a wheel; None where it does not say them."""
        path = self._source.folder / wheel.filename
        if not path.exists():
            self._source.http.fetch_many([(wheel.url, path)], limit=LARGEST)
        return modules_of(path)


def modules_of(wheel: Path) -> tuple[str, ...] | None:
    """The top-level modules in a wheel; None where it is no wheel or did not come whole."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [PurePosixPath(one) for one in archive.namelist() if not one.endswith("/")]
    except DAMAGES:
        return None
    names = set()
    for member in members:
        parts = member.parts
        if parts[0].endswith(".data") and len(parts) > 2 and parts[1] in ("purelib", "platlib"):
            parts = parts[2:]
        if member.suffix in (".py", ".pyd", ".so") and not parts[0].endswith((".data", ".dist-info")):
            names.add(parts[0].partition(".")[0])
    return tuple(sorted(one for one in names if one.isidentifier()))
