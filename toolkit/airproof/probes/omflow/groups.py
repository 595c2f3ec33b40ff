"""Turn flows into groups of requirements: the packages of one flow are requested together, Collectors' items
separately.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from airproof.errors import BadInput
from airproof.printable import ELLIPSIS, naturally
from airproof.probes.code.grammar import ANY
from airproof.probes.installs.openends import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.modules import load_names, owner_of
from airproof.site.flows import Flow, Item, Runner
from airproof.site.group import Group
from airproof.site.hosts import Interpreter
from airproof.site.requirements import is_requirement
from airproof.site.site import Edition, Site

NAMED = 4
"""Flows that an error names."""
NOT_ITS_OWN = "not its own"
"""Value for a module that another Python's library never had."""


def edition_of(flows: Iterable[Flow]) -> Edition | None:
    """Return the edition that exported the flows, if they show it: the open edition writes no list of packages.

    None: no flow has any code, so nothing shows the edition. Raises BadInput if the flows do not agree: the commercial
    edition has old flows without such a list, and the open edition keeps the lists of an application that it imported.
    By the commercial rule an import that nothing provides ends no activation, so a guess could turn a rejection into an
    acceptance because of one more flow.
    """
    known = list(flows)
    declaring = [flow for flow in known if flow.declares]
    silent = [flow for flow in known if not flow.declares and any(map(_shows_no_list, flow.items))]
    if declaring and silent:
        raise BadInput("flow-editions-differ", declaring=_named(declaring), silent=_named(silent))
    return Edition.COMMERCIAL if declaring else Edition.OPEN if silent else None


def _shows_no_list(item: Item) -> bool:
    """Say whether the item's code is judged differently by the two editions' rules."""
    return bool(item.text or item.imports or item.unparsed or item.python > ANY)


def _named(flows: Iterable[Flow]) -> str:
    """Name the files with their flows, the first ones of many."""
    names = sorted({f"{flow.file} ({flow.title})" for flow in flows}, key=naturally)
    return ", ".join(names[:NAMED]) + (f", {ELLIPSIS} ({len(names)})" if len(names) > NAMED else "")


def flow_groups(flows: Iterable[Flow]) -> tuple[Group, ...]:
    """Return one group for each flow that declares packages, and a further one for the items of each Collector.

    A text that is not a requirement is left to the check that judges how packages are declared.
    """
    return tuple(group for flow in flows for group in _groups_of(flow))


def open_groups(flows: Iterable[Flow], host: Host, *others: Host, named: bool = False) -> tuple[Group, ...]:
    """Return the requirements that the open edition may request: missing modules of items that may install, not
    declared packages.

    Nothing is installed for this, so a module that an earlier line's package brings is included. `host`: the
    interpreter that runs the flows, with the standard library modules that they import; of several the first decides. A
    part of the standard library that one of the `others` has is not requested: it would be reported as missing in that
    one's name. `named`: the user said that OMFlow runs that interpreter; otherwise it is assumed to have what OMFlow's
    interpreter normally has.
    """
    usual = load_names().omflow.preinstalled
    has = [module for module in usual if module in host.modules] if named else usual
    groups = []
    for flow in (flow.as_it_runs() for flow in flows):
        by_runner: dict[Runner, dict[str, tuple[str, ...]]] = {runner: {} for runner in flow.runners}
        for item in flow.items:
            items = by_runner[item.runner]
            for line in item.lines if item.autoinstall and not item.broken_lines else ():
                name = _missing(line, host, others, has)
                if is_requirement(name):  # No index is asked for a name that pip itself refuses, such as `_tkinter`.
                    items[name] = tuple(dict.fromkeys((*items.get(name, ()), item.name)))
        for runner, items in by_runner.items():
            if items:
                groups.append(Group(flow.group_name(runner), tuple(items), items=items, runner=runner))
    return tuple(groups)


def walked_groups(walks: Walks) -> tuple[Group, ...]:
    """Return the requirements that the open edition requested when the flows were played."""
    groups = []
    for flow in walks.flows:
        items = {name: asking for name, asking in flow.names.items() if is_requirement(name)}
        if items:
            groups.append(Group(flow.flow, tuple(items), items=items))
    return tuple(groups)


def groups_as_walked(groups: Iterable[Group], walks: Walks) -> tuple[Group, ...]:
    """Return the groups with the requirements of the played open edition instead of its possible ones."""
    return (*(group for group in groups if not group.items), *walked_groups(walks))


def _missing(module: str, host: Host, others: Iterable[Host], has: Collection[str]) -> str:
    """Return the name that the open edition requests: the first missing part of the module; empty if nothing is
    missing.

    As a rule this is the top-level name; in the standard library it may lie deeper. `has`: modules beside that library.
    """
    top = module.partition(".")[0]
    if owner_of(top, host.stdlib) == "python":
        return host.library[module] if all(other.library.get(module, NOT_ITS_OWN) for other in others) else ""
    return "" if top in load_names().omflow.opened or top in has else top


def flows_of(site: Site, interpreter: Interpreter) -> tuple[str, ...]:
    """Return the names of all groups that one interpreter would activate, including flows that declare nothing
    readable.

    In the open edition this is every flow, since any import of an item can end it.
    """
    if site.is_open_edition:
        return tuple(flow.title for flow in site.flows_for(interpreter))
    named = [group.name for group in site.groups_for(interpreter) if group.items]
    named += [flow.group_of(item) for flow in site.flows_for(interpreter) for item in flow.items if item.unreadable]
    return tuple(dict.fromkeys(named))


def _groups_of(flow: Flow) -> Iterator[Group]:
    for runner in flow.runners:
        by_text: dict[str, dict[str, None]] = {}
        for text, item in flow.declared(runner):
            if text not in item.unreadable:
                by_text.setdefault(text, {})[item.name] = None
        if by_text:
            items = {text: tuple(names) for text, names in by_text.items()}
            yield Group(flow.group_name(runner), tuple(items), items=items, runner=runner)
