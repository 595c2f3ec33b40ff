"""Databases and documents that cannot be used: one sentence each, bounded in memory, and nothing is written."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airproof.custody import matches, packed
from airproof.custody.advisories import index_database, look_at
from airproof.custody.matches import matches_of
from airproof.custody.vex import read_vex
from airproof.errors import BadInput
from pytest_airproof.packages.advisories import advisory, write_database

RECORD = json.dumps(advisory("GHSA-1", "lib", events=[{"introduced": "0"}]))


def zipped(**members: str | bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return held.getvalue()


def encrypted() -> bytes:
    """The flag of encryption set in the directory."""
    raw = bytearray(zipped(**{"a.json": RECORD}))
    at = raw.index(b"PK\x01\x02") + 8
    raw[at : at + 2] = struct.pack("<H", 1)
    return bytes(raw)


def lying(size: int) -> bytes:
    """The directory declares another size than the entry has."""
    raw = bytearray(zipped(**{"a.json": RECORD}))
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<L", size)
    return bytes(raw)


def flipped() -> bytes:
    """One byte of an entry changed on the way."""
    raw = bytearray(zipped(**{"a.json": RECORD}))
    raw[40] ^= 0xFF
    return bytes(raw)


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "binary": (bytes(range(256)) * 9, "no zip, or is cut off"),
    "cut": (zipped(**{"a.json": RECORD})[:-30], "no zip, or is cut off"),
    "without its beginning": (zipped(**{"a.json": RECORD * 30})[150:], "damaged"),
    "encrypted": (encrypted(), "a.json in it is encrypted"),
    "absolute": (zipped(**{"/etc/a.json": RECORD}), "/etc/a.json in it leads out"),
    "climbing": (zipped(**{"../a.json": RECORD}), "../a.json in it leads out"),
    "drive": (zipped(**{"C:\\a.json": RECORD}), "leads out"),
    "bomb": (zipped(**{"a.json": b" " * 100_000_000}), "100000000 bytes, and an advisory has at most"),
    "lying small": (lying(10), "has not the size"),
    "lying large": (lying(3_000_000), "has not the size"),
    "changed": (flipped(), "damaged"),
    "no advisory": (zipped(**{"a.txt": "hello"}), "no advisory about PyPI"),
    "other ecosystem": (
        zipped(**{"a.json": json.dumps(advisory("G", "x", ecosystem="npm"))}),
        "no advisory about PyPI",
    ),
    "not JSON": (zipped(**{"a.json": "hello"}), "a.json: JSON is malformed"),
    "not UTF-8": (zipped(**{"a.json": b'{"id": "\xff\xfe", "modified": "2026-01-01T00:00:00Z"}'}), "a.json: "),
    "other JSON": (zipped(**{"a.json": "[1, 2]"}), "a.json: Expected `object`"),
    "no record": (zipped(**{"a.json": "{}"}), "required field `id`"),
    "deep": (zipped(**{"a.json": '{"id": "G", "x": ' + "[" * 500_000}), "nested too deeply"),
    "undated": (zipped(**{"a.json": RECORD.replace("2026-01-01T00:00:00Z", "yesterday")}), "modified is no date"),
    "many packages": (
        zipped(**{"a.json": json.dumps({"id": "G", "modified": "2026-01-01", "affected": [{}] * 30_000})}),
        "30000 packages",
    ),
}


def hold_refused(read: Callable[[Path], object], path: Path, reason: str) -> str:
    """Reading the file is bad input; return the sentence, which names the file and the reason."""
    with pytest.raises(BadInput) as caught:
        read(path)

    said = str(caught.value)
    assert reason in said
    assert str(path) in said
    return said


@pytest.mark.parametrize("kind", FILES)
def test_a_database_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """The sentence names the file, the reason, and what to do."""
    raw, reason = FILES[kind]
    path = tmp_path / "all.zip"
    path.write_bytes(raw)

    said = hold_refused(index_database, path, reason)
    assert "PyPI (all.zip)" in said
    assert "\n" not in said


def test_what_is_not_there_or_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    """The command line says so before anything is judged."""
    (tmp_path / "empty").mkdir()
    for path, reason in ((tmp_path / "absent.zip", "is not there"), (tmp_path / "empty", "no advisory about PyPI")):
        with pytest.raises(BadInput, match=reason):
            look_at(path)


@pytest.mark.parametrize(
    ("name", "limit", "value"),
    [("MAX_ENTRIES", "lists 3 files", 2), ("MAX_TOTAL", "more than", 500), ("MAX_ENTRY", "at most", 100)],
)
def test_a_zip_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: str, value: int) -> None:
    """Entries, the bytes of one, and the bytes of all."""
    monkeypatch.setattr(packed, name, value)
    path = write_database(tmp_path / "all.zip", [advisory(f"GHSA-{n}", "lib") for n in range(3)])

    with pytest.raises(BadInput, match=limit):
        index_database(path)


def test_ten_million_events_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An advisory has at most so many events and versions, and all that are asked for together."""
    many = advisory("GHSA-1", "lib", events=[{"introduced": "0"}] * 30_000)
    path = write_database(tmp_path / "all.zip", [many])
    with pytest.raises(BadInput, match="30001 events and versions"):
        matches_of(index_database(path), {"lib": ["1.0"]})

    monkeypatch.setattr(matches, "MAX_READ", 50)
    path = write_database(tmp_path / "all.zip", [advisory(f"G-{n}", "lib", versions=["1"] * 9) for n in range(9)])
    with pytest.raises(BadInput, match="more than 50"):
        matches_of(index_database(path), {"lib": ["1.0"]})


