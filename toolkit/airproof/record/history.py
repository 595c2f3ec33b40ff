"""The report folder: the record and its renderings, and the records before it by their UTC time."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from airproof.custody.sbom import FILES
from airproof.custody.signing import SUFFIX
from airproof.custody.statement import place_of
from airproof.encodable import decode_json
from airproof.errors import BadInput
from airproof.record.file import encode
from airproof.record.report import Report

RECORD = "record.json"
HISTORY = "history"
RENDERINGS = {"report.html": "html", "report.md": "markdown", "junit.xml": "junit"}
"""The files that a run may write beside its record, and their renderers."""
_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)")
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class _Started(msgspec.Struct):
    started: str


class _Previous(msgspec.Struct):
    """All that must be readable of a previous record for it to get its name."""

    run: _Started


def save(report: Report, folder: Path, renderings: Mapping[str, str]) -> Path:
    """Writes `record.json` and its renderings (file name to text) into the folder; gives the record's path.

    The previous record goes to `history/`. Everything is written aside first and then put in place, so that a full disk
    leaves the previous report whole; renderings of another run never stand beside this record.
    Raises BadInput where the folder is a file, cannot be written, or the disk is full.
    """
    record = folder / RECORD
    texts = {
        RECORD: encode(report),
        **{name: text.encode("utf-8", "backslashreplace") for name, text in renderings.items()},
    }
    aside: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, raw in texts.items():
            aside[name] = _write_aside(folder, raw)
        for name in (*RENDERINGS, *(path.name for path in folder.glob(FILES))):
            (folder / name).unlink(missing_ok=True)
        keep_previous(record)
        for name in texts:
            aside.pop(name).replace(folder / name)
    except OSError as error:
        raise unwritable(error, folder) from error
    finally:
        for path in aside.values():
            path.unlink(missing_ok=True)
    return record


def keep_previous(record: Path) -> Path | None:
    """Moves a record to `history/<its UTC time>.json`, never over another one. None where there is no record."""
    if not record.exists():
        return None
    history = record.parent / HISTORY
    history.mkdir(exist_ok=True)
    stamp, number = _stamp(record), 1
    while True:
        kept = history / (f"{stamp}.json" if number == 1 else f"{stamp}-{number}.json")
        try:
            kept.touch(exist_ok=False)  # takes the name, also against another run
        except FileExistsError:
            number += 1
            continue
        record.replace(kept)
        _keep_vouching(record, kept)
        return kept


def _keep_vouching(record: Path, kept: Path) -> None:
    """Move the signature and the statement of a record along with it; no name of theirs ends as a record's does."""
    for before, after in ((record, kept), (place_of(record), place_of(kept))):
        if before is not record and before.exists():
            before.replace(after)
        signature = before.with_name(f"{before.name}{SUFFIX}")
        if signature.exists():
            signature.replace(after.with_name(f"{after.name}{SUFFIX}"))


def _stamp(record: Path) -> str:
    """Such as 20260131T080000Z: when its run started, or, of a record that cannot be read, when it was written."""
    try:
        found = _UTC.fullmatch(decode_json(record.read_bytes(), type=_Previous).run.started.removesuffix("Z"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found:
        return "{}{}{}T{}{}{}Z".format(*found.groups())
    return datetime.fromtimestamp(record.stat().st_mtime, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def _write_aside(folder: Path, raw: bytes) -> Path:
    """A temporary file beside its goal, on the same disk, with the rights that the user's new files have."""
    path = folder / f".airproof-{uuid.uuid4().hex}.tmp"
    try:
        with path.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def unwritable(error: OSError, folder: Path) -> BadInput:
    """Say why the report folder cannot be written: it is a file, its disk is full, or the system refuses."""
    path = error.filename2 or error.filename or folder
    if error.errno in _FULL:
        return BadInput("report-disk-full", path=folder)
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return BadInput("report-folder-is-file", path=folder)
    return BadInput("report-folder-unwritable", path=path, reason=error.strerror or error)
