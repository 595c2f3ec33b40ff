"""From OMFlow's database and exports to a site."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.check import Failed
from airproof.checks.stored import check_omflow_has_a_url
from airproof.errors import BadInput
from airproof.probes.omflow.groups import open_groups
from airproof.probes.pip.template import OPEN_EDITION, OPEN_EDITION_TYPED
from airproof.probes.remote.carried import Answered, CarriedFacts
from airproof.probes.remote.standalone import SCHEMA
from airproof.site.flows import COLLECTOR, Flow, Item
from airproof.site.site import COMMERCIAL, Edition, Kind, Site
from tests.probes.exported import application, flow, item, write
from tests.probes.omflowserver import OPEN_ROWS, write_database
from tests.probes.pythons import host_of

URL = "http://192.0.2.10:3141/root/local/"


def asked(**given: Any) -> TypedOptions:
    return TypedOptions(pythons=(sys.executable,), **given)


def test_the_url_comes_from_omflow(tmp_path: Path) -> None:
    """No URL need be typed; the command is the commercial edition's, which is an assumption."""
    database = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": f" {URL}"})

    site = build_site(asked(omflow=str(database)))

    assert (URL, Kind.LIVE, COMMERCIAL, True) == (site.url, site.kind, site.pip_command, site.pip_command_assumed)


def test_a_typed_url_is_judged_and_the_stored_one_kept(tmp_path: Path) -> None:
    """So that a check can compare them."""
    database = write_database(tmp_path / "db.omflow", {"pip": "http://192.0.2.11/other/"})

    site = build_site(asked(url=URL, omflow=str(database)))

    assert (URL, "http://192.0.2.11/other/") == (site.url, site.stored.value if site.stored else None)


def test_an_empty_setting_is_a_finding_where_a_url_is_typed(tmp_path: Path) -> None:
    """Without one there is nothing to judge, and the run does not begin."""
    database = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": ""})

    site = build_site(asked(url=URL, omflow=str(database)))
    with pytest.raises(BadInput) as caught:
        build_site(asked(omflow=str(database)))
    with pytest.raises(Failed) as found:
        check_omflow_has_a_url(site)

    assert ("omflow-no-setting", ["no-url-stored"]) == (
        caught.value.key,
        [finding.cause for finding in found.value.findings],
    )
    assert COMMERCIAL == site.pip_command


def test_the_open_edition_takes_pips_own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its command is known; what it installs is what the code of the items that may install lacks, by import name."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    code = "import os, yaml\nimport demo_e.sub\nfrom omflow.syscom.tools import x\nimport pip\n"
    boxes = (item("A", autoinstall=True, code=code, packages=["not-this"]), item("B", code="import requests"))
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", *boxes))])
    monkeypatch.setenv("PIP_INDEX_URL", URL)

    site = build_site(asked(omflow=str(database), flows=(str(export),)))

    assert (URL, OPEN_EDITION, False) == (site.url, site.pip_command, site.pip_command_assumed)
    assert [("Demo / f", ("yaml", "demo_e"))] == [(group.name, group.requirements) for group in site.groups]


