"""The SBOM: it is valid CycloneDX 1.6, has what the inventory has, and is the same for the same record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airproof.custody import sbom
from airproof.custody.licences import Licence
from airproof.custody.sbom import SbomFile, document, file_names
from airproof.errors import BadInput

CHOICE = Licence(("MIT OR Apache-2.0",), "", "License-Expression")
MIXED = Licence(("MIT", "LicenseRef-Own"), "BSD \x1b", "Classifier")
MADE, TOOL = "2026-01-31T08:00:00Z", "1.0"
HELPER = SbomFile(
    "helper", "2.0", "helper-2.0-py3-none-any.whl", "b" * 64, "", Licence(("MIT OR Apache-2.0",), "", "x")
)
APP = SbomFile(
    project="app",
    version="1.0",
    filename="app-1.0-py3-none-any.whl",
    sha256="a" * 64,
    source="http://127.0.0.1:3141/root/local",
    licence=Licence(("MIT",), "", "Classifier"),
    sboms=("app-1.0.dist-info/sboms/with space.cdx.json",),
    targets=("cp311-linux",),
    needs=(HELPER.reference,),
)
MIXED = Licence(("MIT", "LicenseRef-Own"), "BSD \x1b", "Classifier")
ODD = SbomFile("odd\x1b", "1 0", "odd\u202e.whl", "none", "x" * 9_000, MIXED, ("a\x1b\u202e/b",))


def drawn(*parts: SbomFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document("cp311-linux", parts, made=MADE, tool=TOOL))
    return found


@pytest.mark.parametrize("parts", [(), (APP, HELPER), (ODD, APP, HELPER, ODD)], ids=["none", "two", "odd"])
def test_it_validates_against_the_schema(parts: tuple[SbomFile, ...]) -> None:
    """The library's own strict validator, by the schema that it brings along."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = document("cp311-linux", parts, made=MADE, tool=TOOL)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text.isascii() or all(char.isprintable() or char == "\n" for char in text)


def test_a_component_has_what_the_inventory_says() -> None:
    """purl, version, hash, licence, its own SBOMs by name, its target, and what it needs."""
    found = drawn(APP, HELPER)
    app, helper = found["components"]

    assert ("pkg:pypi/app@1.0", "1.0", "a" * 64) == (app["purl"], app["version"], app["hashes"][0]["content"])
    assert "MIT" == app["licenses"][0]["license"]["id"]
    assert "MIT OR Apache-2.0" == helper["licenses"][0]["expression"]
    assert ("bom", "app-1.0.dist-info/sboms/with%20space.cdx.json") == (
        app["externalReferences"][0]["type"],
        app["externalReferences"][0]["url"],
    )
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in found["dependencies"]}
    assert {APP.reference: [HELPER.reference], HELPER.reference: [], "subject": [APP.reference]} == needs
    assert "airproof" == found["metadata"]["tools"]["components"][0]["name"]


def test_the_same_parts_give_the_same_bytes() -> None:
    """The order of the parts makes no difference; anything else gives another serial number."""
    first = document("t", [APP, HELPER], made=MADE, tool=TOOL)

    assert first == document("t", [HELPER, APP], made=MADE, tool=TOOL)
    other = json.loads(document("t", [HELPER], made=MADE, tool=TOOL))
    assert json.loads(first)["serialNumber"] != other["serialNumber"]


def test_without_the_library_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the command, in both languages."""
    monkeypatch.setattr(sbom, "LIBRARY", "no_such_library")
    with pytest.raises(BadInput) as caught:
        drawn(APP)

    assert "airproof[sbom]" in caught.value.text.en
    assert "airproof[sbom]" in caught.value.text.zh_tw


def test_every_target_has_a_file_of_its_own() -> None:
    """Whatever a label holds, and where two differ only in what a file system does not tell apart."""
    names = file_names(["cp311-linux", "db/1 cp311", "db_1 cp311", "../up", "CP311-linux"])

    assert 5 == len({name.casefold() for name in names.values()})
    assert [] == [name for name in names.values() if "/" in name or not name.endswith(".cdx.json")]
    assert "sbom.cp311-linux.cdx.json" == names["cp311-linux"]
