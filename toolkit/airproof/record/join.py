"""Several records together: those of one site become one report with a column for each host, days of one host become
its history, and different sites stay apart. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

import msgspec

from airproof.check import Level
from airproof.printable import naturally
from airproof.record.compare import site_of
from airproof.record.file import digest_of
from airproof.record.outcome import Verdict
from airproof.record.report import Entry, Offline, Report, Run, Scope, Strength, counts_of

BADNESS = {0: 0, 3: 1, 130: 2, 1: 3}
"""Exit codes: rejected is worse than interrupted, that than inconclusive."""
STRENGTHS = get_args(Strength)
Filed = tuple[Report, str]
"""A report, and the SHA-256 of its file's bytes."""


class Past(msgspec.Struct, frozen=True):
    """An earlier record of the same host, which asked for no more than its latest."""

    started: str
    verdict: Verdict
    exit_code: int


class Member(msgspec.Struct, frozen=True):
    """One host of a site: its latest record."""

    name: str
    """The machine that judged; with its time where one machine stands here twice."""
    report: Report
    columns: tuple[str, ...]
    """Its targets as the joined report calls them, in the order of its own scope."""
    digest: str
    """SHA-256 of its record's bytes."""
    history: tuple[Past, ...]
    """Oldest first."""


class Joined(msgspec.Struct, frozen=True):
    """All records of one site."""

    report: Report
    """Report joined from those of several hosts, without facts; of a single host, its own report."""
    members: tuple[Member, ...]


def join(reports: Sequence[Report], digests: Sequence[str] = ()) -> tuple[Joined, ...]:
    """One for each site, in the order given. `digests`: of the files that the reports were read from, in their order;
    else they are computed.
    """
    sites: dict[tuple[str, str], dict[bytes, Filed]] = {}
    for report, digest in zip(reports, digests or map(digest_of, reports), strict=True):
        told = msgspec.json.encode(report, order="deterministic") if len(reports) > 1 else b""
        sites.setdefault(site_of(report), {})[told] = report, digest  # one that is named twice counts once
    return tuple(_joined(list(those.values())) for those in sites.values())


def worst(codes: Iterable[int]) -> int:
    """The exit code of several."""
    return max(codes, key=lambda code: BADNESS.get(code, 4))


def machine_of(report: Report) -> str:
    """The name of the machine that judged; empty where the record does not tell."""
    return report.summary.machine


def _joined(records: Sequence[Filed]) -> Joined:
    members = _members(records)
    return Joined(members[0].report if len(members) == 1 else _together(members), members)


def _members(records: Sequence[Filed]) -> tuple[Member, ...]:
    """The latest record of each host with those before it; one that asked for something else stands by itself."""
    latest: list[tuple[Report, str, list[Report]]] = []
    for report, digest in sorted(records, key=lambda record: record[0].run.started, reverse=True):
        home = next((past for newer, _, past in latest if _follows(newer, report)), None)
        if home is None:
            latest.append((report, digest, []))
        else:
            home.append(report)
    latest.sort(key=lambda host: (naturally(machine_of(host[0])), host[0].run.started))
    names = _names([report for report, _, _ in latest])
    alone = len(latest) == 1
    return tuple(
        Member(
            name=name,
            report=report,
            columns=tuple(target if alone else f"{name} {target}" for target in report.scope.targets),
            digest=digest,
            history=tuple(Past(entry.run.started, entry.verdict, entry.exit_code) for entry in reversed(past)),
        )
        for name, (report, digest, past) in zip(names, latest, strict=True)
    )


def _follows(newer: Report, older: Report) -> bool:
    """The newer one speaks for all that the older one spoke for: else a red host would hide behind a green day."""
    return (
        machine_of(newer) == machine_of(older) != ""
        and set(older.scope.targets) <= set(newer.scope.targets)
        and _asked(older) <= _asked(newer)
    )


def _asked(report: Report) -> set[str]:
    return {requirement for group in report.site.groups.values() for requirement in group}


def _names(reports: Sequence[Report]) -> list[str]:
    names: list[str] = []
    machines = [machine_of(entry) or "?" for entry in reports]
    for machine, report in zip(machines, reports, strict=True):
        name = machine if machines.count(machine) == 1 else f"{machine} {report.run.started}"
        times = sum(word == name or word.startswith(f"{name} #") for word in names)
        names.append(name if not times else f"{name} #{times + 1}")
    return names


