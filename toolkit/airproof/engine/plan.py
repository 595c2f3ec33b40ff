"""Input of the engine: the site, and the folders of a run."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from airproof.encodable import encodable
from airproof.errors import BadInput
from airproof.facts.store import FactStore
from airproof.record.report import EngineName, NotFetched, RunCommand
from airproof.site.indexurl import masked
from airproof.site.site import Site


class Plan(msgspec.Struct, frozen=True):
    """One run. Lies as JSON in the work folder, which only its owner may read: the site's URL may hold credentials."""

    site: Site
    command: RunCommand
    engine: EngineName
    run_dir: Path
    """In the report folder: events and facts, so that a crash leaves the evidence."""
    work_dir: Path
    """Outside it: serverdirs, environments, downloads. Removed at the end."""
    no_network: bool = False
    """The run is to move into a place without network, if the system allows it."""
    uploads: Path | None = None
    """Folder of the packages that a rehearsal serves; None: the built-in sample."""

    lacking: tuple[NotFetched, ...] = ()
    """Packages that could not be fetched for a rehearsal."""
    sbom: bool = False
    """An SBOM of the accepted files is written beside the record."""
    draws: bool = True
    """The renderings are written beside the record; False in a drill, whose renderings nobody reads."""
    again: str = ""
    """The command line that asks the same again, as it can be pasted."""

    @property
    def report_dir(self) -> Path:
        return self.run_dir.parent

    @property
    def events(self) -> Path:
        return self.run_dir / "events.jsonl"

    @property
    def facts(self) -> FactStore:
        return FactStore.of(self.run_dir / "facts")


def new_run_dir(report_dir: Path) -> Path:
    """A fresh folder for one run's evidence in the report folder. Raises BadInput where none can be made."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    try:
        report_dir.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"run-{stamp}-", dir=report_dir))
    except OSError as error:
        raise BadInput("report-folder-unwritable", path=report_dir, reason=error.strerror or error) from error


def write_plan(plan: Plan) -> Path:
    """Writes the plan into its work folder and returns the file. Raises BadInput where a path in it is no text."""
    path = plan.work_dir / "plan.json"
    try:
        content = msgspec.json.encode(plan, enc_hook=str)
    except UnicodeEncodeError as error:
        raise BadInput("not-text", given=encodable(masked(error.object))) from error
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path


def read_plan(path: Path) -> Plan:
    return msgspec.json.decode(path.read_bytes(), type=Plan, dec_hook=lambda kind, text: kind(text))
