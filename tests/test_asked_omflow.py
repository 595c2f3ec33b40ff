"""From OMFlow's database and exports to a site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from airproof.asked import Asked, site_of
from airproof.check import Failed
from airproof.checks.stored import check_omflow_has_a_url
from airproof.errors import BadInput
from airproof.flows import COLLECTOR
from airproof.probes.template import OPEN_EDITION
from airproof.site import COMMERCIAL, Kind
from tests.probes.exported import application, flow, item, write
from tests.probes.omflowserver import OPEN_ROWS, write_database

URL = "http://192.0.2.10:3141/root/local/"


def asked(**given: Any) -> Asked:
    return Asked(pythons=(sys.executable,), **given)


def test_the_url_comes_from_omflow(tmp_path: Path) -> None:
    """No URL need be typed; the command is the commercial edition's, which is an assumption."""
    database = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": f" {URL}"})

    site = site_of(asked(omflow=str(database)))

    assert (URL, Kind.LIVE, COMMERCIAL, True) == (site.url, site.kind, site.pip_command, site.pip_command_assumed)


def test_a_typed_url_is_judged_and_the_stored_one_kept(tmp_path: Path) -> None:
    """So that a check can compare them."""
    database = write_database(tmp_path / "db.omflow", {"pip": "http://192.0.2.11/other/"})

    site = site_of(asked(url=URL, omflow=str(database)))

    assert (URL, "http://192.0.2.11/other/") == (site.url, site.stored.value if site.stored else None)


def test_an_empty_setting_is_a_finding_where_a_url_is_typed(tmp_path: Path) -> None:
    """Without one there is nothing to judge, and the run does not begin."""
    database = write_database(tmp_path / "db.omflow", {**OPEN_ROWS, "pip": ""})

    site = site_of(asked(url=URL, omflow=str(database)))
    with pytest.raises(BadInput) as caught:
        site_of(asked(omflow=str(database)))
    with pytest.raises(Failed) as found:
        check_omflow_has_a_url(site)

    assert ("omflow-no-setting", ["no-url-stored"]) == (caught.value.key, [one.cause for one in found.value.findings])
    assert COMMERCIAL == site.pip_command


def test_the_open_edition_takes_pips_own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its command is known; what it installs is what the code of the items that may install lacks, by import name."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    code = "import os, yaml\nimport demo_e.sub\nfrom omflow.syscom.tools import x\nimport django\n"
    boxes = (item("A", autoinstall=True, code=code, packages=["not-this"]), item("B", code="import requests"))
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", *boxes))])
    monkeypatch.setenv("PIP_INDEX_URL", URL)

    site = site_of(asked(omflow=str(database), flows=(str(export),)))

    assert (URL, OPEN_EDITION, False) == (site.url, site.pip_command, site.pip_command_assumed)
    assert [("Demo / f", ("yaml", "demo_e"))] == [(one.name, one.requirements) for one in site.groups]


def test_the_open_edition_without_an_index_wants_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip would ask its default index, which nobody here can judge; a typed URL can be judged all the same."""
    database = write_database(tmp_path / "db.omflow", OPEN_ROWS)
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")

    with pytest.raises(BadInput) as caught:
        site_of(asked(omflow=str(database)))

    assert "omflow-open-no-index" == caught.value.key
    assert URL == site_of(asked(url=URL, omflow=str(database))).url


def test_flows_become_groups(tmp_path: Path) -> None:
    """One for each flow that declares anything, Collectors' items apart, each requirement with its items."""
    boxes = (
        item("A", text="fetch", packages=["demo-a", "demo-b"]),
        item("B", text="send", packages=["demo-a"]),
        item("C", packages=["demo-c"], collector="c1"),
    )
    export = write(tmp_path / "e.omf", [application("Demo", flow("f", *boxes), flow("empty"))])

    groups = site_of(asked(url=URL, packages=("solo",), flows=(str(export),))).groups

    assert ["solo", "Demo / f", f"Demo / f{COLLECTOR}"] == [one.name for one in groups]
    assert {"demo-a": ("fetch", "send"), "demo-b": ("fetch",)} == groups[1].items
    assert ((("demo-c",), True)) == (groups[2].requirements, groups[2].collector)
