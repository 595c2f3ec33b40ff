"""Which of the modules that were tried somebody needs: a distribution may bring more of them than anybody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from airproof.probes.installs.openends import Walks
from airproof.probes.omflow.modules import load_names
from airproof.probes.pip.facts import PipFacts
from airproof.probes.pip.importing import TriedImport
from airproof.site.site import Site

MISSING = re.compile(r"^ModuleNotFoundError: No module named '([^']+)'")
"""Last line of the traceback of an import that finds no module."""


def needed_imports(pip: PipFacts, site: Site) -> list[TriedImport]:
    """The modules that the code of flows imports; of each other project the module that is named like it. Where none
    is, all of its modules, if none of them imports, and else those that do.
    """
    by_project: dict[str, list[TriedImport]] = {}
    for run in pip.runs:
        for tried in run.imports:
            by_project.setdefault(tried.project, []).append(tried)
    asked = {
        used.module for flow in site.flows for item in flow.items for used in item.imports if not used.optional
    } | {line for flow in site.flows for item in flow.items for line in item.lines}
    return [tried for project, each in by_project.items() for tried in _needed(project, each, asked)]


def needs_omflow(tried: TriedImport, site: Site) -> bool:
    """Say whether an import of a flow's package fails because no OMFlow runs here: it raises an error of Django's own,
    or does not find a module of OMFlow's own.
    """
    if tried.ok or not site.flows:
        return False
    own = load_names().omflow
    missing = MISSING.search(tried.error)
    top = missing[1].partition(".")[0] if missing else ""
    return tried.error.startswith("django.") or top in (*own.modules, *own.beneath)


def seen_to_work(tried: TriedImport, site: Site, walks: Walks | None) -> bool:
    """Say whether an item of a flow that was played, and works, imports the module."""
    played = {flow.flow: flow.items for flow in walks.flows} if walks is not None else {}
    return any(
        walk.ending == "well" and not walk.untold and any(_within(tried.module, line) for line in item.lines)
        for flow in site.flows
        for item, walk in zip(flow.items, played.get(flow.title, ()), strict=False)
    )


def _needed(project: str, each: list[TriedImport], asked: Iterable[str]) -> Iterator[TriedImport]:
    main = [tried for tried in each if canonicalize_name(tried.module) == project]
    used = [tried for tried in each if any(_within(tried.module, module) for module in asked)]
    if not main and not used:
        main = [tried for tried in each if tried.ok] or each
    yield from (tried for tried in each if tried in main or tried in used)


def _within(module: str, imported: str) -> bool:
    """Say whether an import statement leads through that module, or into it."""
    return f"{imported}.".startswith(f"{module}.") or f"{module}.".startswith(f"{imported}.")
