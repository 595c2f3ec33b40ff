"""Sizes of a medium: what the upload takes on the server, and the files that devpi refuses as it is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from airproof.commands.screen.account import account
from airproof.medium.choose import ChosenFiles
from airproof.medium.fill import Filled
from airproof.medium.lists import write_lists
from airproof.medium.sizes import BESIDE, DEFAULT, PER_FILE, STEP, megabytes, server_needs
from airproof.probes.interpreters.targets import target_of
from airproof.site.manifest import SCHEMA, CarriedFile, Manifest, ServerNeeds
from airproof.words import Lang

LABEL = "cp37-win32"
LARGE = CarriedFile("wheels/large-1.0-py3-none-any.whl", "large", "1.0", DEFAULT, "0" * 64, {LABEL: ("large",)})
SMALL = CarriedFile("wheels/small-1.0-py3-none-any.whl", "small", "1.0", 1000, "1" * 64, {LABEL: ("small",)})


def manifest_of(*files: CarriedFile) -> Manifest:
    target = target_of(LABEL)
    return Manifest(SCHEMA, "0", "-", True, (target,), None, (), files, needs=server_needs(files))


def test_the_server_needs_each_file_once_and_the_largest_three_times_for_a_while() -> None:
    """In its serverdir and in the folder for temporary files. What is there already takes nothing."""
    there = msgspec.structs.replace(LARGE, there=True)

    assert ServerNeeds(1, 1000, 1000 + PER_FILE, 3000) == server_needs((SMALL, there))
    needs = ServerNeeds(2, DEFAULT + 1000, DEFAULT + 1000 + 2 * PER_FILE, 3 * DEFAULT, (LARGE.path,), 2 * STEP)
    assert needs == server_needs((SMALL, LARGE))


@pytest.mark.parametrize(("size", "refused"), [(DEFAULT - BESIDE, False), (DEFAULT - BESIDE + 1, True)])
def test_a_file_is_too_large_with_what_an_upload_has_beside_it(size: int, refused: bool) -> None:
    """The bytes of its description count as well."""
    assert refused == bool(server_needs((msgspec.structs.replace(LARGE, size=size),)).too_large)


def test_room_is_rounded_up() -> None:
    """Somebody has to have it."""
    assert ["0 MB", "1 MB", "2,000 MB"] == [megabytes(size) for size in (0, 1, 1_999_999_999)]


@pytest.mark.parametrize("lang", ["en", "zh-TW"])
def test_the_account_and_the_page_of_the_medium_tell_what_the_upload_takes(tmp_path: Path, lang: Lang) -> None:
    """Number, bytes, room, and the option without which devpi refuses a file; where it refuses none, no option."""
    for files, option in (((SMALL, LARGE), True), ((SMALL,), False)):
        manifest = manifest_of(*files)
        write_lists(tmp_path, manifest)
        page = (tmp_path / "READ-ME.txt").read_text(encoding="utf-8")
        filled = Filled(manifest, 0, 0, 0, (), (), ())

        told = "\n".join(account(filled, tmp_path, lang, lacking=(), left_out=(), choice=ChosenFiles({}, ())))

        for text in (told, page):
            assert option == ("--max-request-body-size=2147483648" in text)
            assert megabytes(manifest.needs.room) in text
            assert megabytes(manifest.needs.temporary) in text
        assert option == (LARGE.path in told)
