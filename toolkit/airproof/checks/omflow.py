"""OMF: what OMFlow itself says: the packages that its flows declare and the modules that their code imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from airproof.check import LISTED, Finding, NotApplicable, Seen, check, expect, seen
from airproof.diagnosis.absences import absences_needed, absences_tried
from airproof.diagnosis.clashes import clashes
from airproof.diagnosis.endings import RUNS, UNSEEN, endings, hold_told, lines_broken, never_run, passed_over, policies
from airproof.diagnosis.gaps.causes import GAPS
from airproof.diagnosis.gaps.findings import findings_of
from airproof.diagnosis.names import MISNAMED, NOT_THERE
from airproof.diagnosis.unprovided import UNPROVIDED, needed_imports, unprovided
from airproof.probes.closure.readings import Readings
from airproof.probes.index.simple import Roots
from airproof.probes.installs.activation import Activation, Activations
from airproof.probes.installs.openends import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.library import Library
from airproof.probes.omflow.providers import Provided
from airproof.site.flows import Flow
from airproof.site.site import Site


@check("OMF05", level="required", causes=("package-unreadable",))
def check_every_declared_package_is_a_requirement(asked: Site) -> Seen:
    """Packages that the flows declare can be read by pip and served by an index."""
    flows = _flows(asked)
    expect(
        Finding(
            "package-unreadable",
            text,
            "NAME or NAME==VERSION",
            (flow.group_of(item),),
            {"text": text, "item": _at(flow, item.name)},
        )
        for flow in flows
        for item in flow.items
        for text in item.unreadable
    )
    return seen(flows=len(flows), packages=sum(len(flow.declared()) for flow in flows))


@check("OMF06", level="required", causes=MISNAMED, requires=LISTED)
def check_every_declared_name_is_a_packages(
    asked: Site, readings: Readings, roots: Roots, host: Host, provided: Provided
) -> Seen:
    """No flow declares a module of Python's or of OMFlow's own, or the name that code imports, for a package.

    Where the index has a project of that name all the same, an activation succeeds, and this holds.
    """
    flows = _flows(asked)
    found = findings_of(readings, known=roots, host=host, provided=provided)
    expect(finding for finding in found if finding.cause in MISNAMED)
    return seen(flows=len(flows), packages=sum(len(flow.declared()) for flow in flows), label=host.label)


@check(
    "OMF07",
    level="advised",
    causes=(*UNPROVIDED, NOT_THERE),
    requires=LISTED,
)
def check_every_import_has_a_provider(asked: Site, provided: Provided, host: Host, library: Library) -> Seen:
    """Each module that the flows' code needs comes with Python, OMFlow, the interpreter or a declared package.

    A part of Python's own library that the interpreter lacks is told here where nobody asks an index for it; else OMF13
    tells.
    """
    _flows(asked)
    expect([*absences_needed(asked, host, library), *unprovided(provided, is_open=asked.is_open_edition)])
    return seen(modules=len(needed_imports(provided)), label=provided.label)


@check("OMF08", level="advised", causes=("pins-apart",))
def check_no_two_flows_pin_apart(asked: Site) -> Seen:
    """All flows install into one interpreter: two that want versions apart replace each other's."""
    flows = _flows(asked)
    expect(
        Finding(
            "pins-apart",
            [f"{one} ({title})" for one, title in clash.wants],
            "one version",
            tuple(dict.fromkeys(title for _, title in clash.wants)),
            {"project": clash.project, "wants": ", ".join(f"{one} ({title})" for one, title in clash.wants)},
        )
        for clash in clashes(group for group in asked.groups if group.items and not group.collector)
    )
    return seen(flows=len(flows))


@check("OMF09", level="advised", causes=("collector-not-asked", "collector-not-known", "server-not-asked"))
def check_collectors_items_are_judged_on_a_collector(asked: Site) -> Seen:
    """OMFlow does not look at a Collector's packages at activation: they are judged on that Collector's host."""
    _flows(asked)
    away = asked.collectors_items()
    without = asked.items_without_their_collector()
    findings = []
    if without:
        values = {
            "items": ", ".join(dict.fromkeys(_at(flow, item.name) for flow, item in without)),
            "names": ", ".join(dict.fromkeys(item.runner.name for _, item in without if item.runner.name)) or "-",
            "hosts": ", ".join(entry.label for entry in asked.interpreters if entry.collector) or "-",
        }
        titles = tuple(dict.fromkeys(flow.title for flow, _ in without))
        cause = "collector-not-known" if asked.collectors_asked else "collector-not-asked"
        findings.append(Finding(cause, [], "facts of the Collector", titles, values))
    near = asked.servers_items() if asked.collectors_asked == len(asked.interpreters) else ()
    if near and asked.interpreters:
        titles = tuple(dict.fromkeys(flow.title for flow, _ in near))
        hosts = ", ".join(entry.label for entry in asked.interpreters)
        told = {"flows": ", ".join(titles), "hosts": hosts}
        findings.append(Finding("server-not-asked", [], "facts of the server", titles, told))
    expect(findings)
    count = len({(flow.title, item.name) for flow, item in away})
    return seen(items=count, hosts=asked.collectors_asked)


@check("OMF10", level="advised", causes=("package-strange", "code-unparsed"))
def check_everything_in_the_flows_was_read(asked: Site) -> Seen:
    """Every declared value is a text, and every piece of code is Python."""
    flows = _flows(asked)
    findings = []
    for flow in flows:
        for item in flow.items:
            at = _at(flow, item.name)
            findings += [
                Finding("package-strange", kind, "a text", (flow.title,), {"item": at, "kind": kind})
                for kind in dict.fromkeys(item.strange)
            ]
            if item.unparsed:
                values = {"item": at, "reason": item.unparsed}
                findings.append(Finding("code-unparsed", item.unparsed, "Python", (flow.title,), values))
    expect(findings)
    return seen(flows=len(flows), items=sum(len(flow.items) for flow in flows))


