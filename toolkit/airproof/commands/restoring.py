"""`airproof rehearse --restore BACKUP --against RECORD|URL`: a backup, and the measure that it has to come up to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from airproof.ask.site_of import ARCHIVE
from airproof.ask.typedoptions import TypedOptions
from airproof.ask.urls import read_url
from airproof.errors import BadInput, CannotLook
from airproof.facts.keys import SERVER
from airproof.probes.index.holdings import ask_holdings, settings_of
from airproof.record.file import read_report
from airproof.record.report import Report
from airproof.site.group import Group
from airproof.site.holdings import HeldFile, HeldIndex, Holdings, Restore
from airproof.site.indexurl import IndexUrl, masked
from airproof.site.site import Kind, Site

INDEX_OF_EXPORT = "dataindex.json"
"""The file that `devpi-export` writes into its folder."""
STATE = ".nodeinfo"
"""The file by which devpi-server knows its serverdir."""


def restored_site(asked: TypedOptions, site: Site) -> Site:
    """The site of a rehearsal, restored from the backup that is named; the same site where none is.

    Without requirements of its own, a run asks for the projects of the record, or for each of the index that is asked.
    Raises BadInput for a backup or a measure that cannot be used.
    """
    if asked.restore is None:
        if asked.against is not None:
            raise BadInput("against-alone", given=asked.against)
        return site
    if asked.wheelhouse is not None:
        raise BadInput("restore-wheelhouse", path=asked.wheelhouse)
    backup = Path(asked.restore)
    form = _form(backup)
    if asked.against is None:
        raise BadInput("against-wanted", path=backup)
    is_url = re.match(r"https?:", asked.against, re.IGNORECASE) is not None
    url, holdings, projects = _of_url(asked.against, site) if is_url else _of_record(Path(asked.against))
    index = IndexUrl.of(url)
    groups = site.groups or tuple(Group(project, (project,)) for project in projects)
    path = f"/{index.stage}/" + ("+simple/" if "+simple" in index.path else "")
    restore = Restore(str(backup.resolve()), form, path, holdings)
    return msgspec.structs.replace(site, kind=Kind.RESTORE, restore=restore, groups=groups)


def _form(backup: Path) -> Literal["serverdir", "export"]:
    """Raises BadInput for anything else."""
    if ARCHIVE.search(backup.name) and backup.is_file():
        raise BadInput("restore-packed", path=backup)
    if not backup.is_dir():
        raise BadInput("restore-absent", path=backup)
    if (backup / INDEX_OF_EXPORT).is_file():
        return "export"
    if (backup / STATE).is_file():
        return "serverdir"
    raise BadInput("restore-nothing", path=backup)


def _of_url(text: str, site: Site) -> tuple[str, Holdings, tuple[str, ...]]:
    """Return the URL of a live index, the holdings of its server, and the projects of the index itself."""
    url = read_url(text)
    index = IndexUrl.of(url)
    try:
        holdings = ask_holdings(index, site.timeout, site.ca)
    except CannotLook as error:
        raise BadInput("against-silent", url=masked(url), reason=error.values.get("error", "")) from error
    if index.stage not in holdings.names:
        raise BadInput("against-no-index", url=masked(url), index=index.stage, known=", ".join(holdings.names))
    projects = sorted({file.project for file in holdings.files if file.index == index.stage})
    return url, holdings, tuple(projects)


def _of_record(path: Path) -> tuple[str, Holdings, tuple[str, ...]]:
    """Return the URL of a record, the holdings of its index, and the projects that its requirements needed."""
    report = read_report(path)
    server = SERVER.read(report.facts)
    files = _listed(report)
    if server is None or not server.exists or not files:
        raise BadInput("against-empty", path=path)
    indexes = tuple(HeldIndex(index.name, settings_of(msgspec.to_builtins(index))) for index in server.indexes)
    names = tuple(dict.fromkeys([*server.known, *(index.name for index in server.indexes)]))
    projects = [item.project for item in report.summary.inventory] or [file.project for file in files]
    url = report.site.url or f"http://rehearsed/{server.index}/"  # the address of a rehearsal is gone with it
    return url, Holdings(str(path), names, (), indexes, tuple(files)), tuple(dict.fromkeys(projects))


def _listed(report: Report) -> list[HeldFile]:
    return [
        HeldFile(filename, project, "", stated.replace(":", "=", 1))
        for project, files in report.summary.listing.files.items()
        for filename, stated in files.items()
    ]