@pytest.mark.parametrize(
    ("configured", "command"),
    [(URL, OPEN_EDITION), (f"{URL}+simple", OPEN_EDITION), ("", OPEN_EDITION_TYPED), ("http://u/", OPEN_EDITION_TYPED)],
)
@pytest.mark.parametrize("by", ["omflow", "edition"])
def test_a_typed_url_is_judged_as_if_the_open_editions_pip_led_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str, command: str, by: str
) -> None:
    """Else pip would ask its default index, and every package would be a cause of its own."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", configured)
    export = write(
        tmp_path / "e.omf", [application("Demo", flow("f", item("A", autoinstall=True, code="import yaml")))]
    )
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    told: dict[str, Any] = {"omflow": str(database)} if by == "omflow" else {"edition": Edition.OPEN}

    site = build_site(asked(url=URL, flows=(str(export),), **told))

    assert (command, False, "typed") == (site.pip_command, site.pip_command_assumed, site.url_from)


def test_the_open_edition_asks_for_what_pythons_library_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the dotted name of the first part that is missing; what is there, private modules too, is asked of nobody."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    code = (
        "from __future__ import annotations\nimport os.path, _thread, xml.etree.ElementTree\nimport xml.airsub.deep\n"
    )
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", item("A", autoinstall=True, code=code)))])
    monkeypatch.setenv("PIP_INDEX_URL", URL)

    site = build_site(asked(omflow=str(database), flows=(str(export),)))

    assert [("xml.airsub",)] == [group.requirements for group in site.groups]


def test_what_omflow_normally_has_is_asked_of_an_interpreter_that_lacks_it() -> None:
    """A module of OMFlow is asked of an interpreter that was named; one that only stands in is taken to have it."""
    flows = (Flow("Demo / f", "e.omf", (Item("A", "python", lines=("psutil", "ldap3", "alpha"), autoinstall=True),)),)
    host = msgspec.structs.replace(host_of(), modules=("ldap3",))

    assert [("psutil", "alpha")] == [group.requirements for group in open_groups(flows, host, named=True)]
    assert [("alpha",)] == [group.requirements for group in open_groups(flows, host)]


def test_a_part_that_one_of_several_pythons_has_is_asked_of_no_index() -> None:
    """It would be missed for that one, which imports it; who lacks it is told by a check of its own."""
    flows = (
        Flow("Demo / f", "e.omf", (Item("A", "python", lines=("xml.late", "xml.gone", "alpha"), autoinstall=True),)),
    )
    older, newer = (
        msgspec.structs.replace(host_of(), library={"xml.late": late, "xml.gone": "xml.gone"})
        for late in ("xml.late", "")
    )

    assert [("xml.gone", "alpha")] == [group.requirements for group in open_groups(flows, older, newer)]
    assert [("xml.late", "xml.gone", "alpha")] == [group.requirements for group in open_groups(flows, older)]


def test_a_host_elsewhere_is_judged_by_what_its_probe_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its interpreter is no program of this machine; but what it says it has is not asked of the index in its name."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    box = item("A", autoinstall=True, code="import xml.airsub, alpha\n")
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", box))])
    monkeypatch.setenv("PIP_INDEX_URL", URL)
    given = TypedOptions(omflow=str(database), flows=(str(export),))
    facts = tmp_path / "facts.json"
    answered = Answered(URL, (), 200, "", "text/html", "", 0.1)

    def far(missing: str) -> Site:
        host = msgspec.structs.replace(host_of(), executable="/far/python", library={"xml.airsub": missing})
        facts.write_bytes(msgspec.json.encode(CarriedFacts(SCHEMA, "far", False, URL, host, answered, ())))
        return build_site(dataclasses.replace(given, facts=(str(facts),)))

    assert build_site(given).groups == far("xml.airsub").groups
    assert [("xml.airsub", "alpha")] == [group.requirements for group in far("xml.airsub").groups]
    assert [("alpha",)] == [group.requirements for group in far("").groups]


def test_the_open_edition_asks_no_index_for_what_pip_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's name may begin with an underscore, a package's may not."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    box = item("A", autoinstall=True, code="import _airpart, alpha\n")
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", box))])
    monkeypatch.setenv("PIP_INDEX_URL", URL)

    site = build_site(asked(omflow=str(database), flows=(str(export),)))

    assert [("alpha",)] == [group.requirements for group in site.groups]


def test_the_open_edition_without_an_index_wants_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip would ask its default index, which nobody here can judge; a typed URL can be judged all the same."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")

    with pytest.raises(BadInput) as caught:
        build_site(asked(omflow=str(database)))

    assert "omflow-open-no-index" == caught.value.key
    assert URL == build_site(asked(url=URL, omflow=str(database))).url


def test_flows_become_groups(tmp_path: Path) -> None:
    """One for each flow that declares anything, Collectors' items apart, each requirement with its items."""
    boxes = (
        item("A", text="fetch", packages=["demo-a", "demo-b"]),
        item("B", text="send", packages=["demo-a"]),
        item("C", packages=["demo-c"], collector="c1"),
    )
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", *boxes), flow("empty"))])

    groups = build_site(asked(url=URL, packages=("solo",), flows=(str(export),))).groups

    assert ["solo", "Demo / f", f"Demo / f{COLLECTOR}"] == [group.name for group in groups]
    assert {"demo-a": ("fetch", "send"), "demo-b": ("fetch",)} == groups[1].items
    assert ((("demo-c",), True)) == (groups[2].requirements, groups[2].collector)


