"""Which versions an advisory affects, as OSV's specification says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from airproof.custody.advisories import index_database
from airproof.custody.matches import Match, matches_of, named_subject, subject_of
from pytest_airproof.packages.advisories import advisory, write_database

VERSIONS = ("0.9", "1.0a1", "1.0", "1.0.post1", "1.1", "1.2rc1", "1.2", "2.0", "1!0.1")


def matched(folder: Path, records: Sequence[dict[str, object]], project: str, *versions: str) -> tuple[Match, ...]:
    database = write_database(folder / "all.zip", records)
    return matches_of(index_database(database), {project: versions})


def naive(events: Sequence[dict[str, str]], version: str) -> bool:
    """Say whether a range has a version: the last event at or before it decides, of each kind by its own border."""
    at = Version(version)
    limits = [event["limit"] for event in events if "limit" in event]
    if limits and not any(limit == "*" or at < Version(limit) for limit in limits):
        return False
    crossed: list[tuple[Version, int, bool]] = []
    for place, event in enumerate(events):
        for kind, text in event.items():
            border = Version("0.dev0") if text == "0" else Version(text) if text != "*" else at
            if kind == "introduced" and border <= at:
                crossed.append((border, place, True))
            elif kind == "fixed" and border <= at:
                crossed.append((border, place, False))
            elif kind == "last_affected" and border < at:
                crossed.append((border, len(events) + place, False))
    return bool(crossed) and max(crossed)[2]


event = st.one_of(
    st.sampled_from(["introduced", "fixed", "last_affected"]).flatmap(
        lambda kind: st.sampled_from(VERSIONS).map(lambda version: {kind: version})
    ),
    st.just({"introduced": "0"}),
    st.sampled_from(VERSIONS).map(lambda version: {"limit": version}),
)


@settings(max_examples=200, deadline=None)
@given(events=st.lists(event, min_size=1, max_size=6))
def test_ranges_agree_with_a_naive_reading(
    tmp_path_factory: pytest.TempPathFactory, events: list[dict[str, str]]
) -> None:
    """Events in any order, of any kind: sorted by PEP 440, the last one that a version has passed decides."""
    folder = tmp_path_factory.mktemp("database")

    found = matched(folder, [advisory("GHSA-1", "lib", events=events)], "lib", *VERSIONS)

    assert {version for version in VERSIONS if naive(events, version)} == {match.version for match in found}


@pytest.mark.parametrize(
    ("about", "affected"),
    [
        ({"versions": ["1.0", "1.2"]}, {"1.0", "1.2"}),  # the list alone
        ({"versions": ["0.9"], "events": [{"introduced": "1.2"}]}, {"0.9", "1.2", "2.0", "1!0.1"}),  # list or range
        ({"events": [{"introduced": "0"}, {"fixed": "2004d"}]}, set(VERSIONS)),  # nobody can read it: it ends nothing
        ({"events": [{"introduced": "0"}, {"limit": "1.0"}]}, {"0.9", "1.0a1"}),
        ({"events": [{"introduced": "0"}, {"limit": "1.0"}, {"limit": "*"}]}, set(VERSIONS)),
        ({"events": [{"introduced": "1.0"}, {"last_affected": "1.0"}]}, {"1.0"}),
        ({"events": [{"introduced": "1.0"}, {"fixed": "1.0"}]}, set()),
        ({"events": [{"introduced": "0"}], "withdrawn": True}, set()),
        ({"events": [{"introduced": "0"}], "ecosystem": "npm"}, set()),
        ({"events": [{"fixed": "1.0"}]}, set()),  # nothing introduced it
        ({}, set()),
    ],
)  # fmt: skip
def test_each_form_of_an_advisory(tmp_path: Path, about: dict[str, Any], affected: set[str]) -> None:
    """Lists, ranges, limits, and records that say nothing of this project."""
    records = [advisory("GHSA-1", "Some.Lib", **about), advisory("GHSA-2", "another", events=[{"introduced": "0"}])]

    found = matched(tmp_path, records, "some-lib", *VERSIONS)

    assert affected == {match.version for match in found}


def test_a_version_of_more_digits_than_python_reads_is_no_version(tmp_path: Path) -> None:
    """It ends no range, and nothing breaks over it: all other versions of the advisory are compared."""
    huge = "9" * 5000
    events = [{"introduced": "0"}, {"fixed": huge}]
    record = advisory("GHSA-1", "lib", events=events, versions=[huge])

    assert ["1.0"] == [match.version for match in matched(tmp_path, [record], "lib", "1.0")]
    assert f"GHSA-1 pkg:pypi/lib@{huge}" == subject_of("GHSA-1", "lib", huge)


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("CVE-1", "CVE-1"),
        ("CVE-1 pkg:pypi/Some.Lib", "CVE-1 pkg:pypi/some-lib"),
        ("CVE-1 pkg:pypi/dep@2.0", "CVE-1 pkg:pypi/dep@2"),
        ("CVE-1 pkg:pypi/dep@2.0.0+local", "CVE-1 pkg:pypi/dep@2+local"),
        ("cp311-linux", "cp311-linux"),
    ],
)
def test_a_waiver_may_spell_package_and_version_as_the_report_does(written: str, subject: str) -> None:
    """`dep 2.0` is what the report prints."""
    assert subject == named_subject(written)


def test_ranges_of_commits_are_left_out(tmp_path: Path) -> None:
    """A range of type GIT names commits, and no version."""
    record = json.loads(json.dumps(advisory("GHSA-1", "lib", events=[{"introduced": "0"}])))
    record["affected"][0]["ranges"][0]["type"] = "GIT"

    assert () == matched(tmp_path, [record], "lib", *VERSIONS)


def test_a_local_build_of_an_affected_release_is_affected(tmp_path: Path) -> None:
    """`1.0+cu118` is 1.0, built elsewhere: listed, and last affected, it counts; a fixed one stays fixed."""
    listed = advisory("GHSA-1", "lib", versions=["1.0"])
    last = advisory("GHSA-2", "lib", events=[{"introduced": "0"}, {"last_affected": "1.0"}])
    fixed = advisory("GHSA-3", "lib", events=[{"introduced": "0"}, {"fixed": "1.0"}])

    found = matched(tmp_path, [listed, last, fixed], "lib", "1.0+cu118")

    assert ["GHSA-1", "GHSA-2"] == [match.id for match in found]


def test_duplicates_of_two_databases_are_one(tmp_path: Path) -> None:
    """GHSA and PYSEC tell of one CVE: one match, with the severity that one of them knows, and all names."""
    events = [{"introduced": "0"}, {"fixed": "2.0"}]
    records = [
        advisory("PYSEC-1", "lib", aliases=["CVE-1"], events=events),
        advisory("GHSA-1", "lib", aliases=["CVE-1"], events=events, severity="MODERATE"),
        advisory("GHSA-2", "lib", aliases=["CVE-2"], events=events, severity="LOW"),
    ]

    found = matched(tmp_path, records, "lib", "1.0")

    told = {match.id: (match.aliases, match.severity, match.fixed) for match in found}
    assert {"GHSA-1": (("CVE-1", "PYSEC-1"), "medium", ("2.0",)), "GHSA-2": (("CVE-2",), "low", ("2.0",))} == told


def test_a_folder_says_the_same_as_the_zip(tmp_path: Path) -> None:
    """The export may lie unpacked, in folders of any depth."""
    record = advisory("GHSA-1", "lib", events=[{"introduced": "0"}], modified="2026-03-04T05:06:07Z")
    (tmp_path / "osv" / "PyPI").mkdir(parents=True)
    (tmp_path / "osv" / "PyPI" / "GHSA-1.json").write_text(json.dumps(record), encoding="utf-8")

    index = index_database(tmp_path / "osv")

    assert (1, "2026-03-04T05:06:07Z") == (index.total, index.newest)
    assert ["GHSA-1"] == [match.id for match in matches_of(index, {"lib": ["1.0"]})]
