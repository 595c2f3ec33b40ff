"""RES: a server that is restored from a backup, against what the index was before."""

from __future__ import annotations

from collections.abc import Iterator

from airproof.check import Finding, Seen, check, expect, seen
from airproof.checks.manual import full
from airproof.diagnosis.room import DISK_FULL
from airproof.errors import CannotLook
from airproof.probes.index.holdings import RIGHTS, Restored, Unlike
from airproof.probes.transcript import Transcript
from airproof.site.holdings import HeldFile, Holdings
from airproof.site.site import Kind, Site

STEPS = ("restore-copy", "restore-import", "restore-start")
NOT_SET = "-"


@check("RES01", level="required", causes=("restore-failed", DISK_FULL), only=Kind.RESTORE)
def check_the_backup_becomes_a_server(transcript: Transcript) -> Seen:
    """The devpi-server that is installed here takes the backup in, starts, and answers."""
    steps = [ran for name in STEPS if (ran := transcript.named(name)) is not None]
    failed = [ran for ran in steps if not ran.ok]
    if failed and transcript.full is not None:
        expect([full(transcript.full)])
    expect(
        Finding("restore-failed", ran.output, "exit code 0", (), {"command": ran.command, "said": ran.output})
        for ran in failed
    )
    if not transcript.url:
        raise CannotLook("not-walked", step="2")
    return seen(version=transcript.tools["devpi-server"], seconds=round(sum(ran.seconds for ran in steps), 1))


@check(
    "RES02",
    level="required",
    causes=("index-not-restored", "user-not-restored", "index-setting-differs"),
    only=Kind.RESTORE,
    requires=("RES01",),
)
def check_indexes_and_rights_are_as_they_were(restored: Restored, asked: Site) -> Seen:
    """Each index exists with its type, bases and rights, and each user; what is new since then is no fault."""
    before, now = _before(asked), restored.holdings
    lost = [name for name in before.names if name not in now.names]
    expect(
        [
            *(Finding("index-not-restored", None, name, (), {"index": name}) for name in lost),
            *(
                Finding("user-not-restored", None, user, (), {"user": user})
                for user in before.users
                if user not in now.users
            ),
            *_changed_settings(before, now),
        ]
    )
    if not before.names:
        raise CannotLook("nothing-to-compare", origin=before.origin)
    users = len(before.users) or NOT_SET  # a record does not know them
    return seen(indexes=len(before.names), settings=len(before.indexes), users=users, origin=before.origin)


@check(
    "RES03",
    level="required",
    causes=("file-not-restored", "file-restored-differs"),
    only=Kind.RESTORE,
    requires=("RES01",),
)
def check_files_are_as_they_were(restored: Restored, asked: Site) -> Seen:
    """Each file that was listed is listed, and arrives whole with the hash that it had; so does every other."""
    before, now = _before(asked), restored.holdings
    if not before.files:
        raise CannotLook("nothing-to-compare", origin=before.origin)
    expect([*_lost_or_changed(before, now), *map(_not_as_listed, restored.unlike)])
    return seen(files=len(before.files), read=len(now.files), bytes=restored.bytes, origin=before.origin)


def _before(site: Site) -> Holdings:
    """Raises CannotLook for a site that is not restored."""
    if site.restore is None:
        raise CannotLook("nothing-to-compare", origin=NOT_SET)
    return site.restore.holdings


def _changed_settings(before: Holdings, now: Holdings) -> Iterator[Finding]:
    there = {index.name: index.settings for index in now.indexes}
    whole = any(index.settings.keys() & set(RIGHTS) for index in before.indexes)
    for index in before.indexes:
        if index.name not in there:
            continue
        names = dict.fromkeys([*index.settings, *there[index.name]])
        for name in (name for name in names if whole or name not in RIGHTS):
            was, value = index.settings.get(name, NOT_SET), there[index.name].get(name, NOT_SET)
            if was != value:
                values = {"index": index.name, "setting": name, "was": was, "now": value}
                yield Finding("index-setting-differs", value, f"{index.name} {name}", (), values)


def _lost_or_changed(before: Holdings, now: Holdings) -> Iterator[Finding]:
    """Files that are listed no more, and those that are listed with another hash."""
    there: dict[str, list[HeldFile]] = {}
    for held in now.files:
        there.setdefault(held.filename, []).append(held)
    bases = (base for index in before.indexes for base in index.settings.get("bases", "").split(", "))
    tested = {*(index.name for index in before.indexes), *bases} - {""}  # a record says only that one of these had it
    for file in before.files:
        places = {file.index} if file.index else tested
        each = [held for held in there.get(file.filename, ()) if held.index in places]
        if not each:
            yield _not_restored(file.filename, ", ".join(sorted(places)), "not listed")
        elif all(_is_other(file.hash, held.hash) for held in each):
            yield _other(file.filename, each[0].index, each[0].hash, file.hash)


def _is_other(was: str, now: str) -> bool:
    """Hashes of two kinds say nothing of each other: the bytes are held against the one that is listed."""
    return was.partition("=")[0] == now.partition("=")[0] and was.lower() != now.lower()


def _not_as_listed(file: Unlike) -> Finding:
    if file.came:
        return _other(file.filename, file.index, file.came, file.hash)
    return _not_restored(file.filename, file.index, file.trouble)


def _not_restored(filename: str, index: str, detail: str) -> Finding:
    values = {"filename": filename, "index": index or NOT_SET, "detail": detail}
    return Finding("file-not-restored", None, filename, (), values)


def _other(filename: str, index: str, now: str, was: str) -> Finding:
    values = {"filename": filename, "index": index or NOT_SET, "now": now, "was": was}
    return Finding("file-restored-differs", now, filename, (), values)
