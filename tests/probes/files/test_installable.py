"""A wheel as pip installs it, or refuses it."""

from __future__ import annotations

from io import BytesIO

import pytest

from airproof.probes.files.installable import AsPip, read_as_pip
from tests.differential.made import zipped

INFO = "a-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n"


def read(record: bytes, metadata: bytes = METADATA) -> AsPip:
    members = {f"{INFO}/METADATA": metadata, f"{INFO}/WHEEL": b"Wheel-Version: 1.0\n", f"{INFO}/RECORD": record}
    return read_as_pip(BytesIO(zipped(members)), "a")


@pytest.mark.parametrize(
    ("record", "refusal"),
    [
        (b"a.py,,\n", ""),
        (b"a.py,sha256=untrue,99\n", ""),
        (b"", ""),
        (b"a.py,,\n\nb.py,,\n", "its RECORD has an empty line"),
    ],
)
def test_a_record_is_read_row_by_row(record: bytes, refusal: str) -> None:
    """No hash is compared, and an empty row ends pip with an IndexError (measured, 20.3 to 26.3)."""
    assert refusal == read(record).refusal


def test_metadata_that_is_not_utf_8_is_refused() -> None:
    """Every pip reads METADATA as UTF-8 only (measured, 20.3 to 26.3)."""
    found = read(b"", METADATA + b"Author: \xe9\n")

    assert not found.inside.readable
    assert "its METADATA is not UTF-8" in found.inside.problem


def test_the_first_of_several_names_counts() -> None:
    """pip reads the first of them (measured, 20.3 to 26.3)."""
    assert "a" == read(b"", METADATA + b"Name: b\n").inside.name
