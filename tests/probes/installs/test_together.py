"""Groups that are asked for together: each is judged as if it had been asked for alone, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path

import pytest

from airproof.net.http import Http
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.installs.apart import takes_the_same, view_of
from airproof.probes.installs.pip import OfflinePip
from airproof.probes.installs.together import probe_pip
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.pip.facts import PipFacts
from airproof.site.choosing import PLAIN
from airproof.site.group import Group
from pytest_airproof.packages import Package, Wheel
from tests.probes.indexserver import StaticIndex
from tests.probes.offline import group, offline_pip
from tests.probes.pythons import host_of
from tests.thorough import variant


class Cut(Wheel):
    """A wheel of which the server holds the first half."""

    def content(self) -> bytes:
        whole = super().content()
        return whole[: len(whole) // 2]


FAILING = {"cc/__init__.py": b"import nowhere_to_be_found\n"}
CLEAN = Wheel("cc", "1.0")
AA, BB = Wheel("aa", requires=["cc"]), Wheel("bb", requires=["cc<2"])


class Asking:
    """An index with these projects, and all groups asked of it together."""

    def __init__(self, folder: Path, http: Http, projects: Mapping[str, Sequence[Package]]) -> None:
        self.folder, self.http, self.projects = folder, http, projects

    def __call__(self, *groups: Group, imports: bool = True) -> PipFacts:
        self.folder = self.folder / "next"
        with StaticIndex(self.projects) as index:
            pip: OfflinePip = offline_pip(index.url, self.folder)
            source = IndexSource(self.http, index.url, self.folder / "files")
            target = TargetMatcher.of(host_of())
            return probe_pip(
                pip,
                groups,
                imports=imports,
                same=lambda one, run: takes_the_same(one, run, view_of(one, source, target, PLAIN)),
            )


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(5.0) as client:
        yield client


def outcomes(facts: PipFacts) -> dict[str, bool]:
    """Each group, and whether all of it went well."""
    return {
        name: run.ok and all(tried.ok for tried in run.imports if tried.project == name)
        for run in facts.runs
        for name in run.groups
    }


@pytest.mark.parametrize(
    "newest",
    [
        variant(Cut("cc", "2.0"), daily=True, id="cut"),
        variant(Wheel("cc", "2.0", requires=["absent"]), daily=False, id="requires what is absent"),
    ],
)
def test_an_older_pin_beside_it_hides_no_damage(tmp_path: Path, http: Http, newest: Package) -> None:
    """`aa` alone is given `cc` 2.0, which cannot be had; that `bb` wants an older one does not mend `aa`."""
    asking = Asking(tmp_path, http, {"aa": [AA], "bb": [BB], "cc": [CLEAN, newest]})

    for names in permutations(("aa", "bb")):
        assert {"aa": asking(group("aa")).runs[0].ok, "bb": True} == outcomes(asking(*map(group, names)))


@pytest.mark.parametrize("order", list(permutations(("cc", "cc<2"))))
def test_a_module_is_imported_in_the_version_that_the_group_would_be_given(
    tmp_path: Path, http: Http, order: tuple[str, ...]
) -> None:
    """Two flows of which one pins an older version: the newer one of the other flow does not import."""
    asking = Asking(tmp_path, http, {"cc": [CLEAN, Wheel("cc", "2.0", files=FAILING)]})

    facts = asking(*map(group, order))

    found = {run.groups: [(dist.version, run.imports[0].ok) for dist in run.installed] for run in facts.runs}
    assert {("cc",): [("2.0", False)], ("cc<2",): [("1.0", True)]} == found


def test_groups_that_come_to_the_same_files_share_one_run(tmp_path: Path, http: Http) -> None:
    """Specifiers that the newest version meets part nobody."""
    asking = Asking(tmp_path, http, {"aa": [AA], "bb": [Wheel("bb", requires=["cc<3"])], "cc": [CLEAN]})

    facts = asking(group("aa"), group("bb"), group("cc>=1"))

    assert [("aa", "bb", "cc>=1")] == [run.groups for run in facts.runs]


def test_those_that_a_pin_drags_along_are_asked_together_once_more(tmp_path: Path, http: Http) -> None:
    """One run for the pin and whoever has nothing to do with it, one for all others."""
    projects = {"aa": [AA], "cc": [CLEAN, Wheel("cc", "2.0")], "dd": [Wheel("dd")], "ee": [Wheel("ee")]}
    asking = Asking(tmp_path, http, projects)

    facts = asking(group("aa"), group("cc==1.0"), group("cc"), group("dd"), group("ee"))

    assert [("cc==1.0", "dd", "ee"), ("aa", "cc")] == [run.groups for run in facts.runs]
    assert [["cc", "dd", "ee"], ["aa", "cc"]] == [[dist.name for dist in run.installed] for run in facts.runs]


@pytest.mark.thorough
def test_a_constraint_of_one_group_is_none_of_the_others(tmp_path: Path, http: Http) -> None:
    """pip knows constraints for a whole call only."""
    asking = Asking(tmp_path, http, {"aa": [AA], "cc": [CLEAN, Wheel("cc", "2.0")]})

    facts = asking(group("aa", constraints=("cc<2",)), group("cc"))

    versions = {run.groups: {dist.name: dist.version for dist in run.installed} for run in facts.runs}
    assert {("aa",): {"aa": "1.0", "cc": "1.0"}, ("cc",): {"cc": "2.0"}} == versions


def test_no_import_rests_on_what_another_group_brought(tmp_path: Path, http: Http) -> None:
    """`aa` imports `dd` without saying so: beside `dd` that goes well, and alone it does not."""
    leaning = Wheel("aa", files={"aa/__init__.py": b"import dd\n"})
    asking = Asking(tmp_path, http, {"aa": [leaning], "dd": [Wheel("dd")]})

    for order in permutations(("aa", "dd")):
        assert {"aa": False, "dd": True} == outcomes(asking(*map(group, order)))


def test_no_import_fails_for_what_another_group_brought(tmp_path: Path, http: Http) -> None:
    """`aa` uses `dd` where it is there, and this `dd` is broken."""
    taking = Wheel("aa", files={"aa/__init__.py": b"try:\n    import dd\nexcept ImportError:\n    pass\n"})
    broken = Wheel("dd", modules=["other"], files={"dd/__init__.py": b"raise RuntimeError\n", "other.py": b""})
    asking = Asking(tmp_path, http, {"aa": [taking], "dd": [broken]})

    assert {"aa": True, "dd": False} == outcomes(asking(group("aa"), group("dd")))


@pytest.mark.thorough
def test_distributions_that_overwrite_each_other_are_asked_apart(tmp_path: Path, http: Http) -> None:
    """Both have a module of one name, and only one of them imports."""
    good = Wheel("good", files={"shared.py": b"x = 1\n"}, modules=["shared"])
    bad = Wheel("bad", files={"shared.py": b"import nowhere_to_be_found\n"}, modules=["shared"])
    asking = Asking(tmp_path, http, {"good": [good], "bad": [bad]})

    for order in permutations(("good", "bad")):
        assert {"good": True, "bad": False} == outcomes(asking(*map(group, order)))


def test_an_extra_that_only_another_group_asks_for_is_not_its_neighbours(tmp_path: Path, http: Http) -> None:
    """`aa[more]` leads to `dd`; `aa` alone does not, and its import that takes it is tried without it."""
    leaning = Wheel("aa", extras={"more": ["dd"]}, files={"aa/__init__.py": b"import dd\n"})
    asking = Asking(tmp_path, http, {"aa": [leaning], "dd": [Wheel("dd")]})

    both = asking(group("aa"), group("aa[more]"))

    assert [False] == [tried.ok for run in both.runs for tried in run.imports if tried.project == "aa"]
    assert [True] == [tried.ok for run in asking(group("aa[more]")).runs for tried in run.imports]
