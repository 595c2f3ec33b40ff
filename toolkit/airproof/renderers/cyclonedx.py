"""The inventory as a software bill of materials: CycloneDX 1.6 in JSON. The language changes nothing.

One document for all targets of a record, whose components name their targets; `for_targets` makes one for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airproof.custody.sbom import SbomFile, document, file_names
from airproof.record.file import digest_of
from airproof.record.report import Report
from airproof.record.summary import InventoryItem
from airproof.renderers.context import ALONE, Context
from airproof.renderers.parts.sites import site_name
from airproof.words import Lang


def render(report: Report, lang: Lang, context: Context = ALONE) -> str:
    return several([(report, context)], lang)


def several(parts: Sequence[tuple[Report, Context]], _lang: Lang) -> str:
    """One document of all sites and hosts: two documents in one text would be none."""
    reports = [told for report, context in parts for told in _told(report, context)]
    subject = ", ".join(dict.fromkeys(site_name(report, "en") for report, _ in parts))
    found = [part for report in reports for part in parts_of(report.summary.inventory)]
    newest = max(reports, key=lambda report: report.run.started)
    notes = [note for report in reports for note in _notes(report)]
    return document(subject, found, made=newest.run.started, tool=newest.tool.version, notes=notes)


def for_targets(report: Report) -> Iterator[tuple[str, str]]:
    """Yield a file name and a document for each target of the inventory."""
    inventory = report.summary.inventory
    for target, name in file_names(dict.fromkeys(target for item in inventory for target in item.targets)).items():
        mine = parts_of([item for item in inventory if target in item.targets], target)
        yield name, document(target, mine, made=report.run.started, tool=report.tool.version, notes=_notes(report))


def parts_of(inventory: Sequence[InventoryItem], only: str = "") -> list[SbomFile]:
    """Return the items as parts. `only`: the needs and the name of that target alone."""
    by_project: dict[str, list[InventoryItem]] = {}
    for item in inventory:
        by_project.setdefault(item.project, []).append(item)
    return [_part(item, by_project, (only,) if only else item.targets) for item in inventory]


def _part(item: InventoryItem, by_project: dict[str, list[InventoryItem]], targets: tuple[str, ...]) -> SbomFile:
    needs = [
        needed
        for target in targets
        for project in item.needed_on(target)
        for needed in by_project.get(project, ())
        if target in needed.targets
    ]
    references = dict.fromkeys(_bare(needed, ()).reference for needed in needs)
    return _bare(item, targets).needing(tuple(references))


def _bare(item: InventoryItem, targets: tuple[str, ...]) -> SbomFile:
    return SbomFile(
        item.project, item.version, item.filename, item.sha256, item.source, item.licence, item.sboms, targets
    )


def _notes(report: Report) -> list[tuple[str, str]]:
    """Return the verdict, and the digest of the record's file, which ties the document to it."""
    return [("airproof:verdict", report.verdict.value), ("airproof:record-sha256", digest_of(report))]


def _told(report: Report, context: Context) -> Sequence[Report]:
    return [member.report for member in context.members] or [report]
