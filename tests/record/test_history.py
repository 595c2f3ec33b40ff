"""The report folder and the records before."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from airproof.errors import BadInput
from airproof.record.file import encode
from airproof.record.history import save
from airproof.record.report import Report
from tests.renderers.records import SAMPLES, accepted, entry, rejected, report, text


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def at(started: str) -> Report:
    return report(entry("PIP02", text("x")), started=started)


def test_a_record_is_written_with_its_renderings(tmp_path: Path) -> None:
    """The folder is made; the record's bytes and the texts stand in it, and nothing else."""
    folder = tmp_path / "a" / "airproof-report"
    path = save(accepted(), folder, {"report.html": "<p>頁", "junit.xml": "<x/>\n"})

    assert folder / "record.json" == path
    assert encode(accepted()) == path.read_bytes()
    assert "<p>頁".encode() == (folder / "report.html").read_bytes()
    assert files(folder) == ["junit.xml", "record.json", "report.html"]


def test_the_previous_record_moves_to_history_by_its_time(tmp_path: Path) -> None:
    """The old record keeps its bytes under the UTC time of its run."""
    save(at("2026-01-31T08:00:00Z"), tmp_path, {})
    save(at("2026-02-01T09:30:00Z"), tmp_path, {})

    assert files(tmp_path) == ["history/20260131T080000Z.json", "record.json"]
    assert encode(at("2026-01-31T08:00:00Z")) == (tmp_path / "history/20260131T080000Z.json").read_bytes()


def test_no_record_of_the_same_second_is_overwritten(tmp_path: Path) -> None:
    """Two runs of one second are both kept."""
    for _ in range(4):
        save(at("2026-01-31T08:00:00Z"), tmp_path, {})

    names = ["20260131T080000Z-2.json", "20260131T080000Z-3.json", "20260131T080000Z.json"]
    assert [*(f"history/{name}" for name in names), "record.json"] == files(tmp_path)


@pytest.mark.parametrize("left", [b"{", b"", b'{"run": {"started": "../../../etc"}}', b"\xff"])
def test_a_damaged_record_is_kept_too(left: bytes, tmp_path: Path) -> None:
    """A file that cannot be read moves away under the time of the file, never under a name inside of it."""
    (tmp_path / "record.json").write_bytes(left)
    save(accepted(), tmp_path, {})

    (kept,) = (tmp_path / "history").iterdir()
    assert left == kept.read_bytes()
    assert len("20260131T080000Z.json") == len(kept.name)


def test_renderings_of_another_run_do_not_stay(tmp_path: Path) -> None:
    """An accepted page never stands beside a rejected record; the user's own files stay."""
    save(accepted(), tmp_path, {"report.html": "accepted", "report.md": "accepted"})
    (tmp_path / "notes.txt").write_text("mine")
    save(rejected(), tmp_path, {"report.html": "rejected"})

    assert files(tmp_path) == ["history/20260131T080000Z.json", "notes.txt", "record.json", "report.html"]
    assert (tmp_path / "report.html").read_text() == "rejected"


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_is_no_folder(below: str, tmp_path: Path) -> None:
    """A report folder that is a file, or lies under one, is refused with a mend."""
    (tmp_path / "taken").write_text("x")

    with pytest.raises(BadInput) as caught:
        save(accepted(), tmp_path / "taken" / below, {})

    assert caught.value.key == "report-folder-is-file"
    assert "--report-dir" in caught.value.text.en


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.ENOSPC, "report-disk-full"),
        (errno.EACCES, "report-folder-unwritable"),
        (errno.EROFS, "report-folder-unwritable"),
    ],
)
def test_trouble_while_writing_leaves_the_previous_report_whole(
    number: int, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or missing rights change nothing in the folder, and leave no halves."""
    save(accepted(), tmp_path, {"report.html": "accepted"})
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}

    calls = iter(range(9))

    def refuse(_: int) -> None:
        if next(calls):  # the first file was written well
            raise OSError(number, "refused by the test", str(tmp_path / "x.tmp"))

    monkeypatch.setattr("airproof.record.history.os.fsync", refuse)
    with pytest.raises(BadInput) as caught:
        save(rejected(), tmp_path, {"report.html": "rejected"})

    assert key == caught.value.key
    assert str(tmp_path) in caught.value.text.zh_tw
    assert before == {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}


def test_every_sample_can_be_saved(tmp_path: Path) -> None:
    """Each record finds its place after the other."""
    for make in SAMPLES.values():
        save(make(), tmp_path, {})

    assert len(files(tmp_path)) == len(SAMPLES)
