"""Remedies if the index that was tested is a mirror, or keeps what it has."""

from __future__ import annotations

import devpi.main  # type: ignore[import-untyped] # devpi-client has no types
import msgspec
import pytest

from airproof.catalog import load_catalog
from airproof.check import Finding
from airproof.diagnosis.remedies.uploads import (
    CLOSE,
    DROP,
    LOGIN,
    OPEN,
    TO_A_STAGE,
    UPLOAD,
    USE,
    WORDS,
    Around,
    Steps,
    fitted,
)
from airproof.probes.index.devpi import NOWHERE, Index, Server
from airproof.probes.index.product import Product
from airproof.site.indexurl import IndexUrl
from airproof.words import LANGS, load_texts

CATALOG = load_catalog()
STAGE = Index("root/local", "stage")
KEPT = Index("root/local", "stage", volatile=False)
MIRROR = Index("root/pypi", "mirror", mirror_url="http://192.0.2.7/root/all/+simple/")
BEGIN = ("devpi use http://192.0.2.10:3141/root/local", "devpi login root")
MISSING = Finding(
    "absent", None, None, ("alpha",), {"project": "alpha", "requirement": "alpha", "label": "cp311-linux"}
)
DAMAGED = Finding(
    "damaged-wheel", "cut", None, ("alpha",), {"filename": "Alpha-1.0-py3-none-any.whl", "problem": "cut"}
)
CHANGED = Finding("hash-mismatch", "a", "b", ("alpha",), {"filename": "alpha-1.0-py3-none-any.whl"})
EXTRA = Finding("arrived-extra", "x", None, ("x",), {"file": "x-1.0-py3-none-any.whl", "release": "x==1.0"})


def steps(finding: Finding, server: Server | None) -> Steps:
    return CATALOG.steps(finding, Around(server, IndexUrl.of("http://192.0.2.10:3141/root/local/")))


def devpi_with(*indexes: Index) -> Server:
    return msgspec.structs.replace(NOWHERE, version="6.20.3", index=indexes[0].name, exists=True, indexes=indexes)


@pytest.mark.parametrize("server", [None, NOWHERE, devpi_with(STAGE), devpi_with(STAGE, MIRROR, KEPT)])
@pytest.mark.parametrize("finding", [MISSING, DAMAGED, EXTRA], ids=lambda one: one.cause)
def test_a_volatile_stage_needs_nothing_else(server: Server | None, finding: Finding) -> None:
    """As the manual makes it, and as it is taken for where nothing is known; what lies below it takes no upload."""
    cause = CATALOG.causes[finding.cause]

    assert cause.remedy.fill(finding.values) == CATALOG.remedy(finding, Around(server))
    assert steps(finding, None) == steps(finding, server)


def test_what_a_mirror_lacks_goes_to_its_upstream_or_to_a_stage() -> None:
    """Nobody is told to upload to a mirror; the words of the cause itself come first."""
    said = CATALOG.remedy(MISSING, Around(devpi_with(MIRROR)))

    assert (*BEGIN, *TO_A_STAGE, UPLOAD) == steps(MISSING, devpi_with(MIRROR)).inside
    for lang in LANGS:
        assert said.of(lang).startswith(CATALOG.remedy(MISSING).of(lang))
        assert ["root/pypi", "192.0.2.7", "STAGE"] == [
            text for text in ("root/pypi", "192.0.2.7", "STAGE") if text in said.of(lang)
        ]


def test_a_mirrors_wrong_file_is_fetched_anew() -> None:
    """The copy is removed, by the project's normalised name; nothing of an upload is said but that there is none."""
    said = CATALOG.remedy(DAMAGED, Around(devpi_with(MIRROR)))

    found = steps(DAMAGED, devpi_with(MIRROR))

    assert (*BEGIN, 'devpi remove --index root/pypi "alpha==1.0"') == found.here
    assert ("", (), ()) == (found.fetch, found.outside, found.inside)
    assert said.en.startswith("root/pypi is a mirror and takes no upload.")
    assert said.zh_tw.startswith("root/pypi 是鏡像索引")


def test_an_index_that_keeps_its_files_is_opened_for_the_upload() -> None:
    """Before the first upload and after the last, with what else is to be done where it was."""
    opened = (*BEGIN, "devpi index root/local volatile=True", UPLOAD)
    closed = ("devpi index root/local volatile=False", "devpi-fsck --serverdir DIR")

    assert (*opened, *closed) == steps(CHANGED, devpi_with(KEPT)).inside
    assert "root/local is not volatile" in CATALOG.remedy(CHANGED, Around(devpi_with(KEPT))).en
    assert "build number" in CATALOG.remedy(CHANGED, Around(devpi_with(KEPT))).en
    assert "root/local 不是 volatile" in CATALOG.remedy(CHANGED, Around(devpi_with(KEPT))).zh_tw


def test_an_index_that_keeps_its_files_takes_new_ones() -> None:
    """A file that the index does not have yet is no other file."""
    assert CATALOG.remedy(MISSING) == CATALOG.remedy(MISSING, Around(devpi_with(KEPT)))
    assert steps(MISSING, None) == steps(MISSING, devpi_with(KEPT))


