"""`carry --advisories`: the database goes along inside the sums, and what is carried is compared with it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.cli import main
from airproof.custody.advisories import CARRIED, index_database
from airproof.probes.media import probe_medium
from pytest_airproof.packages.advisories import advisory, write_database
from tests.medium.connected import LINUX, Carry, manifest_in

EVERY = [{"introduced": "0"}]
RECORDS = [
    advisory("GHSA-1", "native", aliases=["CVE-1"], events=[*EVERY, {"fixed": "3.0"}], severity="HIGH"),
    advisory("GHSA-2", "stranger", events=EVERY, severity="CRITICAL"),
]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(write_database(tmp_path / "all.zip", RECORDS))


ASKED = ("-p", "app", "--target", LINUX, "--no-tools")


def test_the_database_is_carried_and_what_it_says_is_told(
    carry: Carry, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is COMPLETE all the same: advisories are advice. The closed side finds the database by itself."""
    code = carry(*ASKED, "--advisories", database)

    said = capsys.readouterr().out
    medium = tmp_path / "medium"
    assert (0, True) == (code, "native 2.0" in said and "GHSA-1 (CVE-1), severity high" in said), said
    assert "1 about what is carried" in said
    digest = hashlib.sha256((medium / CARRIED).read_bytes()).hexdigest()
    assert f"{digest}  {CARRIED}\n" in (medium / "SHA256SUMS").read_text()
    assert digest == manifest_in(tmp_path).lists[CARRIED]
    assert ((), ()) == ((found := probe_medium(medium)).changed, found.surplus)
    assert str(medium / CARRIED) == build_site(TypedOptions(wheelhouse=str(medium))).advisories
    assert (
        str(medium / CARRIED) == build_site(TypedOptions(url="http://192.0.2.1/", manifests=(str(medium),))).advisories
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--fail-on", "high"), 1),
        (("--fail-on", "critical"), 0),
        (("--fail-on", "low", "--waive", "SEC01:cve-1=not reachable"), 0),
        (("--fail-on", "low", "--waive", "SEC06:GHSA-1 pkg:pypi/native@2@2999-01-01=not reachable"), 0),
        (("--fail-on", "low", "--waive", "SEC01:CVE-1@2026-01-01=it was so"), 1),
    ],
)
def test_a_threshold_makes_it_count(
    carry: Carry, database: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int
) -> None:
    """With `--fail-on`, unless it is waived. The line that sums up is the last one, and does not say COMPLETE then."""
    assert code == carry(*ASKED, "--advisories", database, *words)

    lines = capsys.readouterr().out.splitlines()
    assert bool(code) == any("counts here (--fail-on)" in line for line in lines)
    assert lines[-1].startswith("NOT ACCEPTABLE" if code else "COMPLETE"), lines
    assert not (code and any(line.startswith("COMPLETE") for line in lines))


def test_a_folder_is_packed_and_stays_at_the_next_filling(carry: Carry, tmp_path: Path) -> None:
    """Filled again without the option, the medium keeps the database that it has."""
    (tmp_path / "osv").mkdir()
    (tmp_path / "osv" / "GHSA-1.json").write_text(json.dumps(RECORDS[0]), encoding="utf-8")

    assert [0, 0] == [carry(*ASKED, "--advisories", str(tmp_path / "osv")), carry(*ASKED)]

    assert 1 == index_database(tmp_path / "medium" / CARRIED).total
    assert CARRIED in manifest_in(tmp_path).lists


def test_a_database_that_cannot_be_used_is_refused_before_anything_is_filled(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left of the folder that was to be filled."""
    (tmp_path / "all.zip").write_bytes(b"PK")

    assert 2 == carry(*ASKED, "--advisories", str(tmp_path / "all.zip"))

    assert "no zip, or is cut off" in capsys.readouterr().err
    assert not (tmp_path / "medium").exists()


def test_an_entry_that_cannot_be_read_is_refused_before_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` reads each entry of the database before it asks anybody."""
    monkeypatch.chdir(tmp_path)
    path = write_database(tmp_path / "all.zip", [*RECORDS, {"id": "GHSA-3"}])

    code = main(["check", "http://192.0.2.1/root/local/", "-p", "app", "--advisories", str(path), "--lang", "en"])

    assert (2, True) == (code, "GHSA-3.json: Object missing required field `modified`" in capsys.readouterr().err)
    assert not (tmp_path / "airproof-report").exists()