def test_a_key_that_stands_twice_counts_once(tmp_path: Path) -> None:
    """The last one counts, as for every reader of JSON."""
    twice = RECORD.replace('"affected": [', '"affected": [], "affected": [', 1)
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(**{"a.json": twice}))

    assert 1 == len(matches_of(index_database(path), {"lib": ["1.0"]}))


VEX: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "truncated"),
    "binary": (bytes(range(256)), "malformed"),
    "list": (b"[]", "Expected `object`"),
    "something else": (b'{"a": 1}', "no statements and no vulnerabilities"),
    "deep": (b'{"statements": ' + b"[" * 500_000, "nested too deeply"),
    "many": (b'{"statements": [' + b",".join([b"{}"] * 30_000) + b"]}", "more than 20000 statements"),
    "large": (b" " * 21_000_000, "more than 20000000 bytes"),
}


@pytest.mark.parametrize("kind", VEX)
def test_a_vex_document_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """The sentence names the file, the reason, and what to do."""
    raw, reason = VEX[kind]
    path = tmp_path / "vex.json"
    path.write_bytes(raw)

    hold_refused(read_vex, path, reason)


ODD: tuple[Callable[[], object], ...] = (
    lambda: {"statements": [1, None, {"vulnerability": 5, "products": "x"}, {"products": [{"@id": 7}]}]},
    lambda: {"statements": [{"vulnerability": {"name": "C"}, "status": "fixed", "products": [{"@id": "pkg:pypi/"}]}]},
    lambda: {"bomFormat": "CycloneDX", "components": 3, "vulnerabilities": [{"id": [], "analysis": 1, "affects": {}}]},
)


@pytest.mark.parametrize("made", ODD)
def test_a_vex_document_of_odd_values_waives_nothing(tmp_path: Path, made: Callable[[], object]) -> None:
    """Values of other types say nothing."""
    (tmp_path / "vex.json").write_text(json.dumps(made()), encoding="utf-8")

    assert () == read_vex(tmp_path / "vex.json")


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.sampled_from([0, 0, 0, 1, 22, 60]),
)
def test_no_damage_of_a_zip_is_anything_but_bad_input(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    """Bytes changed anywhere, and a missing end: the database is read as it was, or refused."""
    raw = bytearray(zipped(**{"a.json": RECORD, "PyPI/b.json": RECORD, "c.txt": "x"}))
    for place, value in changes:
        raw[place % len(raw)] = value
    path = tmp_path_factory.mktemp("damaged") / "all.zip"
    path.write_bytes(bytes(raw[: len(raw) - cut]))

    with suppress(BadInput):
        assert index_database(path).total in (1, 2)
