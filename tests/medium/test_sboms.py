"""The SBOMs on a medium: one for each target, inside the sums, and valid by the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airproof.custody import sbom
from airproof.custody.sbom import FILES
from airproof.medium.sboms import write_sboms
from airproof.probes.interpreters.targets import target_of
from airproof.probes.media import known_on_media, probe_medium
from airproof.site.group import Group
from airproof.site.manifest import CarriedFile, Manifest, read_manifest
from tests.medium.connected import LINUX, OWN, WINDOWS, Carry


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_each_target_has_its_own(carry: Carry, tmp_path: Path) -> None:
    """Its files with their hashes, what needs what there, and the time of the filling; the next filling renews them."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    medium = tmp_path / "medium"
    code = carry("-p", "app", "--target", WINDOWS, "--target", LINUX, "--no-tools", "--sbom")

    windows, linux = (read(medium / f"sbom.{target}.cdx.json") for target in (WINDOWS, LINUX))
    manifest, held = read_manifest(medium), probe_medium(medium)
    assert manifest is not None
    assert (0, (), ()) == (code, held.absent, held.surplus)
    assert ["app", "backport", "native"] == [part["name"] for part in windows["components"]]
    assert [("app", "1.0"), ("native", "2.0")] == [(part["name"], part["version"]) for part in linux["components"]]
    hashes = {part["hashes"][0]["content"] for each in (windows, linux) for part in each["components"]}
    assert {file.sha256 for file in manifest.payload} == hashes
    needs = {entry["ref"].partition("@")[0]: len(entry.get("dependsOn", ())) for entry in windows["dependencies"]}
    assert {"app": 2, "backport": 0, "native": 0, "subject": 1} == needs
    assert manifest.made.removesuffix("Z") == windows["metadata"]["timestamp"].partition("+")[0]
    sums = (medium / "SHA256SUMS").read_text(encoding="utf-8")
    assert [] == [path.name for path in medium.glob(FILES) if f"  {path.name}\n" not in sums]
    for path in medium.glob(FILES):
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text(encoding="utf-8")) is None

    carry("-p", "twin", "--no-tools")

    assert [] == list(medium.glob(FILES))
    assert () == probe_medium(medium).absent


def test_what_was_left_out_is_listed_by_its_hash(tmp_path: Path) -> None:
    """Nothing of it lies there, so its licence and its needs are not known; a damaged file states nothing either."""
    target = target_of(LINUX)
    files = [
        CarriedFile(f"wheels/{name}-1.0-py3-none-any.whl", name, "1.0", 0, digest * 64, {LINUX: ("app",)}, there)
        for name, digest, there in (("app", "a", False), ("gone", "b", True))
    ]
    (tmp_path / "wheels").mkdir()
    (tmp_path / files[0].path).write_bytes(b"no zip")
    manifest = Manifest(
        "airproof.medium/1", "1", "2026-01-01T00:00:00Z", True, (target,), None, (Group("app", ("app",)),), tuple(files)
    )

    written = write_sboms(tmp_path, manifest, wanted=True)

    (name,) = written
    parts = read(tmp_path / name)["components"]
    assert [("app", "a" * 64), ("gone", "b" * 64)] == [(part["name"], part["hashes"][0]["content"]) for part in parts]
    assert [] == [part for part in parts if "licenses" in part]


def test_what_writes_them_is_carried_too(
    carry: Carry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only if it is asked for: then the scripts install it with airproof. Without it here, a sentence says so."""
    words = ("-p", "twin", "--target", LINUX, "--airproof", str(OWN.write(tmp_path / "own")))
    medium = tmp_path / "medium"

    codes = [carry(*words)]
    before = {path.name for path in (medium / "tools").iterdir()}, script(medium)
    codes.append(carry(*words, "--sbom"))
    after = {path.name for path in (medium / "tools").iterdir()}, script(medium)

    assert [0, 0] == codes, capsys.readouterr().out
    assert {"cyclonedx_python_lib-11.0-py3-none-any.whl", "part_of_it-1.0-py3-none-any.whl"} == after[0] - before[0]
    assert ("airproof", '"airproof[sbom]"') == (before[1][-1], after[1][-1])

    monkeypatch.setattr(sbom, "LIBRARY", "no_such_library")
    assert 2 == carry(*words, "--sbom")
    assert "airproof[sbom]" in capsys.readouterr().err


def script(medium: Path) -> list[str]:
    """The words of the command in the install script."""
    return (medium / "install.sh").read_text(encoding="utf-8").split()


def test_all_that_lies_there_is_known(carry: Carry, tmp_path: Path) -> None:
    """Also a file that no manifest lists, and one that cannot be read, which states nothing."""
    carry("-p", "app", "--target", WINDOWS, "--no-tools")
    wheels = tmp_path / "medium" / "wheels"
    stray = wheels / "stray-1.0-py3-none-any.whl"
    stray.write_bytes(b"no zip")

    found = known_on_media(probe_medium(tmp_path / "medium"))

    files = {file.filename: file for file in found.files}
    assert {path.name for path in wheels.iterdir()} == set(files)
    assert ("app",) == found.askers[files["native-1.5-cp37-cp37m-win32.whl"].url]
    assert (False, ()) == (files[stray.name].licence.known, found.askers[stray.as_uri()])