@check("OMF12", level="required", causes=("import-line-broken",))
def check_every_import_is_one_line(asked: Site) -> Seen:
    """The open edition runs each line that starts as an import by itself, wherever it stands."""
    flows = _flows(asked)
    if not asked.is_open_edition:
        raise NotApplicable("no-open-edition")
    expect(lines_broken(flows))
    return seen(flows=len(flows), lines=sum(len(item.lines) for flow in flows for item in flow.items))


@check("OMF13", level="required", causes=(NOT_THERE,), requires=("HOST01",))
def check_the_library_has_what_is_imported(asked: Site, host: Host, library: Library) -> Seen:
    """The interpreter has each part of Python's own library that the open edition tries before an item's code."""
    _flows(asked)
    if not asked.is_open_edition:
        raise NotApplicable("no-open-edition")
    expect(absences_tried(asked, host, library))
    return seen(modules=len(library.modules), label=library.label)


@check(
    "OMF11",
    level="required",
    causes=(*GAPS, "activation-fails", "activation-breaks"),
    requires=("OMF02", "PIP06", *LISTED),
)
def check_every_flow_activates(
    asked: Site,
    activations: Activations | None,
    readings: Readings,
    roots: Roots,
    host: Host,
    provided: Provided,
    library: Library,
) -> Seen:
    """Package by package, in the flow's order, into one environment: each installs, and breaks nothing before it.

    In the open edition that is an item's first run, which ends where a module is missing after its installation.
    """
    _flows(asked)
    if activations is None or not activations.played:
        raise NotApplicable("nothing-to-activate")
    known = findings_of(readings, known=roots, host=host, provided=provided)
    still = absences_tried(asked, host, library)
    findings = [finding for flow in activations.flows for finding in _of_activation(flow, known, still, host.label)]
    expect(findings)
    return seen(
        flows=", ".join(flow.flow for flow in activations.flows),
        packages=sum(len(flow.steps) for flow in activations.flows),
        label=host.label,
    )


@check(
    "OMF14",
    level="required",
    causes=RUNS,
    requires=("OMF02", "PIP06", *LISTED),
)
def check_every_item_of_the_open_edition_runs(asked: Site, walks: Walks | None, host: Host, provided: Provided) -> Seen:
    """Played as the open edition runs it, each item's imports work, after what pip installed for them.

    A line that is broken is OMF12's, a part of Python's own library that is missing OMF13's, and a name that pip cannot
    install PIP02's and OMF11's to tell.

    Raises CannotLook where an item's own code stands on the line of an import, and only running it would tell; also
    where another host does not show whether it has a part of a package.
    """
    flows = _flows(asked)
    if walks is None:
        raise NotApplicable("no-open-edition")
    ends = endings(walks, host.stdlib, lambda module: provided.provider(module).best)
    expect([*ends, *policies(asked.flows if asked.has_no_collectors else ())])
    hold_told(walks)
    items = sum(len(flow.items) for flow in walks.flows)
    names = dict.fromkeys(name for flow in walks.flows for item in flow.items for name in item.asked)
    return seen(flows=len(flows), items=items, names=", ".join(names) or "-", label=host.label)


@check("OMF15", level="advised", causes=UNSEEN, requires=("OMF02", "PIP06", *LISTED))
def check_no_item_fails_or_stays_out_unseen(asked: Site, walks: Walks | None) -> Seen:
    """Each item of the open edition has a say in its flow: none fails while the flow goes on, a line leads to each."""
    flows = _flows(asked)
    if walks is None:
        raise NotApplicable("no-open-edition")
    expect([*passed_over(walks), *never_run(flows)])
    return seen(flows=len(flows), items=sum(len(flow.items) for flow in flows), label=walks.label)


def _of_activation(
    flow: Activation, known: Sequence[Finding], still: Sequence[Finding], label: str
) -> Iterator[Finding]:
    """Why a flow would not activate: the cause that is known of the package, else pip's own words.

    `still`: modules that are missing whatever is installed.
    """
    for step in flow.steps:
        if step.ok:
            yield from (
                msgspec.structs.replace(finding, victims=(flow.flow,))
                for finding in still
                if finding.wanted == step.requirement
            )
        told = [project for project in known if step.requirement in project.victims]
        if not step.ok and told:
            yield from (
                Finding(finding.cause, finding.found, finding.wanted, (flow.flow,), finding.values) for finding in told
            )
        elif not step.ok:
            values = {
                "flow": flow.flow,
                "requirement": step.requirement,
                "label": label,
                "items": ", ".join(step.items),
            }
            yield Finding("activation-fails", step.said, "exit code 0", (flow.flow,), values)
    yield from _of_problems(flow, label)


def _of_problems(flow: Activation, label: str) -> Iterator[Finding]:
    """Return findings for the distributions that pip replaced although others need them."""
    if flow.problems:
        replaced = {
            f"{name} {old} -> {step.changed[name]}" for step in flow.steps for name, old in step.replaced.items()
        }
        values = {
            "flow": flow.flow,
            "label": label,
            "problems": "; ".join(flow.problems),
            "replaced": ", ".join(sorted(replaced)) or "-",
        }
        yield Finding("activation-breaks", list(flow.problems), [], (flow.flow,), values)


def _flows(site: Site) -> tuple[Flow, ...]:
    if not site.flows:
        raise NotApplicable("no-flow")
    return site.placed_flows


def _at(flow: Flow, item: str) -> str:
    return f"{flow.title} / {item}"
