"""Flows become groups of requirements: what one flow declares is asked for together, Collectors' items apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from airproof.probes.installs.openwalk import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.modules import load_names, owner_of
from airproof.site.flows import COLLECTOR, Flow
from airproof.site.requirements import is_requirement
from airproof.site.site import Edition, Group, Interpreter, Site

NOT_ITS_OWN = "not its own"
"""Of a module that another Python's library never had."""


def edition_of(flows: Iterable[Flow]) -> Edition | None:
    """The edition that exported the flows, as far as they show it: the open edition writes no list of packages. None:
    no flow has any code, and nothing shows.
    """
    known = list(flows)
    if any(flow.declares for flow in known):
        return Edition.COMMERCIAL
    return Edition.OPEN if any(item.text or item.imports for flow in known for item in flow.items) else None


def flow_groups(flows: Iterable[Flow]) -> tuple[Group, ...]:
    """One group for each flow that declares anything, and one more for the items that a Collector runs.

    What is no requirement is left to the check that judges how packages are declared.
    """
    return tuple(group for flow in flows for group in _groups_of(flow))


def open_groups(flows: Iterable[Flow], host: Host, *others: Host, named: bool = False) -> tuple[Group, ...]:
    """What the open edition may ask an index for: no declared package, but missing modules of items that may install.

    Nothing is installed for it, so a module that an earlier line's package brings is among them. `host`: who runs the
    flows, with what of its standard library they import; of several the first decides. Only a part of the standard
    library that one of the `others` has is asked of no index: it would be missed in that one's name. `named`: somebody
    said that OMFlow runs that interpreter; else it is taken to have what OMFlow's normally has.
    """
    usual = load_names().omflow.preinstalled
    has = [module for module in usual if module in host.modules] if named else usual
    groups = []
    for flow in flows:
        found: dict[bool, dict[str, tuple[str, ...]]] = {False: {}, True: {}}
        for item in flow.items:
            items = found[item.collector]
            for line in item.lines if item.autoinstall and not item.broken_lines else ():
                name = _missing(line, host, others, has)
                if is_requirement(name):  # what pip itself refuses, as `_tkinter`, no index is asked for
                    items[name] = tuple(dict.fromkeys((*items.get(name, ()), item.name)))
        for collector, items in found.items():
            if items:
                name = flow.title + COLLECTOR if collector else flow.title
                groups.append(Group(name, tuple(items), items=items, collector=collector))
    return tuple(groups)


def walked_groups(walks: Walks) -> tuple[Group, ...]:
    """What the open edition asks an index for, as the flows were played."""
    found = []
    for flow in walks.flows:
        items = {name: asking for name, asking in flow.names.items() if is_requirement(name)}
        if items:
            found.append(Group(flow.flow, tuple(items), items=items))
    return tuple(found)


def groups_as_walked(groups: Iterable[Group], walks: Walks) -> tuple[Group, ...]:
    """The groups, with what the open edition asks for as it plays the flows in place of what they might ask for."""
    return (*(group for group in groups if not group.items), *walked_groups(walks))


def _missing(module: str, host: Host, others: Iterable[Host], has: Collection[str]) -> str:
    """What the open edition asks the index for: the first part of the module that is missing, as a rule its top; of the
    standard library it may lie deeper. Empty where nothing is missing. `has`: what is there beside that library.
    """
    top = module.partition(".")[0]
    if owner_of(top, host.stdlib) == "python":
        return host.library[module] if all(one.library.get(module, NOT_ITS_OWN) for one in others) else ""
    return "" if top in load_names().omflow.opened or top in has else top


def flows_of(site: Site, interpreter: Interpreter) -> tuple[str, ...]:
    """The names of all that one interpreter would activate: its groups, and flows that declare nothing readable; in the
    open edition every flow, since whatever an item imports can end it.
    """
    if site.is_open_edition:
        return tuple(flow.title for flow in site.flows_for(interpreter))
    named = [group.name for group in site.groups_for(interpreter) if group.items]
    named += [flow.group_of(item) for flow in site.flows_for(interpreter) for item in flow.items if item.unreadable]
    return tuple(dict.fromkeys(named))


def _groups_of(flow: Flow) -> Iterator[Group]:
    for collector in (False, True):
        found: dict[str, dict[str, None]] = {}
        for text, item in flow.declared(collector=collector):
            if text not in item.unreadable:
                found.setdefault(text, {})[item.name] = None
        if found:
            name = flow.title + COLLECTOR if collector else flow.title
            items = {text: tuple(names) for text, names in found.items()}
            yield Group(name, tuple(items), items=items, collector=collector)
