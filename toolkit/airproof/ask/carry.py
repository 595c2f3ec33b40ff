"""Content of a medium: targets and their groups, from the command line, from flows, and from the last filling."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from airproof.ask.groups import constrained, groups_asked
from airproof.ask.settings import asked_of
from airproof.ask.site_of import severity_of, waivers_of
from airproof.errors import BadInput
from airproof.medium.returned import sections_of
from airproof.probes.installs.openends import Walks
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.host import Host, probe_host
from airproof.probes.interpreters.targets import as_if_empty, data_of, target_of, targets_of
from airproof.probes.omflow.exports import read_exports
from airproof.probes.omflow.groups import edition_of, flow_groups, open_groups, walked_groups
from airproof.probes.omflow.modules import owner_of_requirement
from airproof.site.flows import Flow
from airproof.site.group import Group
from airproof.site.hosts import Target
from airproof.site.manifest import Manifest
from airproof.site.otherfiles import read_wanted
from airproof.site.site import Edition, Waiver

SHOWN = 5
"""Flows in one sentence."""


class LeftOut(NamedTuple):
    """Something that a flow declares, and that no index is asked for."""

    name: str
    flow: str
    why: str
    """`python` and `omflow`: it is a module of theirs; `unreadable`: it is no requirement."""


class ToCarry(NamedTuple):
    """All that is asked for."""

    wanted: tuple[tuple[Target, tuple[Group, ...]], ...]
    left_out: tuple[LeftOut, ...]
    advisories: str | None = None
    """The database of advisories, a zip or a folder."""
    fail_on: str = ""
    """The severity from which on an advisory counts; empty: none does."""
    waivers: tuple[Waiver, ...] = ()
    flows: tuple[Flow, ...] = ()
    """Flows of OMFlow's open edition: the packages that they ask for are known only after they were played."""

    @property
    def groups(self) -> tuple[Group, ...]:
        """Those of all targets, each once."""
        return tuple({group.name: group for _, groups in self.wanted for group in groups}.values())


def as_played(asked: ToCarry, play: Callable[[Target], Walks | None]) -> ToCarry:
    """The same with what the open edition's flows ask for on each target, in the order of their lines.

    `play`: None where nobody can say; then all that they may ask for stays.
    """
    named: dict[str, Group] = {}
    wanted: list[tuple[Target, tuple[Group, ...]]] = []
    for target, groups in asked.wanted:
        walks = play(target)
        if walks is None:
            wanted.append((target, groups))
            continue
        flows = {flow.flow for flow in walks.flows}
        mine = [asked_group for asked_group in groups if asked_group.name not in flows]
        for group in walked_groups(walks):
            first = named.setdefault(group.name, group)
            other = msgspec.structs.replace(group, name=f"{group.name} ({target.label})")
            mine.append(group if group.requirements == first.requirements else other)
        wanted.append(
            (msgspec.structs.replace(target, groups=tuple(requirement.name for requirement in mine)), tuple(mine))
        )
    return asked._replace(wanted=tuple(wanted))


def to_carry(options: argparse.Namespace, before: Manifest | None) -> ToCarry:
    """Targets with their groups: those of the command line, and those that the medium was filled for before.

    Raises BadInput for what cannot be used, and where nothing is asked for or no target is named.
    """
    asked = asked_of(options)
    plain: list[Group] = []
    hold = asked.constraints
    sections: dict[str, list[Group]] = {}
    for file in asked.requirements:
        found = sections_of(Path(file))
        if found is None:
            plain += constrained(read_wanted(Path(file)), hold)
        for label, group in (found or {}).items():
            sections.setdefault(label, []).extend(constrained([group], hold))
    exported = read_exports(asked.flows) if asked.flows else ()
    edition = asked.edition or edition_of(exported)
    left_out: tuple[LeftOut, ...] = ()
    if edition is Edition.OPEN:
        exported = tuple(flow.as_it_runs().on_the_server() for flow in exported)
        flows = open_groups(exported, _own_host(exported))
    else:
        flows, left_out = of_flows(exported)
    earlier = [asked_group for asked_group in before.groups if _for_all(asked_group, before)] if before else []
    if before is not None:  # what an earlier list asked for one target only stays with that target
        for to in before.targets:
            mine = [
                earlier_group
                for earlier_group in before.groups
                if to.wants(earlier_group.name) and earlier_group not in earlier
            ]
            sections.setdefault(to.label, []).extend(mine)
    named = groups_asked(dataclasses.replace(asked, requirements=()))
    every = (*earlier, *named, *plain, *flows)
    shared = tuple({group.name: group for group in every}.values())
    by_label = {
        wanted_target.label: wanted_target
        for wanted_target in (*(before.targets if before else ()), *as_if_empty(targets_of(asked.targets)))
    }
    for label in sections:
        by_label.setdefault(label, *as_if_empty([target_of(label)]))
    if not by_label:
        raise BadInput("carry-no-target")
    if not shared and not any(sections.values()):
        if exported:
            raise BadInput("carry-flows-ask-nothing", flows=", ".join(flow.title for flow in exported[:SHOWN]))
        raise BadInput("carry-nothing")
    wanted: list[tuple[Target, tuple[Group, ...]]] = []
    for label, target in by_label.items():
        groups = tuple({named.name: named for named in (*shared, *sections.get(label, ()))}.values())
        wanted.append((msgspec.structs.replace(target, groups=tuple(item.name for item in groups)), groups))
    return ToCarry(
        tuple(wanted),
        left_out,
        advisories=asked.advisories,
        fail_on=severity_of(asked),
        waivers=waivers_of(asked),
        flows=exported if edition is Edition.OPEN else (),
    )


def of_flows(flows: Sequence[Flow]) -> tuple[tuple[Group, ...], tuple[LeftOut, ...]]:
    """Return the declared packages of flows, as groups; without modules of Python's or OMFlow's own, so that no
    stranger's package of that name is fetched, and without texts that are no requirements.
    """
    left = [
        LeftOut(package, flow.title, "unreadable")
        for flow in flows
        for package, item in flow.declared()
        if package in item.unreadable
    ]
    kept = []
    for group in flow_groups(flows):
        owners = {requirement: _owner(requirement) for requirement in group.requirements}
        left += [LeftOut(one, group.name, owner) for one, owner in owners.items() if owner]
        mine = tuple(requirement for requirement in group.requirements if not owners[requirement])
        items = {requirement: group.items[requirement] for requirement in mine}
        kept += [msgspec.structs.replace(group, requirements=mine, items=items)] if mine else []
    return tuple(kept), tuple(dict.fromkeys(left))


def _own_host(flows: Sequence[Flow]) -> Host:
    """The interpreter that runs airproof, with what of its standard library the flows import."""
    known = AskedOnce()
    return known.with_library(known.host(sys.executable), flows)


def server_of(options: argparse.Namespace, before: Manifest | None) -> Target | None:
    """The machine that will serve: the one that was named, the one of the last filling, else one like this.

    None with `--no-tools`. Raises BadInput for a target that there is not.
    """
    if options.no_tools:
        return None
    if options.server:
        return as_if_empty([target_of(options.server)])[0]
    return before.server if before and before.server else data_of(probe_host(sys.executable))


def _owner(requirement: str) -> str:
    return owner_of_requirement(requirement, sys.stdlib_module_names)


def _for_all(group: Group, manifest: Manifest) -> bool:
    return all(target.wants(group.name) for target in manifest.targets)
