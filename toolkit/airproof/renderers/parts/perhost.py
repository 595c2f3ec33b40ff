"""The record host by host and flow by flow: which interpreter was asked, and which flow would activate there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from airproof.check import Level
from airproof.record.outcome import Outcome
from airproof.record.report import Entry, Report
from airproof.record.summary import FlowSummary
from airproof.words import Text

Known = Literal["yes", "no", "unknown"]
ASKS_HOST, FROM_THERE, FROM_HERE, RESOLVES, INSTALLS, ACTIVATES = "HOST01", "HOST04", "API01", "PIP02", "PIP03", "OMF11"
CLOSURE = ("DEP01", "DEP02", "DEP08")
"""Checks that say what a target lacks."""
BUILDS = "DEP03"
PIP_ITSELF = "host-pip-fails"
"""The cause of a pip that cannot use an index which has everything."""
OF_OPEN_EDITION = ("OMF13", "OMF14")
"""Checks that say which flows fail there although pip installs what it is asked for."""
RUNS, RUNS_ON_TARGET = "OMF14", "DEP08"
"""The checks for which every flow of the open edition was played, also one that asks pip for nothing."""
BROKEN = ("OMF12",)
"""Checks that say which flows fail on every host, since an item ends before anything is asked for."""
NAMES = ("PIP02", "PIP03", "OMF05", "OMF06")
"""Checks that say why a flow's packages do not install on a host where nothing was installed."""
DECLARED = ("OMF05",)
"""Checks that say which declared packages cannot be read. airproof asks no pip for those; OMFlow asks for them all the
same.
"""
STOPS_PIP = ("NET", "API01", "API03", "PIP01", "SRV06", "HOST01")
"""Beginnings of the ids of checks after whose failure pip gets nothing at all."""


@dataclass(frozen=True)
class FlowLine:
    """One flow on one interpreter."""

    flow: str
    label: str
    would: bool
    by: Literal["installing", "resolving", "reading"]
    """How it is known: installed for real; resolved by another host's pip; or read from the index, for a target."""
    packages: int
    because: tuple[Text, ...]
    """The causes that keep it from activating; where none is known, the requirements."""
    judged: bool = True
    """False: something came before, and whether it would activate is not known."""
    installs: bool = False
    """Its packages install here, and something else is against it."""


@dataclass(frozen=True)
class HostLine:
    """One interpreter, here or on another host."""

    label: str
    python: str
    pip: str
    user: str
    elsewhere: bool
    answered: bool
    index: Known
    """Answer to the question whether the URL answers from there."""
    packages: Known
    """Answer to the question whether everything that is asked of the index installs there, or resolves."""
    pip_itself: bool
    """The index answers there and has everything, and the host's pip does not get it."""
    reason: Text | None
    """Why it was not asked."""


def flow_lines(report: Report) -> tuple[FlowLine, ...]:
    """In the order of the interpreters and of their flows."""
    known = tuple(_flow(report, flow) for flow in report.summary.flows)
    played = {(line.label, line.flow) for line in known}
    others = (
        line
        for label, flows in report.site.flows.items()
        for flow in flows
        if (label, flow) not in played and (line := _not_played(report, flow, label)) is not None
    )
    targets = (
        _for_target(report, flow, requirements, target.label)
        for target in report.summary.targets
        if _was_judged(report, target.label)
        for flow, requirements in target.flows.items()
    )
    return (*known, *others, *targets)


def host_lines(report: Report) -> tuple[HostLine, ...]:
    """All interpreters that were asked, or should have been; none where there is nothing to compare: one, and here."""
    found = tuple(
        _host(report, entry)
        for entry in report.checks
        if entry.id == ASKS_HOST and entry.subject in report.scope.targets
    )
    return found if len(found) > 1 or any(host.elsewhere for host in found) else ()


def _flow(report: Report, flow: FlowSummary) -> FlowLine:
    untold = _untold(report, flow.label, flow.flow)
    by: Literal["installing", "resolving"] = "installing" if flow.installed else "resolving"
    unread = _told(report, DECLARED, "", {flow.flow})
    still = _ended(report, flow.label, flow.flow)
    count = len(flow.requirements)
    instead = _in_place(report, flow)
    if instead:
        return FlowLine(flow.flow, flow.label, False, by, count, instead, judged=False)
    if not flow.failed and not flow.problems and not unread and not still:
        against = _against(report, flow)
        if not against and untold is not None:
            return FlowLine(flow.flow, flow.label, False, by, count, untold, judged=False)
        installs = flow.installed and bool(count)
        return FlowLine(flow.flow, flow.label, not against, by, count, against, installs=installs)
    if flow.installed:
        because = _told(report, (ACTIVATES,), flow.label, {flow.flow})
    else:
        because = _told(report, NAMES, flow.label, set(flow.failed)) or _all_told(report, FROM_THERE, flow.label)
    because = because or tuple(Text(words, words) for words in (*flow.failed, *flow.problems))
    because = tuple(dict.fromkeys((*unread, *because, *still)))
    return FlowLine(flow.flow, flow.label, False, by, count, because)


def _in_place(report: Report, flow: FlowSummary) -> tuple[Text, ...]:
    """Return why a flow that fails here is not known to fail: another host runs it, in whose place this one was judged.
    Empty if something is against it all the same.
    """
    if _against(report, flow):
        return ()
    return tuple(
        dict.fromkeys(
            entry.reason
            for entry in report.checks
            if entry.outcome is Outcome.BROKEN and entry.subject == flow.label and entry.reason
            if any(_victims(flow) & set(finding.victims) for finding in entry.findings)
        )
    )


def _ended(report: Report, label: str, flow: str) -> tuple[Text, ...]:
    """Why a flow of the open edition ends, beside what pip cannot install."""
    return (*_told(report, BROKEN, "", {flow}), *_told(report, OF_OPEN_EDITION, label, {flow}))


