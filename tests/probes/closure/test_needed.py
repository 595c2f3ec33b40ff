"""Needs of a target, read from a live index and from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.net.http import Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.needed import list_projects, probe_each_project, probe_needed
from airproof.probes.closure.resolution import Metadata
from airproof.probes.closure.sources.cache import MetadataCache
from airproof.probes.closure.sources.folder import FolderSource, sha256_of
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.simple import Link
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import target_of
from airproof.site.group import Group
from airproof.site.hosts import InstalledDistribution
from pytest_airproof.packages import Package, Sdist, Wheel
from tests.probes.indexserver import StaticIndex

WINDOWS = TargetMatcher.by(target_of("cp37-win32"))
LINUX = TargetMatcher.by(target_of("cp311-manylinux2014_x86_64"))
INDEX: dict[str, list[Package]] = {
    "app": [Wheel("app", requires=("native>=1", 'backport; python_version < "3.8"'))],
    "native": [
        Wheel("native", "1.5", tag="cp37-cp37m-win32"),
        Wheel("native", "2.0", tag="cp311-cp311-manylinux_2_17_x86_64"),
    ],
    "backport": [Wheel("backport")],
    "source": [Sdist("source")],
    "clash": [Wheel("clash", requires=("native<1",))],
    "early": [Wheel("early", "1.0"), Wheel("early", "2.0", requires=("beta>=1",))],
    "beta": [Wheel("beta", "1.1b1")],
}


@pytest.fixture(scope="module")
def index() -> Iterator[StaticIndex]:
    with StaticIndex(INDEX) as server:
        yield server


@pytest.fixture
def source(index: StaticIndex, tmp_path: Path) -> Iterator[IndexSource]:
    with Http(10) as http:
        yield IndexSource(http, index.url, tmp_path / "files")


def test_each_target_gets_its_own_files(source: IndexSource) -> None:
    """Markers and tags are the target's, wherever this runs; each file that is taken is asked for."""
    group = Group("app", ("app",))

    windows = probe_needed(source, WINDOWS, [group])
    linux = probe_needed(source, LINUX, [group])

    assert {"app-1.0-py3-none-any.whl", "native-1.5-cp37-cp37m-win32.whl", "backport-1.0-py3-none-any.whl"} == {
        link.filename for _, link in windows.readings.links
    }
    assert {"app-1.0-py3-none-any.whl", "native-2.0-cp311-cp311-manylinux_2_17_x86_64.whl"} == {
        link.filename for _, link in linux.readings.links
    }
    assert () == windows.unserved == linux.unserved
    assert "--platform win32" in windows.fetch


def test_an_sdist_is_told_apart(source: IndexSource) -> None:
    """An sdist that would have to be built there is no wheel."""
    assert ("source-1.0.tar.gz",) == probe_needed(source, WINDOWS, [Group("source", ("source",))]).sdists


def test_what_the_target_has_counts_where_the_index_does_not_do(source: IndexSource) -> None:
    """The index is read as if nothing were installed first; then what is there is left as it is."""
    had = {"backport": InstalledDistribution("0.9", ()), "gone": InstalledDistribution("1.0", ("backport",))}
    target = TargetMatcher("far", WINDOWS.markers, WINDOWS.tags, had=had)
    groups = [Group(text, (text,)) for text in ("backport", "gone", "absent")]

    found = {group.group: group.reading for group in probe_needed(source, target, groups).readings.groups}

    assert ({}, ["1.0"]) == (found["backport"].had, [pin.version for pin in found["backport"].pins])
    assert {"backport": "0.9", "gone": "1.0"} == found["gone"].had
    assert ["absent"] == [gap.project for gap in found["absent"].gaps]


def test_every_project_is_asked_for_by_itself(source: IndexSource, index: StaticIndex) -> None:
    """One that cannot be had is named, and those that merely clash with others are not."""
    each = probe_each_project(source, WINDOWS, ["app", "backport", "clash", "native", "source"])

    assert (5, 4, ["clash"], ("source",)) == (
        each.projects,
        each.resolved,
        [reading.group for reading in each.failed],
        each.sdists,
    )
    assert () == list_projects(source.http, index.file("nothing"))


def test_every_file_that_a_project_takes_is_kept_with_those_that_take_it(source: IndexSource) -> None:
    """The files are kept if licences or advisories are judged; a project that does not resolve takes nothing."""
    each = probe_each_project(source, WINDOWS, ["app", "backport", "clash"], keep=True)

    askers = {file.filename: each.taken.askers[file.url] for file in each.taken.files}
    assert ("app", "backport") == askers["backport-1.0-py3-none-any.whl"]
    assert {"app", "backport"} == set(each.taken.by_asker)
    assert () == probe_each_project(source, WINDOWS, ["app"]).taken.files


