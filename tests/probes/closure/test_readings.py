"""Readings of what pip installed: each distribution with its file on the index, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airproof.checks.pip import check_everything_installs
from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.closure.readings import Readings, probe_readings
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.index.forms import Forms
from airproof.probes.installs.builds import Builds
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.probes.pip.installed import Installed
from airproof.site.group import Group
from airproof.site.site import Site
from airproof.system.processes import Ran
from pytest_airproof.packages import Sdist, Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.pythons import host_of

LOCAL = "file:///packages/demo-1.0-py3-none-any.whl"


@pytest.fixture
def index() -> Iterator[StaticIndex]:
    with StaticIndex({"demo": [Wheel("demo", "2.0")], "hidden": [Wheel("apart")]}, hashed=True) as server:
        yield server


def facts(*installed: Installed) -> PipFacts:
    """Return the facts of a pip that ended well."""
    run = PipRun(("demo",), ("demo",), Ran((), 0, 0.1, "", ""), installed)
    return PipFacts("here", "26.3", (run,))


def read(index: StaticIndex, folder: Path, *installed: Installed) -> Readings:
    with Http(10) as http:
        source = IndexSource(http, index.url, folder)
        return probe_readings(facts(*installed), TargetMatcher.of(host_of()), [Group("demo", ("demo",))], source)


def test_a_file_that_a_dependency_names_by_its_url_is_read_from_there(index: StaticIndex, tmp_path: Path) -> None:
    """No page has to list it: pip goes to the URL (PEP 508)."""
    named = index.file("apart-1.0-py3-none-any.whl")
    demo = Installed("demo", "2.0", (f"apart @ {named}",), ())

    found = read(index, tmp_path, demo, Installed("apart", "1.0", (), (), url=named))

    assert {"demo-2.0-py3-none-any.whl", "apart-1.0-py3-none-any.whl"} == {link.filename for _, link in found.links}


def test_a_file_that_an_old_pip_passes_over_is_not_the_one_that_it_took(tmp_path: Path) -> None:
    """pip 20.3.4 names no URL; it discards a wheel that has another version inside, and builds the source beside it."""
    wheel = Wheel("demo", files={"demo-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 2.0\n"})
    old = TargetMatcher("old", host_of().markers, host_of().tags, ways=PipBehaviour.of("20.3.4", "3.8"))
    with StaticIndex({"demo": [wheel, Sdist("demo")]}, hashed=True) as server, Http(10) as http:
        source = IndexSource(http, server.url, tmp_path)
        found = probe_readings(facts(Installed("demo", "1.0", (), ())), old, [Group("demo", ("demo",))], source)

    assert ["demo-1.0.tar.gz"] == [link.filename for _, link in found.links]


@pytest.mark.parametrize(
    ("url", "reason"), [(LOCAL, "not-from-index"), (None, "page-lacks-installed")], ids=["folder", "no-page"]
)
def test_what_the_index_does_not_have_has_a_reason_of_its_own(
    index: StaticIndex, tmp_path: Path, url: str | None, reason: str
) -> None:
    """pip took it from a folder that its call names, or from nobody knows where: the index is not judged by it."""
    with pytest.raises(CannotLook) as caught:
        read(index, tmp_path, Installed("demo", "1.0", (), (), url=url))

    assert reason == caught.value.key


def test_what_another_package_has_overwritten_is_named() -> None:
    """pip ended well, and what was asked for is not there by its name."""
    with pytest.raises(CannotLook) as caught:
        check_everything_installs(
            facts(Installed("other", "1.0", (), ())),
            Readings("here", "26.3", ()),
            host_of(),
            Builds(),
            Forms("", ()),
            Site(""),
        )

    assert ("not-there-afterwards", "demo", "other") == (
        caught.value.key,
        caught.value.values["missing"],
        caught.value.values["found"],
    )