def _together(members: Sequence[Member]) -> Report:
    """One report of several hosts; what it cannot say of all, it says of the weakest."""
    reports = [member.report for member in members]
    first, code = reports[0], worst(report.exit_code for report in reports)
    strict = all(report.run.strict for report in reports)
    checks = tuple(_entries(members, strict=strict))
    return msgspec.structs.replace(
        first,
        tool=msgspec.structs.replace(first.tool, version=_all(report.tool.version for report in reports)),
        run=Run(
            command=first.run.command,
            started=max(report.run.started for report in reports),
            seconds=max(report.run.seconds for report in reports),
            engine="airproof" if all(report.run.engine == "airproof" for report in reports) else "pytest",
            finished=all(report.run.finished for report in reports),
            deselected=tuple(dict.fromkeys(id for report in reports for id in report.run.deselected)),
            interrupted=any(report.run.interrupted for report in reports),
            strict=strict,
            overdue=any(report.run.overdue for report in reports),
            altered=any(report.run.altered for report in reports),
        ),
        site=msgspec.structs.replace(
            first.site,
            groups=_groups(members),
            flows={},  # nor facts: what was seen flow by flow stands in each host's own record
            pip_command=_all(report.site.pip_command for report in reports),
            pip_command_assumed=any(report.site.pip_command_assumed for report in reports),
            collectors_items=min(
                (report.site.collectors_items for report in reports if report.site.edition), default=0
            ),
            collectors_unknown=max(
                (report.site.collectors_unknown for report in reports if report.site.edition), default=0
            ),
        ),
        verdict=next(report.verdict for report in reports if report.exit_code == code),
        exit_code=code,
        scope=Scope(
            targets=tuple(column for member in members for column in member.columns),
            requirements=max(
                len(set().union(*map(_asked, reports))), *(report.scope.requirements for report in reports)
            ),
            trust_assumed=any(report.scope.trust_assumed for report in reports),
        ),
        counts=counts_of(checks),
        checks=checks,
        facts={},
        offline=_weakest([report.offline for report in reports]),
        steps=(),
        departures=tuple(dict.fromkeys(text for report in reports for text in report.departures)),
        lacking=tuple(dict.fromkeys(gap for report in reports for gap in report.lacking)),
    )


def _entries(members: Sequence[Member], *, strict: bool) -> Iterator[Entry]:
    """Every entry under its host's name; one that all hosts tell alike of the site itself stands once."""
    by_id: dict[str, list[tuple[Member, Entry]]] = {}
    for member in members:
        for entry in member.report.checks:
            by_id.setdefault(entry.id, []).append((member, entry))
    for told in by_id.values():
        if len(told) == len(members) and _alike(told):
            yield told[0][1]
            continue
        for member, entry in told:
            counted = member.report.run.strict and not strict
            yield msgspec.structs.replace(
                entry,
                subject=f"{member.name} {entry.subject}".rstrip(),
                level=Level.REQUIRED if counted else entry.level,
            )


def _alike(told: Sequence[tuple[Member, Entry]]) -> bool:
    """All hosts say the same of the site itself, and it weighs the same for all of them."""
    (first, one), *others = told
    return not one.subject and all(
        (entry.subject, entry.outcome, entry.findings, entry.reason, member.report.run.strict)
        == (one.subject, one.outcome, one.findings, one.reason, first.report.run.strict)
        for member, entry in others
    )


def _groups(members: Sequence[Member]) -> dict[str, tuple[str, ...]]:
    """The groups of all hosts; the same name for other requirements is told apart."""
    groups: dict[str, tuple[str, ...]] = {}
    for member in members:
        for name, requirements in member.report.site.groups.items():
            groups[name if groups.get(name, requirements) == requirements else f"{name} ({member.name})"] = requirements
    return groups


def _weakest(proofs: Sequence[Offline]) -> Offline:
    canaries = {proof.canary_refused for proof in proofs}
    visitors = [proof.decoy_visitors for proof in proofs]
    return Offline(
        strength=min((proof.strength for proof in proofs), key=STRENGTHS.index),
        canary_refused=False if False in canaries else None if None in canaries else True,
        decoy_visitors=max((visitor for visitor in visitors if visitor is not None), default=None),
        refused=tuple(sorted({refusal for proof in proofs for refusal in proof.refused})),
    )


def _all(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
