"""Modules of Python's own library that flows import, and that the interpreter does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airproof.check import Finding
from airproof.diagnosis.names import NOT_THERE
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.library import Library
from airproof.probes.omflow.modules import load_names
from airproof.site.flows import imports_inside
from airproof.site.site import Site

UNKNOWN = "-"


def absences_tried(site: Site, host: Host, library: Library) -> list[Finding]:
    """Find missing modules on the lines that OMFlow's open edition tries before an item's code, also lines in a string.

    Where the item may install, it asks the index for what is missing and looks for it once more; where it is missing
    still, and where the item may not install, the item ends. What an
    index has under such a name makes no difference: Python looks for a part of its library in that library only, and
    pip installs beside it.
    """
    return _findings(_tried(site), host, library)


def absences_needed(site: Site, host: Host, library: Library) -> list[Finding]:
    """Return the missing modules of all other code: the flow fails when it runs, and nobody asks an index for them."""
    return _findings(_needed(site), host, library)


def help_for(module: str) -> str:
    """The Pythons that have it and what stands in for it, as far as the list knows."""
    return load_names().parts.get(module, UNKNOWN)


def _tried(site: Site) -> Iterator[tuple[str, str, str]]:
    """Flow, place and module of each line."""
    for flow in site.placed_flows:
        for item in flow.items:
            if site.is_open_edition and not (item.broken_lines or item.goes_on):
                yield from ((flow.title, f"{flow.title} / {item.name}", line) for line in item.lines)


def _needed(site: Site) -> Iterator[tuple[str, str, str]]:
    for flow in site.placed_flows:
        for item in flow.items:
            if site.is_open_edition:
                needed: Iterable[str] = [imported.module for imported in imports_inside(item) if not imported.optional]
            else:
                needed = (
                    item.lines
                    if item.unparsed
                    else [module_import.module for module_import in item.imports if not module_import.optional]
                )
            if not (site.is_open_edition and (item.broken_lines or item.goes_on)):
                yield from ((flow.title, f"{flow.title} / {item.name}", module) for module in needed)


def _findings(uses: Iterable[tuple[str, str, str]], host: Host, library: Library) -> list[Finding]:
    """One for each part that is missing, with all who import it."""
    flows: dict[str, dict[str, None]] = {}
    places: dict[str, dict[str, None]] = {}
    for flow, place, module in uses:
        missing = library.modules.get(module)  # None: no module of the library at all
        if missing:
            flows.setdefault(missing, {})[flow] = None
            places.setdefault(missing, {})[place] = None
    return [
        Finding(
            NOT_THERE,
            None,
            missing,
            tuple(flows[missing]),
            {
                "requirement": missing,
                "label": host.label,
                "python": host.markers.get("python_version", "?"),
                "path": ", ".join(places[missing]),
                "helps": help_for(missing),
            },
        )
        for missing in sorted(flows)
    ]
