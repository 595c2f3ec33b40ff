"""RES: what the restored server has, against what the index was."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from airproof.check import Failed, Seen
from airproof.checks.custody.restored import (
    check_files_are_as_they_were,
    check_indexes_and_rights_are_as_they_were,
    check_the_backup_becomes_a_server,
)
from airproof.errors import CannotLook
from airproof.probes.index.holdings import Restored, Unlike
from airproof.probes.transcript import Command, FullDisk, Transcript
from airproof.site.holdings import HeldFile, HeldIndex, Holdings, Restore
from airproof.site.site import Kind, Site

A, B = "sha256=" + "a" * 64, "sha256=" + "b" * 64
STAGE = HeldIndex("root/local", {"type": "stage", "bases": "root/base", "acl_upload": "root", "volatile": "False"})
BEFORE = Holdings(
    "record.json",
    ("root/base", "root/local"),
    ("root",),
    (STAGE,),
    (HeldFile("alpha-1.0.tar.gz", "alpha", "root/local", A),),
)


def site(before: Holdings = BEFORE) -> Site:
    return Site("", kind=Kind.RESTORE, restore=Restore("backup", "serverdir", "/root/local/", before))


def causes(check: Any, now: Restored, before: Holdings = BEFORE) -> list[tuple[str, object]]:
    """The causes that a check tells, with what each wants."""
    try:
        assert isinstance(check(now, site(before)), Seen)
    except Failed as failed:
        return [(finding.cause, finding.wanted) for finding in failed.findings]
    return []


def with_index(**settings: str) -> Holdings:
    index = msgspec.structs.replace(STAGE, settings={**STAGE.settings, **settings})
    return msgspec.structs.replace(BEFORE, indexes=(index,))


def test_what_is_as_it_was_passes() -> None:
    """Also with more than there was, and with rights of which the record knew nothing."""
    more = msgspec.structs.replace(
        with_index(mirror_whitelist="*"),
        names=(*BEFORE.names, "ann/new"),
        users=("ann", "root"),
        files=(*BEFORE.files, HeldFile("beta-1.0.tar.gz", "beta", "ann/new", B)),
    )
    for now in (Restored(BEFORE), Restored(more)):
        assert [] == causes(check_indexes_and_rights_are_as_they_were, now)
        assert [] == causes(check_files_are_as_they_were, now)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"names": ("root/local",)}, [("index-not-restored", "root/base")]),
        ({"users": ()}, [("user-not-restored", "root")]),
        (
            {"indexes": with_index(acl_upload="ann, root").indexes},
            [("index-setting-differs", "root/local acl_upload")],
        ),
        ({"indexes": with_index(bases="").indexes}, [("index-setting-differs", "root/local bases")]),
    ],
)
def test_an_index_a_user_or_a_setting_that_is_lost_is_told(
    change: dict[str, Any], told: list[tuple[str, object]]
) -> None:
    """Each by its own cause."""
    now = Restored(msgspec.structs.replace(BEFORE, **change))

    assert told == causes(check_indexes_and_rights_are_as_they_were, now)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ((), [("file-not-restored", "alpha-1.0.tar.gz")]),
        ((HeldFile("alpha-1.0.tar.gz", "alpha", "root/base", A),), [("file-not-restored", "alpha-1.0.tar.gz")]),
        ((HeldFile("alpha-1.0.tar.gz", "alpha", "root/local", B),), [("file-restored-differs", "alpha-1.0.tar.gz")]),
        ((HeldFile("alpha-1.0.tar.gz", "alpha", "root/local", "md5=00"),), []),
    ],
)
def test_a_file_that_is_lost_or_another_is_told(files: tuple[HeldFile, ...], told: list[tuple[str, object]]) -> None:
    """By the index that held it; hashes of two kinds say nothing of each other."""
    now = Restored(msgspec.structs.replace(BEFORE, files=files))

    assert told == causes(check_files_are_as_they_were, now)


def test_a_record_does_not_know_which_base_holds_a_file() -> None:
    """Then the tested index or any of its bases may hold it; another index of the server does not bring it back."""
    before = msgspec.structs.replace(BEFORE, files=(HeldFile("alpha-1.0.tar.gz", "alpha", "", A),))

    def told(index: str) -> list[tuple[str, object]]:
        now = msgspec.structs.replace(BEFORE, files=(HeldFile("alpha-1.0.tar.gz", "alpha", index, A),))
        return causes(check_files_are_as_they_were, Restored(now), before)

    assert [] == told("root/local") == told("root/base")
    assert [("file-not-restored", "alpha-1.0.tar.gz")] == told("root/other")


@pytest.mark.parametrize(
    ("unlike", "told"),
    [
        (Unlike("alpha-1.0.tar.gz", "root/local", A, B), "file-restored-differs"),
        (Unlike("alpha-1.0.tar.gz", "root/local", A, "", "status 404"), "file-not-restored"),
        (Unlike("other-1.0.tar.gz", "ann/new", A, "", "status 404"), "file-not-restored"),
    ],
)
def test_bytes_that_do_not_come_as_listed_are_told(unlike: Unlike, told: str) -> None:
    """The file counts whoever had it before: a server that lists what it does not have is no copy."""
    assert [told] == [cause for cause, _ in causes(check_files_are_as_they_were, Restored(BEFORE, (unlike,)))]


@pytest.mark.parametrize("check", [check_files_are_as_they_were, check_indexes_and_rights_are_as_they_were])
def test_a_measure_that_says_nothing_proves_nothing(check: Any) -> None:
    """Nothing to compare with is no pass."""
    with pytest.raises(CannotLook):
        check(Restored(BEFORE), site(Holdings("record.json")))


def test_a_backup_that_does_not_start_is_told_with_what_devpi_said() -> None:
    """The command that failed; a full disk is told as that."""
    copy = Command("1", "restore-copy", "copy a b", 0, 1.0)
    start = Command("2", "restore-start", "devpi-server", 1, 1.0, "fatal: no")
    good = Transcript(
        (copy, msgspec.structs.replace(start, exit_code=0)), {"devpi-server": "6.20"}, (), False, (), "url"
    )
    bad = msgspec.structs.replace(good, commands=(copy, start), url="")

    assert "6.20" == check_the_backup_becomes_a_server(good).values["version"]
    with pytest.raises(Failed) as failed:
        check_the_backup_becomes_a_server(bad)
    assert [("restore-failed", "fatal: no")] == [(told.cause, told.values["said"]) for told in failed.value.findings]
    with pytest.raises(Failed) as failed:
        check_the_backup_becomes_a_server(msgspec.structs.replace(bad, full=FullDisk("b", 1, 2)))
    assert ["server-disk-full"] == [told.cause for told in failed.value.findings]
    with pytest.raises(CannotLook):
        check_the_backup_becomes_a_server(msgspec.structs.replace(good, url=""))
