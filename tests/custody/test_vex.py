"""VEX documents: which advisories they take away, in which packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airproof.custody.vex import read_vex
from airproof.record.fold import waiver_for

PRODUCT = [{"@id": "pkg:pypi/Some.Lib@1.0"}]


def told(folder: Path, document: object) -> dict[str, str]:
    (folder / "vex.json").write_text(json.dumps(document), encoding="utf-8")
    return {statement.subject: statement.reason for statement in read_vex(folder / "vex.json") if statement.reason}


def statement(status: str, **more: object) -> dict[str, object]:
    return {"vulnerability": {"name": "CVE-1"}, "products": PRODUCT, "status": status, **more}


@pytest.mark.parametrize(
    ("status", "waived"),
    [("not_affected", True), ("fixed", True), ("affected", False), ("under_investigation", False), ("", False)],
)
def test_openvex(tmp_path: Path, status: str, waived: bool) -> None:
    """Two of the four statuses take an advisory away."""
    assert waived == bool(told(tmp_path, {"statements": [statement(status)]}))


def test_openvex_says_why_and_where(tmp_path: Path) -> None:
    """The reason has the justification and the document's name; the package's name is normalised."""
    document = {"statements": [statement("not_affected", justification="component_not_present")]}

    found = told(tmp_path, document)

    assert {"CVE-1 pkg:pypi/some-lib@1": "not_affected: component_not_present (vex.json)"} == found


def test_the_latest_statement_counts(tmp_path: Path) -> None:
    """Somebody found out later that it does matter, wherever that stands in the document."""
    later = statement("affected", timestamp="2026-05-01T00:00:00Z")
    earlier = statement("not_affected", timestamp="2026-04-01T00:00:00Z")

    assert {} == told(tmp_path, {"statements": [later, earlier]})


def test_a_later_statement_ends_wider_and_narrower_ones(tmp_path: Path) -> None:
    """All versions are harmless, then this one is not: nobody can tell what is left of the first statement. Another
    version's own statement stays.
    """
    every, other = [{"@id": "pkg:pypi/some-lib"}], [{"@id": "pkg:pypi/some-lib@2.0"}]
    wide = statement("not_affected", products=every, timestamp="2026-04-01T00:00:00Z")
    narrow = statement("not_affected", products=other, timestamp="2026-04-02T00:00:00Z")
    later = statement("affected", timestamp="2026-05-01T00:00:00Z")

    assert ["CVE-1 pkg:pypi/some-lib@2"] == sorted(told(tmp_path, {"statements": [wide, narrow, later]}))
    assert {} == told(tmp_path, {"statements": [narrow, later | {"products": every}]})


@pytest.mark.parametrize(("later", "waived"), [("affected", False), ("not_affected", True)])
def test_the_latest_counts_under_another_name_as_well(tmp_path: Path, later: str, waived: bool) -> None:
    """A document need not say that GHSA-1 is CVE-1; the database of advisories knows it."""
    earlier = {"affected": "not_affected", "not_affected": "affected"}[later]
    first = statement(earlier, timestamp="2026-04-01T00:00:00Z")
    last = statement(later, timestamp="2026-05-01T00:00:00Z") | {"vulnerability": {"name": "GHSA-1"}}
    told(tmp_path, {"statements": [last, first]})
    waivers = [("SEC01", found.subject, found.reason) for found in read_vex(tmp_path / "vex.json")]

    subjects = ("CVE-1 pkg:pypi/some-lib@1", "GHSA-1 pkg:pypi/some-lib@1")
    assert waived == (waiver_for(waivers, "SEC01", "", subjects) is not None)


@pytest.mark.parametrize(
    ("state", "versions", "waived", "here"),
    [
        (
            "resolved",
            [{"version": "1.0", "status": "affected"}, {"version": "1.1", "status": "unaffected"}],
            ["1.1", ""],
            False,
        ),
        ("resolved", [{"version": "1.0"}], [""], False),
        ("resolved", [{"version": "0.9"}], [""], True),
        ("resolved", [{"range": "vers:pypi/<1.1", "status": "affected"}], [], False),
        ("resolved", [{"range": "vers:pypi/>=1.1", "status": "unaffected"}], [""], True),
        ("not_affected", [{"version": "1.0", "status": "affected"}], [""], True),
        ("exploitable", [{"version": "1.1", "status": "unaffected"}], ["1.1"], False),
        ("exploitable", [{"version": "1.1", "status": "unknown"}], [], False),
        ("", [{"version": "1.1", "status": "unaffected"}, {"version": 7}, "odd"], ["1.1"], False),
    ],
)
def test_cyclonedx_tells_versions_apart(
    tmp_path: Path, state: str, versions: list[object], waived: list[str], here: bool
) -> None:
    """An advisory that is resolved is not in a version named as affected; one that is not reached needs no other
    version. `here`: version 1.0 is harmless.
    """
    document = {
        "bomFormat": "CycloneDX",
        "components": [{"bom-ref": "a", "purl": "pkg:pypi/lib"}],
        "vulnerabilities": [
            {"id": "CVE-1", "analysis": {"state": state}, "affects": [{"ref": "a", "versions": versions}]}
        ],
    }

    found = told(tmp_path, document)

    assert waived == [subject.partition("@")[2] for subject in found]
    waivers = [("SEC01", statement.subject, statement.reason) for statement in read_vex(tmp_path / "vex.json")]
    names = ("CVE-1", "CVE-1 pkg:pypi/lib", "CVE-1 pkg:pypi/lib@1")
    assert here == (waiver_for(waivers, "SEC01", "", names) is not None)


@pytest.mark.parametrize(
    ("affected", "harmless", "waived"),
    [
        ("2026-03-01T23:30:00Z", "2026-03-02T06:00:00+08:00", False),
        ("2026-03-01T15:00:00Z", "2026-03-01T12:00:00-06:00", True),
        ("2026-03-01T10:00:00.500Z", "2026-03-01T10:00:00Z", False),
        ("2026-03-01T10:00:00Z", "tomorrow", False),
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00", True),
    ],
)
def test_times_are_compared_and_not_their_texts(tmp_path: Path, affected: str, harmless: str, waived: bool) -> None:
    """Zones and parts of a second are legal; what is no time comes first."""
    statements = [statement("affected", timestamp=affected), statement("not_affected", timestamp=harmless)]

    assert waived == bool(told(tmp_path, {"statements": statements}))


def test_the_latest_analysis_counts(tmp_path: Path) -> None:
    """A vulnerability of CycloneDX may stand anywhere in the document."""
    affects = [{"ref": "pkg:pypi/lib"}]
    later = {"id": "CVE-1", "analysis": {"state": "exploitable", "lastUpdated": "2026-09-01T00:00:00Z"}}
    earlier = {"id": "CVE-1", "analysis": {"state": "not_affected"}, "updated": "2026-01-01T00:00:00Z"}
    found = [{**later, "affects": affects}, {**earlier, "affects": affects}]

    assert {} == told(tmp_path, {"bomFormat": "CycloneDX", "vulnerabilities": found})


def test_aliases_and_subcomponents(tmp_path: Path) -> None:
    """A product of the site's own names the library as a part of it."""
    product = {"@id": "pkg:generic/our-flow", "subcomponents": [{"@id": "pkg:pypi/lib"}]}
    named = {"name": "CVE-1", "aliases": ["GHSA-1"]}

    found = told(tmp_path, {"statements": [{"vulnerability": named, "products": [product], "status": "fixed"}]})

    assert ["CVE-1 pkg:pypi/lib", "GHSA-1 pkg:pypi/lib"] == sorted(found)


@pytest.mark.parametrize(
    ("state", "waived"),
    [
        ("not_affected", True),
        ("resolved", True),
        ("false_positive", True),
        ("exploitable", False),
        ("in_triage", False),
    ],
)
def test_cyclonedx(tmp_path: Path, state: str, waived: bool) -> None:
    """Three states take an advisory away; a reference leads to the component's package URL."""
    document = {
        "bomFormat": "CycloneDX",
        "components": [{"bom-ref": "a", "components": [{"bom-ref": "b", "purl": "pkg:pypi/lib@2.0.0?x=y"}]}],
        "vulnerabilities": [
            {"id": "CVE-1", "analysis": {"state": state, "detail": "never called"}, "affects": [{"ref": "b"}]}
        ],
    }

    expected = {"CVE-1 pkg:pypi/lib@2": f"{state}: never called (vex.json)"} if waived else {}
    assert expected == told(tmp_path, document)