def exported(path: Path, config: dict[str, Any]) -> str:
    code = [{"id": "FITEM_2", "type": "python", "text": "fetch", "config": config}]
    flows = [{"flow_name": "f", "config": {}, "flowobject": {"items": code}}]
    path.write_text(json.dumps([{"app_name": "A", "app_attr": "user", "flow_list": flows}]), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("config", "edition", "groups"),
    [
        ({"autoinstall": True, "code": "import alpha; import beta\n"}, None, ["alpha", "beta"]),
        ({"autoinstall": False, "code": "import alpha\n"}, None, []),
        ({"autoinstall": True, "code": "import alpha\nq = '''\nfrom table1 t\n'''\n"}, None, []),
        ({"packages": [], "autoinstall": True, "code": "import alpha\n"}, None, []),
        ({"packages": ["gamma"], "code": "import alpha\n"}, None, ["gamma"]),
        ({"packages": ["gamma"], "autoinstall": True, "code": "import alpha\n"}, Edition.OPEN, ["alpha"]),
        ({"autoinstall": True, "code": "import alpha\n"}, Edition.COMMERCIAL, []),
    ],
)
def test_flows_are_judged_by_their_editions_rule(
    tmp_path: Path, config: dict[str, Any], edition: Edition | None, groups: list[str]
) -> None:
    """The open edition writes no list of packages; what the option says goes before what the export shows."""
    site = build_site(asked(flows=(exported(tmp_path / "a.omf", config),), edition=edition))

    assert groups == list(site.requirements)
    assert site.is_open_edition is ((edition or site.edition) is Edition.OPEN)


NO_LIST = {"autoinstall": True, "code": "import alpha\n"}
LIST: dict[str, Any] = {"packages": ["gamma"], "code": "import gamma\n"}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NO_LIST, LIST),
        (NO_LIST, {**LIST, "packages": []}),
        (NO_LIST, {**LIST, "packages": None}),
        ({"code": "this is no python\n"}, LIST),
        ({"code": "x = __import__('alpha')\n"}, LIST),
    ],
)
def test_exports_of_two_editions_are_judged_by_neither_rule(
    tmp_path: Path, first: dict[str, Any], second: dict[str, Any], order: int
) -> None:
    """A further export never makes a verdict better: whose rule holds for both, the user says, in whatever order."""
    names = (exported(tmp_path / "a.omf", first), exported(tmp_path / "b.omf", second))[::order]

    with pytest.raises(BadInput) as caught:
        build_site(asked(flows=names))

    assert "flow-editions-differ" == caught.value.key
    text = caught.value.text
    assert all(f"{name} (" in said and "--edition open" in said for name in names for said in (text.en, text.zh_tw))
    assert build_site(asked(flows=names, edition=Edition.OPEN)).is_open_edition
    assert not build_site(asked(flows=names, edition=Edition.COMMERCIAL)).is_open_edition


def test_a_flow_of_the_other_edition_in_the_same_file_is_told_as_well(tmp_path: Path) -> None:
    """An export may hold old flows, and those that were imported from the other edition."""
    flows = [flow("old", item(code="import alpha")), flow("new", item(packages=["gamma"]))]
    export = write(tmp_path / "e.omf", [application("Demo", *flows)])

    with pytest.raises(BadInput) as caught:
        build_site(asked(flows=(str(export),)))

    assert "Demo / old" in caught.value.text.en
    assert "Demo / new" in caught.value.text.en


def test_code_that_both_rules_judge_alike_shows_no_edition(tmp_path: Path) -> None:
    """It imports nothing."""
    names = (exported(tmp_path / "a.omf", {"code": "x = 1\n"}), exported(tmp_path / "b.omf", LIST))

    assert Edition.COMMERCIAL is build_site(asked(flows=names)).edition


def test_the_database_says_of_which_edition_the_flows_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The open edition keeps the lists of an application that it imported, and reads none of them."""
    monkeypatch.setenv("PIP_INDEX_URL", URL)
    database = str(write_database(tmp_path / "db.omflow", OPEN_ROWS))
    names = (exported(tmp_path / "a.omf", NO_LIST), exported(tmp_path / "b.omf", {**LIST, "autoinstall": True}))

    site = build_site(asked(flows=names, omflow=database))

    assert (True, ("alpha", "gamma")) == (site.is_open_edition, site.requirements)


def test_a_rehearsal_for_a_target_alone_says_what_to_name() -> None:
    """airproof's own sample stands for no target, and its remedy would fetch a stranger's package."""
    with pytest.raises(BadInput) as caught:
        build_site(asked(targets=("cp311-win_amd64",)))

    assert "rehearse-target-nothing" == caught.value.key
