"""carry takes what exported flows declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.medium.connected import LINUX, WINDOWS, Carry, manifest_in
from tests.probes import exported


def test_what_flows_declare_is_carried_and_what_is_nobodys_package_is_not(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python's own module, OMFlow's own and a path are left out and told; the rest is fetched, flow by flow."""
    items = [
        exported.item("FITEM_1", packages=["app", "asyncio"]),
        exported.item("FITEM_2", packages=["omflow", "./local.whl"]),
        exported.item("FITEM_3", type="collector_python", packages=["backport"]),
    ]
    export = exported.write(tmp_path / "demo.omf", [exported.application("Demo", exported.flow("nightly", *items))])

    code = carry("--flow", str(export), "--target", WINDOWS, "--no-tools")

    said = capsys.readouterr().out
    manifest = manifest_in(tmp_path)
    assert 0 == code
    assert {"app", "native", "backport"} == {file.project for file in manifest.payload}
    assert {"app", "backport"} == {requirement for group in manifest.groups for requirement in group.requirements}
    assert all(group.name.startswith("Demo / nightly") for group in manifest.groups)
    for left in ("asyncio (Demo / nightly) is a module of Python", "omflow (Demo / nightly) is a module of OMFlow"):
        assert left in said
    assert "./local.whl (Demo / nightly) is nothing that a package index can serve" in said


def test_an_export_without_a_package_is_nothing_to_carry(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names the options; nothing is put on the medium."""
    flow = exported.flow("nightly", exported.item(packages=["json"]))
    export = exported.write(tmp_path / "demo.omf", [exported.application("Demo", flow)])

    assert 2 == carry("--flow", str(export), "--target", WINDOWS, "--no-tools")
    assert "--flow" in capsys.readouterr().err
    assert not (tmp_path / "medium").exists()


def opened(tmp_path: Path, code: str) -> str:
    """An export of the open edition, which declares nothing."""
    item = exported.item("FITEM_1", code=code, autoinstall=True)
    return str(exported.write(tmp_path / "open.omf", [exported.application("Demo", exported.flow("nightly", item))]))


def test_what_the_open_edition_asks_for_is_carried(carry: Carry, tmp_path: Path) -> None:
    """By the order of the lines on each target: what an earlier package brings is not asked for."""
    export = opened(tmp_path, "import json, app, native\nimport backport, twin\n")

    code = carry("--flow", export, "--target", WINDOWS, "--target", LINUX, "--no-tools")

    manifest = manifest_in(tmp_path)
    assert 0 == code
    assert {
        "Demo / nightly": ("app", "twin"),
        f"Demo / nightly ({LINUX})": ("app", "backport", "twin"),
    } == {group.name: group.requirements for group in manifest.groups}
    assert {"app", "native", "backport", "twin"} == {file.project for file in manifest.payload}


def test_what_ends_the_open_editions_flow_all_the_same_is_told(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The package can be had and does not have the module, and another cannot be had at all."""
    export = opened(tmp_path, "import app\nfrom twin import gone\nimport nowhere\n")

    assert 1 == carry("--flow", export, "--target", WINDOWS, "--no-tools")
    said = capsys.readouterr().out
    assert "- Demo / nightly / " in said
    assert "cannot import name 'gone'" in said
    assert f"Not to be had for {WINDOWS}: nowhere" in said


def test_an_open_edition_export_that_asks_for_nothing_is_told_so(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its imports come with Python and with OMFlow."""
    export = opened(tmp_path, "import json\nfrom omflow.syscom.common import getModel\n")

    assert 2 == carry("--flow", export, "--target", WINDOWS, "--no-tools")
    assert "ask for no package (Demo / nightly)" in capsys.readouterr().err
