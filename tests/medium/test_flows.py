"""carry takes what exported flows declare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def opened(tmp_path: Path, *codes: str, attr: str = "user", **config: Any) -> str:
    """An export of the open edition, which declares nothing, with one flow of these items."""
    items = [
        exported.item(f"FITEM_{at}", text=f"i{at}", code=code, **{"autoinstall": True, **config})
        for at, code in enumerate(codes)
    ]
    demo = exported.application("Demo", exported.flow("nightly", *items))
    return str(exported.write(tmp_path / "open.omf", [{**demo, "app_attr": attr}]))


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


def test_an_item_whose_failure_is_passed_over_is_told(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The flow runs to its end, and nobody would see that the item does not."""
    export = opened(tmp_path, "import nowhere\n", error_pass=True)

    code = carry("--flow", export, "--target", WINDOWS, "--no-tools")

    assert (0, True) == (code, "nightly / i0 fails under" in capsys.readouterr().out)


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


@pytest.mark.parametrize(
    ("codes", "config", "carried", "told"),
    [
        (
            ("import app, sys\nsys.path.append('/opt/scripts')\n", "import helpers\n"),
            {},
            {"app", "native", "backport"},
            "helpers",
        ),
        (("import twin\n", "from the docs\nimport backport\n"), {}, {"twin"}, "from the docs"),
        (("import twin\n", "import twin, backport\n"), {"autoinstall": "true"}, {"twin", "backport"}, ""),
        (("import twin\nmatch 1:\n    case 1: pass\n",), {}, {"twin"}, "Python 3.7, and the code is written for 3.10"),
        (("import twin\n",), {"collector": "c1"}, {"twin"}, ""),
        (("import twin\n", "import twin\n"), {"load_balance": True}, {"twin"}, ""),
    ],
    ids=["unknown", "broken-line", "text-switch", "newer", "collector", "shared"],
)
def test_what_cannot_be_known_and_what_ends_an_item_is_told(
    carry: Carry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    codes: tuple[str, ...],
    config: dict[str, Any],
    carried: set[str],
    told: str,
) -> None:
    """Names that are asked for before the end are carried; nothing is fetched for a name that is never requested."""
    export = opened(tmp_path, *codes, **config)

    assert 0 == carry("--flow", export, "--target", WINDOWS, "--no-tools")
    said = capsys.readouterr().out
    assert carried == {file.project for file in manifest_in(tmp_path).payload}
    assert told in said
    assert bool(told) == ("\n- " in said)


def test_a_flow_that_needs_nothing_is_carried_beside_another_without_a_word(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The medium has what the other one asks for."""
    flows = [
        exported.flow(name, exported.item("FITEM_1", code=code, autoinstall=True))
        for name, code in (("plain", "import json\n"), ("nightly", "import twin\n"))
    ]
    export = exported.write(tmp_path / "open.omf", [exported.application("Demo", *flows)])

    assert 0 == carry("--flow", str(export), "--target", WINDOWS, "--no-tools")
    assert ["Demo / nightly"] == [group.name for group in manifest_in(tmp_path).groups]
    assert "\n- " not in capsys.readouterr().out


def test_a_collectors_flow_of_the_open_edition_is_told(
    carry: Carry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is carried, it ends with an error there."""
    export = opened(tmp_path, "import twin\n", attr="sch")

    assert 0 == carry("--flow", export, "--target", WINDOWS, "--no-tools")
    assert "- Demo / nightly is a Collector's flow" in capsys.readouterr().out