def test_an_index_that_keeps_its_files_is_opened_for_a_removal() -> None:
    """devpi answers 403 otherwise."""
    begun, commands = steps(EXTRA, devpi_with(KEPT)).here[:2], steps(EXTRA, devpi_with(KEPT)).here[2:]

    assert BEGIN == begun
    assert ("devpi index root/local volatile=True", 'devpi remove "x==1.0"') == commands[:2]
    assert commands[2:] == ("devpi index root/local volatile=False",)
    assert "build number" not in CATALOG.remedy(EXTRA, Around(devpi_with(KEPT))).en


def test_a_mirror_that_keeps_its_files_is_opened_as_well() -> None:
    """A mirror has the same switch."""
    kept = msgspec.structs.replace(MIRROR, volatile=False)

    assert 5 == len(steps(DAMAGED, devpi_with(kept)).here)
    assert "gives nothing up" in CATALOG.remedy(DAMAGED, Around(devpi_with(kept))).en


@pytest.mark.parametrize("id", [id for id, one in CATALOG.causes.items() if one.changes in ("replaces", "removes")])
def test_what_is_replaced_or_removed_has_the_command_for_it(id: str) -> None:
    """Else there is nothing that the index would be opened for. What pip refuses is built anew by its makers."""
    cause = CATALOG.causes[id]
    changing = [command for command in cause.commands if command.startswith(("devpi upload ", "devpi remove "))]

    assert changing or cause.fetches or cause.outside or id == "wheel-refused"


@pytest.mark.parametrize("account", ["root", "ci"])
def test_the_login_is_of_somebody_who_may_upload(account: str) -> None:
    """The owner, unless others stand in the index's acl_upload in its place."""
    index = msgspec.structs.replace(STAGE, acl_upload=(account,))

    assert f"devpi login {account}" == steps(MISSING, devpi_with(index)).inside[1]


@pytest.mark.parametrize("cause", ["other-platform", "other-python"])
def test_a_rehearsal_of_another_machines_wheels_says_target(cause: str) -> None:
    """Windows wheels rehearsed on Linux are not missing; a live index is not rehearsed."""
    rehearsed = fitted(CATALOG.causes[cause], Around())
    live = fitted(CATALOG.causes[cause], Around(live=IndexUrl.of("http://192.0.2.10:3141/root/local/")))

    assert "--target {theirs}" in rehearsed.en.remedy
    assert "--target {theirs}" in rehearsed.zh_tw.remedy
    assert "--target" not in live.en.remedy


def test_a_rehearsal_never_names_its_own_address() -> None:
    """It ends with the rehearsal; the words in capitals stand for the real one."""
    found = CATALOG.steps(MISSING, Around(devpi_with(STAGE)))

    assert "devpi use http://HOST:3141/root/local" == found.inside[0]


@pytest.mark.parametrize("id", [id for id, one in CATALOG.causes.items() if not one.changes])
def test_what_uploads_says_so(id: str) -> None:
    """A cause whose commands upload is fitted to the index; a rehearsal's own index is always a volatile stage."""
    uploads = [
        command for command in CATALOG.causes[id].commands if command.startswith(("devpi upload ", "devpi remove "))
    ]

    assert id in ("upload-incomplete", "restart-lost") or uploads == []


@pytest.mark.parametrize("key", load_texts(WORDS))
def test_the_words_agree(key: str) -> None:
    """The same placeholders in both languages, and every character in the console's code page 950."""
    text = load_texts(WORDS)[key]
    english, chinese = text.placeholders()

    assert english == chinese
    assert b"?" not in text.zh_tw.encode("cp950", "replace")


@pytest.mark.parametrize("command", [*TO_A_STAGE, *DROP, OPEN, CLOSE, USE, LOGIN, UPLOAD])
def test_devpi_knows_the_command(command: str) -> None:
    """The client's own parser takes it."""
    _, *words = command.format(
        tested="root/local", release="alpha==1.0", at="http://HOST:3141/root/local", account="root"
    ).split()

    assert words[0] == devpi.main.parse_args(["devpi", *words], devpi.main.get_pluginmanager()).command


ANOTHER = msgspec.structs.replace(NOWHERE, product=Product.OTHER)
OF_ANOTHER = sorted(
    cause
    for id, check in CATALOG.checks.items()
    if check.info.family in ("API", "PIP", "FIL", "DEP")
    for cause in check.info.causes
    if cause not in ("wrong-index", "slash-doubled", "client-hidden", "web-page", "user-not-index", "forms-differ")
    and cause not in ("mirror-stale", "mirror-kept")
)
"""What may be found of an index that is not devpi."""


@pytest.mark.parametrize("cause", OF_ANOTHER)
def test_nobody_is_sent_to_a_devpi_that_is_not_there(cause: str) -> None:
    """On another index server, neither the sentence nor the commands are about devpi's own programs."""
    told = fitted(CATALOG.causes[cause], Around(ANOTHER))

    assert [] == [command for command in told.pasted if command.startswith("devpi")]
    for remedy in (told.en.remedy, told.zh_tw.remedy):
        assert [] == [
            text for text in ("devpi's", "devpi-", "devpi client", "devpi 記錄", "devpi 用戶端") if text in remedy
        ]
