"""A medium that was carried in, held against a real devpi: `check URL --manifest DEST --deep`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.cli import main
from airproof.medium.manifest import read_manifest
from airproof.record.report import Report, read_report
from pytest_airproof.devpi import DevpiServer
from pytest_airproof.packages import Package, Wheel
from pytest_airproof.stage import Stage, fresh_stage
from tests.medium.connected import configure_pip
from tests.probes.indexserver import StaticIndex

WINDOWS = "cp37-win32"
INDEX: dict[str, list[Package]] = {
    "app": [Wheel("app", requires=("native",))],
    "native": [Wheel("native", tag="cp37-cp37m-win32")],
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A medium, filled once."""
    folder = tmp_path_factory.mktemp("filled")
    with StaticIndex(INDEX) as server, pytest.MonkeyPatch.context() as patch:
        configure_pip(patch, folder, **{"index-url": server.url})
        code = main(["carry", str(folder / "medium"), "-p", "app", "--target", WINDOWS, "--no-tools", "--quiet"])
    if code:
        raise RuntimeError(f"carry ended with {code}")
    yield folder / "medium"


@pytest.fixture
def stage(airproof_server: DevpiServer) -> Iterator[Stage]:
    with fresh_stage(airproof_server) as stage:
        yield stage


def checked(stage: Stage, medium: Path, folder: Path, *words: str) -> tuple[int, Report]:
    report_dir = folder / "report"
    code = main(
        ["check", stage.url, "--manifest", str(medium), "--deep", "--report-dir", str(report_dir), "--quiet", *words]
    )
    return code, read_report(report_dir / "record.json")


def failed(report: Report) -> dict[str, set[str]]:
    """Check to the victims of its findings."""
    return {
        one.id: {victim for finding in one.findings for victim in finding.victims}
        for one in report.checks
        if one.outcome == "failed"
    }


def test_what_was_carried_has_arrived(stage: Stage, filled: Path, tmp_path: Path) -> None:
    """Every file of the medium, its bytes and nothing else; targets and requirements are the manifest's."""
    stage.upload(*(package for packages in INDEX.values() for package in packages))

    code, report = checked(stage, filled, tmp_path, "--all")

    assert (0, {}) == (code, failed(report))
    assert (WINDOWS,) == report.scope.targets
    passed = {one.id for one in report.checks if one.outcome == "passed"}
    assert {"DEP01", "DEP02", "DEP03", "DEP04", "FIL03", "FIL04", "MED01", "MED02", "MED04", "MED05"} <= passed


def test_what_is_missing_extra_or_another_is_named(stage: Stage, filled: Path, tmp_path: Path) -> None:
    """One file did not arrive, one is not the medium's, and one that nobody carried lies beside them."""
    stage.upload(Wheel("app", requires=("native",), summary="Another one."), Wheel("private"))

    code, report = checked(stage, filled, tmp_path)

    assert 1 == code
    found = failed(report)
    assert {"native-1.0-cp37-cp37m-win32.whl", "app-1.0-py3-none-any.whl"} == found["MED04"]
    assert {"private-1.0-py3-none-any.whl"} == found["MED05"]


@pytest.mark.parametrize("harm", ["delete", "change", "unfinished"])
def test_a_medium_that_was_harmed_is_told(stage: Stage, filled: Path, tmp_path: Path, harm: str) -> None:
    """A file that is gone or changed, by its name; a filling that was broken off."""
    stage.upload(*(package for packages in INDEX.values() for package in packages))
    medium = tmp_path / "medium"
    shutil.copytree(filled, medium)
    path = medium / "wheels" / "app-1.0-py3-none-any.whl"
    if harm == "delete":
        path.unlink()
    elif harm == "change":
        path.write_bytes(bytes(reversed(path.read_bytes())))
    else:
        manifest = medium / "airproof-medium.json"
        manifest.write_text(manifest.read_text().replace('"whole": true', '"whole": false'))

    code, report = checked(stage, medium, tmp_path)

    victims = set() if harm == "unfinished" else {"wheels/app-1.0-py3-none-any.whl"}
    assert (1, {"MED01": victims}) == (code, failed(report))
    assert read_manifest(medium) is not None
