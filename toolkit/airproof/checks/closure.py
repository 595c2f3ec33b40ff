"""DEP: for every target that is named, present here or not, everything that is needed is in the index."""

from __future__ import annotations

from airproof.check import Finding, NotApplicable, Seen, check, expect, seen
from airproof.checks.files import told_of_askers
from airproof.checks.server import ONLY_IN_MIRROR, mirrors_below, only_in_mirror
from airproof.diagnosis.advice import NOT_PROVIDED, ONLY_INSTALLED, extras_not_provided, only_installed
from airproof.diagnosis.endings import RUNS, UNSEEN, endings, hold_told, never_run, passed_over, policies
from airproof.diagnosis.gaps.causes import GAPS
from airproof.diagnosis.gaps.findings import findings_of, hold_judged
from airproof.diagnosis.hashes import HASHES, hashes_not_met
from airproof.diagnosis.refused import REFUSED_TEXTS, options_refused, texts_refused
from airproof.diagnosis.unprovided import UNPROVIDED, needed_imports, unprovided
from airproof.errors import CannotLook
from airproof.probes.closure.applying import Applying
from airproof.probes.closure.needed import EachProject, Needed, Unserved
from airproof.probes.closure.readings import Readings
from airproof.probes.index.devpi import Server
from airproof.probes.index.simple import Roots
from airproof.probes.installs.openends import Walks
from airproof.probes.omflow.modules import library_of_target, load_names
from airproof.probes.omflow.providers import Provided
from airproof.probes.pip.template import parse_template
from airproof.site.hosts import Target
from airproof.site.site import Kind, Site

UNSERVED = (
    "needed-not-served",
    "metadata-beside",
    "hash-mismatch",
    "damaged-wheel",
    "wheel-refused",
    "name-inside-differs",
)
"""Causes for which pip ends at a file."""
SHOWN = 5
"""File names in one sentence."""


@check("DEP01", level="required", causes=GAPS, requires=("API03", "MAN06"))
def check_everything_needed_is_there(needed: Needed, roots: Roots, target: Target, applying: Applying) -> Seen:
    """The index holds every requirement and all that it needs, in files that the target can use.

    Raises CannotLook for requirements that nobody judged: their markers exclude every host and target.
    """
    readings = needed.readings
    _hold_in_bounds(readings)
    expect(findings_of(readings, known=roots, host=target))
    hold_judged(readings, applying)
    return seen(
        requirements=sum(
            len(requirements)
            for requirements in {group.group: group.requirements for group in readings.groups}.values()
        ),
        files=len(readings.links),
        groups=len({group.group for group in readings.groups}),
        python=f"{target.pythons}, pip {target.pips_shown}",
    )


@check("DEP02", level="required", causes=(*UNSERVED, "direct-url", *HASHES, *REFUSED_TEXTS), requires=("DEP01",))
def check_what_is_needed_is_served(needed: Needed, site: Site, target: Target) -> Seen:
    """Each file that the target would be given is served, and says what it needs; none names another place for it."""
    found = [_ended(file) for file in needed.unserved]
    leading = {requirement for group in needed.readings.groups for requirement in group.reading.direct}
    found += [
        Finding(
            "direct-url",
            one.url,
            site.index.origin,
            (one.by.split()[0],),
            {"project": one.project, "by": one.by, "url": one.url},
        )
        for one in sorted(leading, key=lambda one: (one.by, one.url))
        if not site.allows(one.url)
    ]
    found = [*told_of_askers(found, needed.readings)]
    demanded = parse_template(site.pip_command).requires_hashes
    found += hashes_not_met(needed.readings, site.groups, target.pips, demanded=demanded)
    read = {reading.group for reading in needed.readings.groups}
    found += options_refused(site.pip_command, target.pips, target.label)
    expect([*found, *texts_refused((group for group in site.groups if group.name in read), target.pips, target.label)])
    return seen(files=len(needed.readings.links))


@check("DEP03", level="required", requires=("DEP01",))
def check_nothing_has_to_be_built(needed: Needed) -> Seen:
    """Everything is a wheel. An sdist may build there or not: nobody can say from here.

    Raises CannotLook for an sdist, unless an interpreter here stands for the target: then its pip judges.
    """
    if needed.sdists and not needed.pip_here:
        names = ", ".join(needed.sdists[:SHOWN]) + (" ..." if len(needed.sdists) > SHOWN else "")
        raise CannotLook("sdist-elsewhere", target=needed.readings.label, files=names)
    return seen(
        wheels=sum(link.filename.endswith(".whl") for _, link in needed.readings.links), sdists=len(needed.sdists)
    )


