"""The summary of a record, from the facts of the run: all that its renderers show beside the checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from airproof.facts.keys import (
    ACTIVATIONS,
    ADVISED,
    EACH_PROJECT,
    FORMS,
    HOST,
    LOAD,
    LOAD_STEP,
    MEDIUM,
    MIRROR_KEEPS,
    NEEDED,
    PAGES,
    PIP,
    REACH,
    READINGS,
    ROOTS,
    SCANNED,
    SERVED,
    TARGET_WALKS,
    VOUCHED,
    WALKS,
)
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.files.known import KnownFile, known_of_host
from airproof.probes.index.product import STORED
from airproof.probes.interpreters.host import Host
from airproof.probes.load.load import LoadMeasured
from airproof.probes.pip.facts import PipFacts
from airproof.record.summary import (
    AdvisorySummary,
    FlowSummary,
    GapSummary,
    HostSummary,
    InventoryItem,
    Listing,
    LoadProfileSummary,
    LoadStepSummary,
    LoadSummary,
    MediumSummary,
    MirrorSummary,
    ScannerSummary,
    Summary,
    TargetSummary,
)
from airproof.site.indexurl import without_credentials


def summary_of(facts: Mapping[str, Any]) -> Summary:
    """Facts that are missing or failed are left out: the checks that need them say so."""
    reach, roots = REACH.read(facts), ROOTS.read(facts)
    return Summary(
        machine=reach.asked_from if reach else "",
        own_machine=reach is not None and (reach.loopback or reach.own_address),
        devpi=(roots.devpi if roots else None) or "",
        hosts=tuple(_host(host) for host in HOST.read(facts).values()),
        flows=tuple(_flows(facts)),
        unknown={
            label: flows
            for label, walks in {**WALKS.read(facts), **TARGET_WALKS.read(facts)}.items()
            if (flows := tuple(flow.flow for flow in walks.flows if any(item.untold for item in flow.items)))
        },
        targets=tuple(
            TargetSummary(label, needed.fetch, {g.group: tuple(g.items) for g in needed.readings.groups if g.items})
            for label, needed in NEEDED.read(facts).items()
        ),
        gaps=tuple(dict.fromkeys(_gaps(facts))),  # of several groups one
        mirrors=tuple(
            MirrorSummary(kept.mirrors, kept.projects, kept.files) for kept in MIRROR_KEEPS.read(facts).values()
        ),
        listing=_listing(facts),
        proven={label: groups for label, pip in PIP.read(facts).items() if (groups := tuple(_proven(pip)))},
        inventory=tuple(_inventory(facts)),
        media=tuple(_media(facts)),
        scanner=_scanner(facts),
        advisories=tuple(_advisories(facts)),
        load=_load(facts),
    )


def _load(facts: Mapping[str, Any]) -> LoadSummary | None:
    plan = LOAD.read(facts)
    if plan is None:
        return None
    load = LoadMeasured(plan, tuple(sorted(LOAD_STEP.read(facts).values(), key=lambda step: step.hosts)))
    profiles = (
        LoadProfileSummary(
            profile.label,
            profile.size,
            profile.elsewhere,
            {call.kind: profile.headers(call.kind) for call in profile.requests},
            tuple(tuple((call.kind, call.target) for call in process) for process in profile.processes),
        )
        for profile in plan.profiles
    )
    return LoadSummary(
        server=plan.server,
        hosts=plan.hosts,
        wanted=plan.wanted,
        activation_time=plan.activation_time,
        held=load.held,
        too_slow=load.not_held.hosts if load.not_held is not None else None,
        same_machine=plan.same_machine,
        profiles=tuple(profiles),
        steps=tuple(msgspec.convert(step, LoadStepSummary, from_attributes=True) for step in load.steps),
    )


def _scanner(facts: Mapping[str, Any]) -> ScannerSummary | None:
    scanned = SCANNED.read(facts)
    if scanned is None:
        return None
    return ScannerSummary(scanned.name, scanned.version, tuple(scan.exit_code for scan in scanned.scans))


def _media(facts: Mapping[str, Any]) -> Iterator[MediumSummary]:
    medium, vouched = MEDIUM.read(facts), VOUCHED.read(facts)
    signed = {held.folder: held.signature for held in vouched.media} if vouched is not None else {}
    for held in medium.each if medium is not None else ():
        signature = signed.get(held.folder)
        told = (signature.fingerprint, signature.signer) if signature is not None else ("", "")
        yield MediumSummary(held.folder, held.manifest.made, held.sums, *told)


def _host(host: Host) -> HostSummary:
    return HostSummary(host.label, host.python, host.pip or "", host.user, host.executable, _target_name(host))


def _target_name(host: Host) -> str:
    """The best tag, as `--target` takes it. Tags of Linux without a word of its C library, which pip puts first since
    26, name no target.
    """
    tag = next((tag for tag in host.tags if "-linux_" not in tag), "")
    parts = tag.split("-")
    if len(parts) != 3:
        return host.label
    threads = "t" if parts[1].endswith("t") else ""
    return f"{parts[0]}{threads}-{parts[2]}"


def _flows(facts: Mapping[str, Any]) -> Iterator[FlowSummary]:
    for label, activations in ACTIVATIONS.read(facts).items():
        for flow in activations.flows:
            yield FlowSummary(
                label,
                flow.flow,
                tuple(step.requirement for step in flow.steps),
                tuple(step.requirement for step in flow.steps if not step.ok),
                flow.problems,
                activations.played,
            )


def _readings(facts: Mapping[str, Any]) -> list[tuple[str, Readings]]:
    """Return the readings of each interpreter and of each target."""
    targets = [(label, needed.readings) for label, needed in NEEDED.read(facts).items()]
    return [*READINGS.read(facts).items(), *targets]


def _gaps(facts: Mapping[str, Any]) -> Iterator[GapSummary]:
    groups: list[tuple[str, Sequence[GroupReading]]] = [
        *((label, readings.groups) for label, readings in _readings(facts)),
        *((label, each.failed) for label, each in EACH_PROJECT.read(facts).items()),
    ]
    for label, readings in groups:
        for group in readings:
            yield from (GapSummary(label, gap.requirement, gap.path) for gap in group.reading.gaps)


def _proven(pip: PipFacts) -> Iterator[str]:
    """Yield the groups of which one run shows all; on another host nothing was installed."""
    for run in () if pip.carried else pip.runs:
        whole = run.ok and run.installed and not run.counted and not run.check_problems and not run.refused
        if whole and all(tried.ok for tried in run.imports):
            yield from run.groups


def _inventory(facts: Mapping[str, Any]) -> Iterator[InventoryItem]:
    """Yield the files of the groups that resolve; a file that several interpreters take is one item."""
    known = _known(facts)
    takers: dict[tuple[str, str, str, str, str], tuple[dict[str, None], dict[str, None]]] = {}
    installed = set()
    for label, readings in _readings(facts):
        for group in readings.groups:
            for pin in group.reading.pins if group.reading.resolves else ():
                link, sha256 = pin.link, pin.link.hashes.get("sha256", "")
                key = (pin.project, pin.version, link.filename, link.url, sha256)
                installed |= {key} if group.by_pip else set()
                groups, targets = takers.setdefault(key, ({}, {}))
                groups[group.group], targets[label] = None, None
    for key, (groups, targets) in sorted(takers.items()):
        project, version, filename, url, sha256 = key
        stated = {label: known[label, url] for label in targets if (label, url) in known}
        first = next(iter(stated.values()), KnownFile(project, version, filename, url))
        needing: dict[str, list[str]] = {}
        for label, file in stated.items():
            for needed in file.needs:
                needing.setdefault(needed, []).append(label)
        folder = without_credentials(url.rpartition("/")[0])
        source = STORED.split(folder, maxsplit=1)[0]
        yield InventoryItem(
            project=project,
            version=version,
            filename=filename,
            sha256=sha256,
            source=source,
            groups=tuple(groups),
            targets=tuple(targets),
            installed=key in installed,
            licence=first.licence,
            sboms=first.sboms,
            needs={
                name: () if len(labels) == len(targets) else tuple(labels) for name, labels in sorted(needing.items())
            },
        )


def _known(facts: Mapping[str, Any]) -> dict[tuple[str, str], KnownFile]:
    """Map the label of an interpreter or target and the URL of a file onto what the file states of itself."""
    each = {label: needed.files for label, needed in NEEDED.read(facts).items()}
    hosts, served = HOST.read(facts), SERVED.read(facts)
    alike: dict[bytes, tuple[KnownFile, ...]] = {}
    for label, readings in READINGS.read(facts).items():
        if label in hosts and label in served:
            host = hosts[label]
            same = (tuple(sorted(host.markers.items())), host.pip, msgspec.structs.replace(readings, label=""))
            key = msgspec.json.encode(same)
            if key not in alike:  # many hosts are the same machine
                alike[key] = known_of_host(host, readings, served[label])
            each[label] = alike[key]
    return {(label, file.url): file for label, files in each.items() for file in files}


def _advisories(facts: Mapping[str, Any]) -> Iterator[AdvisorySummary]:
    packages = ADVISED.read(facts)
    for one in packages.advised if packages is not None else ():
        match = one.match
        yield AdvisorySummary(
            match.id,
            match.aliases,
            match.project,
            match.version,
            match.severity,
            match.score,
            match.fixed,
            one.targets,
            one.media,
            match.subjects[2],
        )


def _listing(facts: Mapping[str, Any]) -> Listing:
    roots, forms = ROOTS.read(facts), FORMS.read(facts)
    root = roots.configured if roots is not None and not roots.configured.cut else None
    files: dict[str, dict[str, str]] = {
        page.project: {link.filename: _hash(link.hashes) for link in page.links}
        for page in (forms.configured if forms is not None else ())
        if page.status in (200, 404) and page.readable
    }
    digests: dict[str, str] = {}
    for _, pages in sorted(PAGES.read(facts).items()):
        files |= pages.files
        digests |= pages.digests
    if root is None:
        return Listing(files=files, digests=digests)
    return Listing(root.projects, root.names, root.names_digest, files, digests)


def _hash(hashes: Mapping[str, str]) -> str:
    return f"sha256:{hashes['sha256']}" if "sha256" in hashes else ""
