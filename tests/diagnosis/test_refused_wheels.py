"""A wheel that pip refuses, beside a source distribution of the same version, is never told as a conflict."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from airproof.diagnosis.gaps.findings import findings_of
from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.needed import probe_needed
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import NO_ROOTS
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import target_of
from airproof.site.group import Group
from pytest_airproof.packages import Sdist, Wheel
from tests.probes.indexserver import StaticIndex

INFO = "a-1.0.dist-info"
REFUSED = {
    "future": {f"{INFO}/WHEEL": b"Wheel-Version: 9.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
    "renamed": {f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: b\nVersion: 1.0\n"},
    "another version": {f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 2.0\n"},
    "unreadable requirement": {
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: ==\n"
    },
    "entry point": {f"{INFO}/entry_points.txt": b"[console_scripts]\na-run = a\n"},
    "path": {"../a.py": b""},
    "long name": {f"{'x' * 300}.py": b""},
    "folded format": {f"{INFO}/WHEEL": b"Wheel-Version: 1.0\n .x\nTag: py3-none-any\n"},
    "not UTF-8": {f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nAuthor: \xe9\n"},
}


DATA = b"data" * 50


class Damaged(Wheel):
    """A wheel of which one member has another checksum than its bytes."""

    def content(self) -> bytes:
        return super().content().replace(zlib.crc32(DATA).to_bytes(4, "little"), bytes(4))


@pytest.mark.parametrize("target", ["cp37-win32", "cp311-win_amd64-pip23.2", "cp313-win_amd64-pip26.0"])
@pytest.mark.parametrize("refused", REFUSED)
def test_a_refused_wheel_beside_its_source_is_no_conflict(refused: str, target: str, tmp_path: Path) -> None:
    """The requirement `a` cannot clash with itself, whichever of the two files this pip comes to."""
    wheel, data = Wheel("a", files=REFUSED[refused]), target_of(target)
    with StaticIndex({"a": [wheel, Sdist("a")]}) as server, Http(10) as http:
        source = IndexSource(http, server.url, tmp_path)
        needed = probe_needed(source, TargetMatcher.by(data), [Group("a", ("a",))])

        causes = [finding.cause for finding in findings_of(needed.readings, known=NO_ROOTS, host=data)]

    assert not {"conflict", "conflict-version-absent"} & set(causes)
    assert causes or needed.unserved or needed.sdists


@pytest.mark.parametrize("refused", REFUSED)
def test_a_refused_wheel_is_refused_alone(refused: str, tmp_path: Path) -> None:
    """No pip installs any of these (measured, 20.3 to 26.3)."""
    with StaticIndex({"a": [Wheel("a", files=REFUSED[refused])]}) as server, Http(10) as http:
        source = IndexSource(http, server.url, tmp_path)
        needed = probe_needed(source, TargetMatcher.by(target_of("cp311-win_amd64-pip24.2")), [Group("a", ("a",))])

    assert needed.unserved or not needed.readings.groups[0].reading.resolves


def test_a_source_that_does_not_install_still_judges_what_is_taken(tmp_path: Path) -> None:
    """It reads the METADATA of a wheel and takes it; only where its files are judged is the wheel unpacked."""
    with StaticIndex({"a": [Damaged("a", files={"data.txt": DATA})]}) as server, Http(10) as http:
        source = IndexSource(http, server.url, tmp_path, installs=False)
        reading = read_closure(source, TargetMatcher.by(target_of("cp311-win_amd64-pip24.2")), ["a"])
        ends = source.ends_at(reading)

    assert (True, ()) == (reading.resolves, reading.broken)
    assert ["wheel-refused"] == [end.cause for end in ends]