@check("DEP04", level="required", causes=(*GAPS, *UNSERVED), requires=("API01", "MAN06"))
def check_each_project_installs(
    each_project: EachProject | None, asked: Site, server: Server, roots: Roots, target: Target
) -> Seen:
    """With --all: every project of the index, each for itself, can be installed on the target.

    Raises CannotLook where nothing is listed, where a mirror would fetch all of its upstream, or where an sdist would
    have to be built.
    """
    if not asked.all_projects:
        raise NotApplicable("all-not-asked")
    if each_project is None:
        raise CannotLook("all-of-a-mirror", mirror=", ".join(server.mirrors))
    if not each_project.projects:
        raise CannotLook("nothing-listed")
    readings = Readings(each_project.label, "", each_project.failed)
    _hold_in_bounds(readings)
    expect([*findings_of(readings, known=roots, host=target), *map(_ended, each_project.unserved)])
    if each_project.sdists:
        names = ", ".join(each_project.sdists[:SHOWN]) + (" ..." if len(each_project.sdists) > SHOWN else "")
        raise CannotLook("sdist-elsewhere", target=each_project.label, files=names)
    return seen(projects=each_project.projects)


@check("DEP05", level="advised", causes=(ONLY_INSTALLED,), only=Kind.LIVE, requires=("DEP01",))
def check_nothing_rests_on_what_the_target_has(needed: Needed, target: Target) -> Seen:
    """The index alone has everything for a target that is a real interpreter, of this machine or told by its facts."""
    if not target.had:
        raise NotApplicable("nothing-installed")
    expect(
        only_installed(target.label, group.reading.had, (group.group,), group.requirements)
        for group in needed.readings.groups
        if group.reading.had
    )
    return seen(installed=len(target.had), label=target.label)


@check("DEP06", level="advised", causes=(NOT_PROVIDED,), requires=("DEP01",))
def check_every_extra_is_provided_for_the_target(needed: Needed) -> Seen:
    """Each extra that is asked for is one of the package's own; of any other pip only warns."""
    expect(extras_not_provided(needed.readings))
    return seen(groups=len(needed.readings.groups), label=needed.readings.label)


@check("DEP07", level="advised", causes=UNPROVIDED, requires=("DEP01",))
def check_every_import_has_a_provider_for_the_target(
    asked: Site, target_provided: Provided | None, target: Target
) -> Seen:
    """Each module that the flows' code needs comes with Python, with OMFlow or with a package that they declare.

    By the wheels that the target would be given; nothing is imported.
    """
    if not asked.flows or target_provided is None:
        raise NotApplicable("no-flow")
    expect(unprovided(target_provided, is_open=asked.is_open_edition))
    return seen(modules=len(needed_imports(target_provided)), label=target.label)


@check("DEP08", level="required", causes=RUNS, requires=("API03", "MAN06"))
def check_every_item_of_the_open_edition_runs_on_the_target(
    asked: Site, target_walks: Walks | None, target: Target
) -> Seen:
    """Each item's imports find their modules, after what pip would install for them; told by the wheels of the index.

    Raises CannotLook where something would have to be built, and where only running the item's own code would tell.
    """
    if not asked.flows:
        raise NotApplicable("no-flow")
    if target_walks is None:
        raise NotApplicable("no-open-edition")
    listed = load_names().distributions_of
    ends = endings(target_walks, library_of_target(target.markers), lambda module: next(iter(listed(module)), ""))
    expect([*ends, *policies(asked.flows if asked.has_no_collectors else ())])
    hold_told(target_walks)
    names = dict.fromkeys(name for flow in target_walks.flows for item in flow.items for name in item.asked)
    return seen(flows=len(target_walks.flows), names=", ".join(names) or "-", label=target.label)


@check("DEP09", level="advised", causes=(ONLY_IN_MIRROR,), requires=("SRV01", "DEP01"))
def check_nothing_the_target_needs_lies_in_a_mirror_alone(server: Server, needed: Needed) -> Seen:
    """Packages that the target needs lie in stages: once a mirror is taken out of the bases, its files are gone."""
    mirrors = mirrors_below(server)
    expect(only_in_mirror(server, needed.readings))
    return seen(files=len(needed.readings.links), mirrors=", ".join(mirrors))


@check("DEP10", level="advised", causes=UNSEEN, requires=("API03", "MAN06"))
def check_no_item_fails_or_stays_out_unseen_on_the_target(
    asked: Site, target_walks: Walks | None, target: Target
) -> Seen:
    """Each item of the open edition has a say in its flow: none fails while the flow goes on, a line leads to each.

    Items that no line leads to are the same for every interpreter: where one is asked, OMF15 tells them.
    """
    if not asked.flows:
        raise NotApplicable("no-flow")
    if target_walks is None:
        raise NotApplicable("no-open-edition")
    flows = () if asked.interpreters else asked.placed_flows
    expect([*passed_over(target_walks), *never_run(flow for flow in flows if target.wants(flow.title))])
    items = sum(len(flow.items) for flow in target_walks.flows)
    return seen(flows=len(target_walks.flows), items=items, label=target.label)


def _ended(one: Unserved) -> Finding:
    """A file at which the target's pip ends."""
    cause = next(known for known in UNSERVED if known == one.cause)  # of the closed list, or broken
    name, version = one.inside
    values = {
        "filename": one.filename,
        "problem": one.problem,
        "project": one.project,
        "name": name,
        "version": version,
    }
    return Finding(cause, one.problem, "a file that pip installs", (one.project,), values)


def _hold_in_bounds(readings: Readings) -> None:
    deep = [group.group for group in readings.groups if group.reading.too_deep]
    if deep:
        raise CannotLook("closure-too-deep", target=readings.label, groups=", ".join(deep[:SHOWN]))
