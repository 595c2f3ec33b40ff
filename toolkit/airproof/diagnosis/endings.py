"""How the items of OMFlow's open edition end, as causes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from airproof.check import Finding
from airproof.errors import CannotLook
from airproof.probes.installs.openends import Doubt, ItemWalk, Walks
from airproof.site.flows import Flow

ENDINGS = {
    "may-not-install": "item-may-not-install",
    "submodule-missing": "submodule-missing",
    "still-missing": "module-still-missing",
    "after-restart": "module-after-restart",
    "name-refused": "name-refused-by-pip",
    "import-raises": "item-import-fails",
    "line-raises": "import-line-code-fails",
    "code-imports": "code-import-missing",
    "code-broken": "item-code-broken",
}
"""How an item ends -> the cause."""
WITHOUT_COLLECTORS = "policy-without-collectors"
UNSEEN = ("item-failure-passed", "item-never-runs")
"""The causes for which an item does not do its work while its flow runs to the end."""
RUNS = (*ENDINGS.values(), WITHOUT_COLLECTORS)
"""All causes for which a flow of the open edition does not run to its end."""
DOUBTS: dict[Doubt, str] = {
    "code": "code-on-import-line",
    "part": "part-untold",
    "newer": "code-newer",
    "behind": "import-behind-code",
    "server": "import-in-omflow",
}
"""The kind of reason why it is not known how an item ends -> the reason's key."""


def endings(walks: Walks, stdlib: Collection[str], best: Callable[[str], str]) -> Iterator[Finding]:
    """Each item that cannot run. A part of Python's own library that is missing is left to the check of that library.

    `best`: of a top-level module, the distribution that has it.
    """
    for flow in walks.flows:
        for item in flow.items:
            if item.ending in ENDINGS and not _of_library(item, stdlib):
                values = {
                    "item": f"{flow.flow} / {item.item}",
                    "line": item.line,
                    "module": item.name,
                    "name": item.asked[-1] if item.asked else item.name,
                    "said": item.said,
                    "label": walks.label,
                    "distribution": best(item.name.partition(".")[0]) or item.name,
                }
                yield Finding(ENDINGS[item.ending], item.said, "an import that works", (flow.flow,), values)


def passed_over(walks: Walks) -> Iterator[Finding]:
    """Yield each item that fails although its flow goes on."""
    for flow in walks.flows:
        for item in flow.items:
            if item.ending == "passed-over":
                values = {
                    "item": f"{flow.flow} / {item.item}",
                    "said": item.said or item.line or item.name,
                    "label": walks.label,
                }
                yield Finding("item-failure-passed", item.said, "an import that works", (flow.flow,), values)


def never_run(flows: Iterable[Flow]) -> Iterator[Finding]:
    """Yield each flow with items that the open edition never runs, and that are therefore not judged."""
    for flow in flows:
        if flow.idle:
            values = {"flow": flow.title, "items": ", ".join(dict.fromkeys(flow.idle))}
            yield Finding("item-never-runs", list(flow.idle), "a line that leads there", (flow.title,), values)


def lines_broken(flows: Iterable[Flow]) -> Iterator[Finding]:
    """Yield each line that begins as an import and is no Python by itself: its item ends before any request."""
    for flow in flows:
        for item in flow.items:
            for line in item.broken_lines if not item.goes_on else ():
                values = {"line": line, "item": f"{flow.title} / {item.name}"}
                yield Finding("import-line-broken", line, "an import on one line", (flow.title,), values)


def policies(flows: Iterable[Flow]) -> Iterator[Finding]:
    """Yield each Collector's flow, for an OMFlow that has no Collectors.

    The open edition takes such an application, and its items run, but its end item then imports a module of OMFlow's
    own that only the other edition has: the flow ends with an error (measured, open edition 1.1.0.0).
    """
    for flow in flows:
        if flow.policy:
            yield Finding(WITHOUT_COLLECTORS, "ommonitor", "an application", (flow.title,), {"flow": flow.title})


def hold_told(walks: Walks) -> None:
    """Raises CannotLook where nobody knows whether an item runs."""
    for doubt in doubts(walks):
        raise doubt


def doubts(walks: Walks) -> Iterator[CannotLook]:
    """Yield the reason for each item of which nobody knows whether it runs."""
    for flow in walks.flows:
        for item in flow.items:
            if item.untold:
                at = f"{flow.flow} / {item.item}"
                yield CannotLook(DOUBTS[item.doubt], item=at, line=item.untold, label=walks.label)


def _of_library(item: ItemWalk, stdlib: Collection[str]) -> bool:
    return (
        item.ending in ("still-missing", "after-restart", "may-not-install") and item.name.partition(".")[0] in stdlib
    )
