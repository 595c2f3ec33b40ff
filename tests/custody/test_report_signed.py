"""`airproof report --sign` and `--verify`: record, page, statement and signatures are judged together."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from airproof.cli import main
from airproof.record.file import read_report
from airproof.record.history import save
from airproof.record.report import Report
from airproof.record.summary import MediumSummary
from airproof.renderers.html.page import render
from tests.custody.keys import NEEDS_KEYGEN, Keys, verified_by_hand
from tests.renderers.records import accepted, rejected

SUMS = "ab" * 32


def carried(report: Report) -> Report:
    """The same report, of a medium."""
    media = (MediumSummary("/media/stick", "2026-01-01T00:00:00Z", SUMS),)
    return msgspec.structs.replace(report, summary=msgspec.structs.replace(report.summary, media=media))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    report = carried(accepted())
    return save(report, tmp_path / "report", {"report.html": render(report, "en")})


def told(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and output."""
    code = main(["report", *words, "--lang", "en"])
    out, err = capfd.readouterr()

    return code, out + err


@NEEDS_KEYGEN
def test_what_was_signed_is_verified(record: Path, keys: Keys, capfd: pytest.CaptureFixture[str]) -> None:
    """By airproof in a line for each part, and by plain ssh-keygen; without signers nobody vouches."""
    signed, said = told(capfd, str(record), "--sign", keys.private())
    code, lines = told(capfd, str(record), "--verify", "--signers", keys.signers())
    alone, unvouched = told(capfd, str(record), "--verify")

    statement = record.with_name("statement.json")
    assert (0, 0, 3) == (signed, code, alone)
    assert [True, True] == [verified_by_hand(path, keys.signers()) for path in (record, statement)]
    assert "VERIFIED: all of it" in lines.splitlines()[-1]
    assert 5 == len(lines.splitlines())
    assert (True, True) == ("SHA256:" in said, "UNVOUCHED" in unvouched)


@NEEDS_KEYGEN
def test_the_statement_is_one_of_in_toto(record: Path, keys: Keys) -> None:
    """Its subjects are the record, the page and the medium's list of sums; its predicate is the verdict."""
    main(["report", str(record), "--sign", keys.private(), "--quiet"])

    found = json.loads(record.with_name("statement.json").read_text(encoding="utf-8"))

    assert ("https://in-toto.io/Statement/v1", "urn:airproof:acceptance:1") == (found["_type"], found["predicateType"])
    assert ["record.json", "report.html", "SHA256SUMS"] == [subject["name"] for subject in found["subject"]]
    assert SUMS == found["subject"][2]["digest"]["sha256"]
    assert ("accepted", 0) == (found["predicate"]["verdict"], found["predicate"]["exitCode"])


def edited(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return edit


def other_page(folder: Path) -> None:
    (folder / "report.html").write_text(render(rejected(), "en"), encoding="utf-8")


def of_another_run(folder: Path) -> None:
    """The statement of another record, with a signature of its own."""
    (folder / "record.json").write_bytes((folder / "record.json").read_bytes() + b"\n")


@NEEDS_KEYGEN
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edited("record.json", "/media/stick", "/media/stock"), "record.json is not what was signed"),
        (other_page, "is not the page of this record"),
        (edited("report.html", "<title>", "<title>x"), "It does not agree in: report.html"),
        (edited("statement.json", SUMS, "cd" * 32), "It does not agree in: SHA256SUMS"),
        (edited("statement.json", '"accepted"', '"rejected"'), "It does not agree in: predicate"),
        (of_another_run, "It does not agree in: record.json"),
        (lambda folder: (folder / "statement.json").unlink(), "There is no statement"),
        (lambda folder: (folder / "record.json.sig").unlink(), "record.json is not signed"),
    ],
    ids=["record", "page", "page-edited", "medium", "verdict", "bytes", "no-statement", "no-signature"],
)
def test_each_part_that_was_changed_is_named(
    record: Path, keys: Keys, capfd: pytest.CaptureFixture[str], change: Callable[[Path], None], says: str
) -> None:
    """Whatever else still agrees, it is not verified."""
    main(["report", str(record), "--sign", keys.private()])
    change(record.parent)
    capfd.readouterr()

    code, said = told(capfd, str(record), "--verify", "--signers", keys.signers())

    assert (1, True, True) == (code, says in said, "NOT VERIFIED" in said)


@NEEDS_KEYGEN
def test_a_page_that_was_changed_before_is_drawn_anew(
    record: Path, keys: Keys, capfd: pytest.CaptureFixture[str]
) -> None:
    """The record decides what is signed; a page of something else is neither signed nor replaced."""
    page, drawn = record.with_name("report.html"), render(read_report(record), "en")
    page.write_text(drawn.replace("ACCEPTED", "REJECTED"), encoding="utf-8")

    assert 0 == main(["report", str(record), "--sign", keys.private()])
    assert drawn == page.read_text(encoding="utf-8")

    page.write_text("another page", encoding="utf-8")
    code, said = told(capfd, str(record), "--sign", keys.private())

    assert (2, True) == (code, "is not the page of this record" in said)
    assert "another page" == page.read_text(encoding="utf-8")


@NEEDS_KEYGEN
def test_a_stranger_vouches_for_nothing(record: Path, keys: Keys, capfd: pytest.CaptureFixture[str]) -> None:
    """Everything agrees, and the signer is not allowed."""
    main(["report", str(record), "--sign", keys.private("other")])
    capfd.readouterr()

    code, said = told(capfd, str(record), "--verify", "--signers", keys.signers())

    assert (1, True) == (code, "does not allow" in said)


@NEEDS_KEYGEN
def test_an_earlier_record_keeps_its_signature(record: Path, keys: Keys, capfd: pytest.CaptureFixture[str]) -> None:
    """A further run moves them together; beside the new record nothing is signed."""
    main(["report", str(record), "--sign", keys.private()])
    save(carried(rejected()), record.parent, {})
    (earlier,) = (record.parent / "history").glob("*.json")
    capfd.readouterr()

    before, _ = told(capfd, str(earlier), "--verify", "--signers", keys.signers())
    now, said = told(capfd, str(record), "--verify", "--signers", keys.signers())

    assert (1, True) == (now, "is not signed" in said)
    assert verified_by_hand(earlier, keys.signers())
    assert verified_by_hand(earlier.with_suffix(".statement"), keys.signers())
    assert 0 == before


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"_type": "other"}', b"[" * 100000, b" " * (5 << 20)])
def test_a_statement_that_is_none_is_refused(record: Path, capfd: pytest.CaptureFixture[str], content: bytes) -> None:
    """In one sentence, with exit code 2."""
    record.with_name("statement.json").write_bytes(content)

    code, said = told(capfd, str(record), "--verify")

    assert (2, True, False) == (code, "The statement" in said, "Traceback" in said)


def test_options_that_contradict_each_other_are_refused(record: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Signing and verifying are two commands; signers are for the second one."""
    assert 2 == told(capfd, str(record), "--sign", "KEY", "--verify")[0]
    assert 2 == told(capfd, str(record), "--signers", "FILE")[0]
    assert 2 == told(capfd, str(record), "--sign", "KEY")[0]