def _against(report: Report, flow: FlowSummary) -> tuple[Text, ...]:
    """Return findings of required checks against the flow, its requirements, or this host: a flow that installs may
    still not run.
    """
    victims = _victims(flow)
    told = (
        finding.says
        for entry in report.checks
        if entry.level is Level.REQUIRED and entry.outcome is Outcome.FAILED and entry.subject in (flow.label, "")
        for finding in entry.findings
        if victims & set(finding.victims)
    )
    return tuple(dict.fromkeys(told))


def _victims(flow: FlowSummary) -> set[str]:
    projects = (project for requirement in flow.requirements if (project := _project(requirement)))
    return {flow.flow, flow.label, *flow.requirements, *projects}


def _untold(report: Report, label: str, flow: str, runs: str = RUNS) -> tuple[Text, ...] | None:
    """The reason for which nobody knows whether an item of this flow runs; None where that is known."""
    unknown = flow in report.summary.unknown.get(label, ())
    broken = [entry for entry in _entries(report, label, runs) if entry.outcome is Outcome.BROKEN]
    return tuple(entry.reason for entry in broken if entry.reason) if unknown and broken else None


def _project(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def _not_played(report: Report, flow: str, label: str) -> FlowLine | None:
    """A flow that asked pip for nothing: it declares nothing readable, ended before, or no pip could be asked."""
    if unread := _told(report, DECLARED, "", {flow}):
        return FlowLine(flow, label, False, "reading", 0, unread)
    if ended := _ended(report, label, flow):
        return FlowLine(flow, label, False, "installing", 0, ended)
    untold = _untold(report, label, flow)
    if untold is not None:
        return FlowLine(flow, label, False, "reading", 0, untold, judged=False)
    if any(entry.outcome in (Outcome.PASSED, Outcome.FAILED) for entry in _entries(report, label, RUNS)):
        return FlowLine(flow, label, True, "installing", 0, ())
    first = _first(report, ACTIVATES, label)
    if first is None or first.outcome not in (Outcome.FAILED, Outcome.BROKEN):
        return None
    if first.outcome is Outcome.FAILED:
        because = _all_told(report, first.id, first.subject)
        return FlowLine(flow, label, False, "reading", 0, because, judged=first.id.startswith(STOPS_PIP))
    return FlowLine(flow, label, False, "reading", 0, (first.reason,) if first.reason else (), judged=False)


def _first(report: Report, id: str, label: str) -> Entry | None:
    """The check that keeps another one from being judged; that one itself where nothing does."""
    for _ in report.checks:  # a record may be somebody else's: never round and round
        found = next((check for check in report.checks if check.id == id and check.subject in (label, "")), None)
        if found is None or found.outcome is not Outcome.BLOCKED or found.blocked_by is None:
            return found
        id = found.blocked_by
    return None


def _for_target(report: Report, flow: str, requirements: tuple[str, ...], label: str) -> FlowLine:
    """By the closure's own findings: nobody asked a pip."""
    because = _told(report, CLOSURE, label, {flow, *requirements})
    untold = _untold(report, label, flow, RUNS_ON_TARGET) if not because else None
    if untold is not None:
        return FlowLine(flow, label, False, "reading", len(requirements), untold, judged=False)
    return FlowLine(flow, label, not because, "reading", len(requirements), because)


def _was_judged(report: Report, label: str) -> bool:
    """Say whether the closure was judged: without one, and with an sdist to build, nothing is known."""
    first, built = ({entry.outcome for entry in _entries(report, label, id)} for id in (CLOSURE[0], BUILDS))
    return bool(first & {Outcome.PASSED, Outcome.FAILED}) and Outcome.BROKEN not in first | built


def _told(report: Report, ids: tuple[str, ...], label: str, victims: set[str]) -> tuple[Text, ...]:
    """Return the findings of these checks for any of the victims."""
    told = (
        finding.says
        for entry in report.checks
        if entry.id in ids and entry.subject == label
        for finding in entry.findings
        if victims & set(finding.victims)
    )
    return tuple(dict.fromkeys(told))


def _all_told(report: Report, id: str, label: str) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(finding.says for entry in _entries(report, label, id) for finding in entry.findings))


def _host(report: Report, asked: Entry) -> HostLine:
    label = asked.subject
    host = report.summary.host(label)
    elsewhere = label not in report.scope.here
    causes = {finding.cause for entry in _entries(report, label, INSTALLS) for finding in entry.findings}
    index = _known(report, label, FROM_THERE) if elsewhere else _known(report, "", FROM_HERE)
    packages = _both(_known(report, label, RESOLVES), _known(report, label, INSTALLS))
    return HostLine(
        label=label,
        python=host.python if host else "?",
        pip=(host.pip or "-") if host else "?",
        user=host.user if host else "?",
        elsewhere=elsewhere,
        answered=host is not None,
        index=index,
        packages="unknown" if elsewhere and index == "no" else packages,
        pip_itself=PIP_ITSELF in causes,
        reason=asked.reason if host is None else None,
    )


def _both(resolves: Known, installs: Known) -> Known:
    """On another host nothing is installed: then that it resolves is all there is to know."""
    return resolves if resolves != "yes" or installs == "unknown" else installs


def _known(report: Report, label: str, id: str) -> Known:
    outcomes = {entry.outcome for entry in _entries(report, label, id)}
    if Outcome.FAILED in outcomes or Outcome.WAIVED in outcomes:
        return "no"
    return "yes" if Outcome.PASSED in outcomes else "unknown"


def _entries(report: Report, label: str, id: str) -> Iterator[Entry]:
    return (entry for entry in report.checks if entry.id == id and entry.subject == label)