def test_each_page_and_file_is_fetched_once(source: IndexSource, index: StaticIndex) -> None:
    """Two groups and two targets ask for the same things, and the index is asked once for each, and for the form that
    old pips read.
    """
    before = len(index.asked)
    newest = TargetMatcher.by(target_of("cp37-win32-pip24.0"))

    for target in (newest, LINUX, LINUX):
        for group in ("app", "backport"):
            probe_needed(source, target, [Group(group, (group,))])

    gets = [path for path in index.asked[before:] if path.endswith("/")]
    assert len(set(gets)) == len(gets)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("cp311-win_amd64", {("24.0", "early-1.0"), ("26.3", "early-2.0"), ("26.3", "beta-1.1b1")}),
        ("cp311-win_amd64-pip25.3", {("", "early-1.0")}),
        ("cp311-win_amd64-pip26.0", {("", "early-2.0"), ("", "beta-1.1b1")}),
    ],
)
def test_a_target_whose_pip_nobody_knows_is_read_as_each_that_it_may_be(
    source: IndexSource, name: str, taken: set[tuple[str, str]]
) -> None:
    """A pre-release within a bound is taken from pip 26 on; what either takes is needed."""
    found = probe_needed(source, TargetMatcher.by(target_of(name)), [Group("early", ("early",))]).readings.groups

    assert taken == {(item.pip, f"{pin.project}-{pin.version}") for item in found for pin in item.reading.pins}


def test_metadata_is_kept_by_hash(tmp_path: Path) -> None:
    """Metadata of these very bytes is not asked for again; without a hash, nothing is kept."""
    cache = MetadataCache(tmp_path / "cache")
    named = Link("a-1.0-py3-none-any.whl", "http://index/a", {"sha256": "0" * 64})
    bare = Link("b-1.0-py3-none-any.whl", "http://index/b")

    for link in (named, bare):
        cache.put(link, Metadata(("x",)))

    assert (Metadata(("x",)), None) == (cache.get(named), cache.get(bare))
    assert None is MetadataCache(None).get(named)


def test_an_untrue_hash_is_not_believed_for_ever(tmp_path: Path) -> None:
    """Bytes that do not have the published hash leave nothing behind in the cache, and are none to pip."""
    wheel = Wheel("a", requires=("evil",))
    with StaticIndex({"a": [wheel]}) as server, Http(10) as http:
        cache = MetadataCache(tmp_path / "cache")
        lying = Link(wheel.filename, server.file(wheel.filename), {"sha256": "1" * 64})
        true = Link(wheel.filename, server.file(wheel.filename), {"sha256": sha256_of(wheel.write(tmp_path))})
        for link, requires in ((lying, ()), (true, ("evil",))):
            found = IndexSource(http, server.url, tmp_path / "files", cache=cache).metadata("a", link)

            assert requires == found.requires
            assert bool(requires) is found.readable

        assert (None, ("evil",)) == (cache.get(lying), getattr(cache.get(true), "requires", None))


def test_a_folder_is_a_source_too(tmp_path: Path) -> None:
    """A folder of wheels is read like an index, Requires-Python from the files themselves, sub-folders included."""
    for name, packages in INDEX.items():
        for package in packages:
            package.write(tmp_path / name)
    Wheel("app", "9.0", requires_python=">=3.99").write(tmp_path)
    (tmp_path / "readme.txt").write_text("no package")

    folder = FolderSource(tmp_path)
    reading = read_closure(folder, WINDOWS, ["app"])

    assert tuple(sorted(INDEX)) == folder.projects
    assert {"app", "native", "backport"} == {pin.project for pin in reading.pins}
    assert not read_closure(folder, WINDOWS, ["absent"]).resolves


def test_a_page_under_a_spelling_that_pip_does_not_ask_for_is_found(tmp_path: Path) -> None:
    """The name as it is typed, or as METADATA writes it, is tried once where the normalised one is 404; an index need
    not list its projects for that.
    """
    packages = {"Pretty.Name": [Wheel("pretty-name")], "app": [Wheel("app", requires=("Pretty.Name",))]}
    with StaticIndex(packages) as server, Http(10) as http:
        source = IndexSource(http, server.url, tmp_path)
        readings = [read_closure(source, LINUX, [asked]) for asked in ("app", "Pretty.Name", "pretty-name", "Gone")]
        asked = [path for path in server.asked if path.endswith("/")]

    found = [gap.served_as for reading in readings for gap in reading.gaps]
    assert ["Pretty.Name", "Pretty.Name", "", ""] == found
    assert ["/simple/Pretty.Name/"] == [path for path in asked if path.startswith("/simple/P")]
