"""The record in and out of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from airproof.errors import BadInput
from airproof.record.file import encode, read_report
from airproof.record.outcome import Verdict
from tests.renderers.records import SAMPLES, accepted


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_reads_back_as_it_was(name: str, tmp_path: Path) -> None:
    """Nothing is lost on the way to disk and back, so old reports render without the site."""
    path = tmp_path / "record.json"
    path.write_bytes(encode(SAMPLES[name]()))

    assert encode(SAMPLES[name]()) == encode(read_report(path))


def test_the_same_report_gives_the_same_bytes() -> None:
    """The digest on a signed report can be computed again."""
    assert encode(accepted()) == encode(accepted())


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (encode(accepted())[:-40], "record-not-json"),
        (b"\xff\xfe", "record-not-json"),
        (b"[]", "record-other-schema"),
        (b'{"schema": "airproof.report/2"}', "record-other-schema"),
        (b'{"schema": "airproof.report/1"}', "record-damaged"),
    ],
)
def test_a_file_that_is_no_record_is_refused(raw: bytes, key: str, tmp_path: Path) -> None:
    """Cut, foreign, of another version or damaged: each is told apart."""
    path = tmp_path / "record.json"
    path.write_bytes(raw)

    with pytest.raises(BadInput) as caught:
        read_report(path)

    assert key == caught.value.key


def test_a_record_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error names the path."""
    with pytest.raises(BadInput) as caught:
        read_report(tmp_path / "none.json")

    assert caught.value.key == "record-unreadable"
    assert "none.json" in caught.value.text.zh_tw


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("two-causes", {"verdict": Verdict.ACCEPTED, "exit_code": 0}),
        ("two-causes", {"exit_code": 0}),
        ("could-not-look", {"verdict": Verdict.ACCEPTED, "exit_code": 0}),
    ],
)
def test_a_verdict_that_its_checks_do_not_bear_is_refused(name: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """A record is a file that anybody can edit: the verdict is computed again, and a contradiction is named."""
    path = tmp_path / "record.json"
    path.write_bytes(encode(msgspec.structs.replace(SAMPLES[name](), **changes)))

    with pytest.raises(BadInput) as caught:
        read_report(path)

    assert "record-contradicts" == caught.value.key


def test_counts_follow_from_the_checks(tmp_path: Path) -> None:
    """Whatever the file says of them."""
    path = tmp_path / "record.json"
    path.write_bytes(encode(msgspec.structs.replace(accepted(), counts={"passed": 9000})))

    assert accepted().counts == read_report(path).counts
