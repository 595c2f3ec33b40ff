"""airproof's own reading of an index, over tables."""

from __future__ import annotations

import msgspec
import pytest

from airproof.diagnosis.gaps.causes import cause_of
from airproof.probes.closure.closure import read_closure, read_each
from airproof.probes.closure.indexview import IndexView
from airproof.probes.closure.oldrequires import readable
from airproof.probes.closure.resolution import Direct, Reading, Want
from airproof.probes.index.simple import Page
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.choosing import PLAIN as AS_EVER
from airproof.site.hosts import InstalledDistribution
from tests.probes.tables import LINUX_311, Table

PLAIN = "a-1.0-py3-none-any.whl"


def read(table: Table, *requirements: str, constraints: tuple[str, ...] = ()) -> Reading:
    return read_closure(table, LINUX_311, requirements, constraints=constraints)


def names(reading: Reading) -> list[str]:
    return sorted(pin.link.filename for pin in reading.pins)


def test_a_chain_is_followed_to_its_end() -> None:
    """Everything that a requirement needs is taken, newest first."""
    table = Table({"a-1.0-py3-none-any.whl": ["b"], "b-1.0-py3-none-any.whl": [], "b-2.0-py3-none-any.whl": []})

    reading = read(table, "a")

    assert reading.resolves
    assert ["a-1.0-py3-none-any.whl", "b-2.0-py3-none-any.whl"] == names(reading)


def test_a_missing_dependency_is_named_with_the_path_to_it() -> None:
    """A gap deep in the chain tells who needs it, from what was asked for down."""
    table = Table({"a-1.0-py3-none-any.whl": ["b>=1"], "b-1.5-py3-none-any.whl": ["c==3"]})

    (gap,) = read(table, "a").gaps

    assert ("c==3", "c", ("a 1.0", "b 1.5"), 404) == (gap.requirement, gap.project, gap.path, gap.status)
    assert "dependency-missing" == cause_of(gap)


def test_all_gaps_are_found_in_one_reading() -> None:
    """All gaps are told at once, not one failed attempt after the other."""
    table = Table({"a-1.0-py3-none-any.whl": ["x", "y"], "b-1.0-py3-none-any.whl": ["z"]})

    reading = read(table, "a", "b", "q")

    assert ["q", "x", "y", "z"] == sorted(gap.project for gap in reading.gaps)


def test_the_newest_version_is_the_one_that_is_explained() -> None:
    """If every version lacks something, the gap is the newest one's."""
    table = Table({"a-2.0-py3-none-any.whl": ["new"], "a-1.0-py3-none-any.whl": ["old"]})

    (gap,) = read(table, "a").gaps

    assert ("new", ("a 2.0",)) == (gap.project, gap.path)


def test_an_older_version_that_fits_is_taken() -> None:
    """As pip does: a gap of the newest version is none where an older one resolves."""
    table = Table({"a-2.0-py3-none-any.whl": ["missing"], "a-1.0-py3-none-any.whl": []})

    reading = read(table, "a")

    assert reading.resolves
    assert ["a-1.0-py3-none-any.whl"] == names(reading)


@pytest.mark.parametrize(
    ("cause", "table"),
    [
        ("absent", Table({})),
        ("version-absent", Table({"a-0.9-py3-none-any.whl": []})),
        ("other-platform", Table({"a-1.0-cp311-cp311-win32.whl": []})),
        ("other-python", Table({"a-1.0-cp37-cp37m-manylinux_2_17_x86_64.whl": []})),
        (
            "requires-python",
            Table({"a-1.0-py3-none-any.whl": []}, requires_python={"a-1.0-py3-none-any.whl": ">=3.99"}),
        ),
        ("all-yanked", Table({"a-1.0-py3-none-any.whl": []}, yanked=["a-1.0-py3-none-any.whl"])),
        ("page-not-served", Table({}, broken={"a": 502})),
        ("build-backend-absent", Table({"a-1.0.tar.gz": []}, build_requires={"a-1.0.tar.gz": ["flit-core"]})),
    ],
)
def test_each_kind_of_gap_has_its_cause(cause: str, table: Table) -> None:
    """The cause is told from the page and its files alone."""
    (gap,) = read(table, "a>=1").gaps

    assert cause == cause_of(gap)


def test_a_conflict_names_all_who_want_something() -> None:
    """Two that cannot go together are one conflict, not a gap."""
    table = Table(
        {
            "a-1.0-py3-none-any.whl": ["c==1"],
            "b-1.0-py3-none-any.whl": ["c==2"],
            "c-1-py3-none-any.whl": [],
            "c-2-py3-none-any.whl": [],
        }
    )

    reading = read(table, "a", "b")

    assert () == reading.gaps
    assert [("c", [("c==1", "a 1.0"), ("c==2", "b 1.0")])] == [
        (conflict.project, sorted((want.requirement, want.by) for want in conflict.wants))
        for conflict in reading.conflicts
    ]


def test_a_gap_beside_a_conflict_is_still_told() -> None:
    """A conflict does not hide what is missing elsewhere."""
    table = Table(
        {
            "a-1.0-py3-none-any.whl": ["c==1"],
            "b-1.0-py3-none-any.whl": ["c==2", "lost"],
            "c-1-py3-none-any.whl": [],
            "c-2-py3-none-any.whl": [],
        }
    )

    reading = read(table, "a", "b")

    assert (["lost"], ["c"]) == (
        [gap.project for gap in reading.gaps],
        [conflict.project for conflict in reading.conflicts],
    )


def test_extras_and_markers_decide_what_is_needed() -> None:
    """An extra adds its dependencies; a marker of another system takes its own away."""
    table = Table(
        {
            "a-1.0-py3-none-any.whl": ['x ; extra == "fast"', 'w ; sys_platform == "win32"'],
            "x-1.0-py3-none-any.whl": [],
        }
    )

    assert ["a-1.0-py3-none-any.whl"] == names(read(table, "a"))
    assert ["a-1.0-py3-none-any.whl", "x-1.0-py3-none-any.whl"] == names(read(table, "a[fast]"))


def test_a_requirement_that_its_marker_excludes_is_met() -> None:
    """It asks for nothing here, so nothing is missing."""
    reading = read(Table({}), 'a ; sys_platform == "win32"')

    assert reading.resolves
    assert () == reading.pins


def test_a_constraint_rules_a_version_out() -> None:
    """A constraint limits a version without asking for the project."""
    table = Table({"a-2.0-py3-none-any.whl": [], "a-1.0-py3-none-any.whl": []})

    assert ["a-1.0-py3-none-any.whl"] == names(read(table, "a", constraints=("a<2", "unasked==1")))


def test_a_yanked_release_is_taken_when_it_is_pinned() -> None:
    """PEP 592: an exact pin still gets it."""
    table = Table({"a-1.0-py3-none-any.whl": []}, yanked=["a-1.0-py3-none-any.whl"])

    assert read(table, "a==1.0").resolves


def test_each_project_is_explained_although_what_is_doomed_is_not_tried() -> None:
    """An older version that lacks nothing is found, a circle is no trouble, and a gap deep below is still named."""
    table = Table(
        {
            "a-2.0-py3-none-any.whl": ["b"],
            "a-1.0-py3-none-any.whl": [],
            "b-1.0-py3-none-any.whl": ["nowhere"],
            "c-1.0-py3-none-any.whl": ["d"],
            "d-1.0-py3-none-any.whl": ["c"],
        }
    )

    found = dict(read_each(table, LINUX_311, ["a", "b", "c"]))

    assert ["a-1.0-py3-none-any.whl"] == names(found["a"])
    assert ["nowhere"] == [gap.project for gap in found["b"].gaps]
    assert ["c-1.0-py3-none-any.whl", "d-1.0-py3-none-any.whl"] == names(found["c"])


def test_a_yanked_final_release_rules_pre_releases_out() -> None:
    """As pip does: it looks for final releases first, and only then at what was yanked."""
    table = Table({"a-2.0rc1-py3-none-any.whl": [], "a-1.0-py3-none-any.whl": []}, yanked=["a-1.0-py3-none-any.whl"])

    (gap,) = read(table, "a").gaps

    assert {"pre-release", "yanked"} == {file.why_not for file in gap.files}


def test_a_pre_release_under_a_bound_is_for_the_newest_pip_only() -> None:
    """PEP 440 allows it, pip does since 26; where an older one passes over it, the cause says so."""
    table = Table({"a-2.0rc1-py3-none-any.whl": []})
    newest = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour(takes_early=True))

    assert "pre-release-newer-pip" == cause_of(read(table, "a>=1").gaps[0])
    assert read_closure(table, newest, ["a>=1"]).resolves


def test_a_pre_release_that_asks_for_itself_is_taken_with_an_extra() -> None:
    """Its own version is pinned first, as in pip (measured, 22.2.2): the bound that it sets itself excludes nothing."""
    table = Table({"a-2.1rc1-py3-none-any.whl": ["a>=1,<3"]})

    assert ["a-2.1rc1-py3-none-any.whl"] == names(read(table, "a[fast]"))


def test_an_old_pip_forgets_the_version_of_an_extra_whose_project_requires_itself() -> None:
    """pip 20.3.4 takes `a[x]` and `a` in different versions then, and refuses a pre-release that the pin would admit;
    23.2.1 and later keep them together.
    """
    old = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of("20.3.4"))
    clashing: dict[str, tuple[str, ...]] = {"a-2.0-py3-none-any.whl": ("a==1.0",), "a-1.0-py3-none-any.whl": ()}
    early: dict[str, tuple[str, ...]] = {"a-2.1rc1-py3-none-any.whl": ("a>=1.0",)}

    taken = [
        [read_closure(Table(files), target, [text]).resolves for target in (old, LINUX_311)]
        for files, text in ((clashing, "a[x]>=2"), (early, "a[x]"))
    ]

    assert [[True, False], [False, True]] == taken


@pytest.mark.parametrize(
    ("files", "silent", "cause"),
    [
        (
            {"q-1.0-py3-none-any.whl": ("r",), "r-1.0-py3-none-any.whl": ("s",)},
            {},
            "dependency-missing",
        ),
        ({"q-1.0-py3-none-any.whl": ()}, {"q-1.0-py3-none-any.whl": "<3.0"}, "requires-python"),
    ],
)
def test_pips_of_some_years_end_where_others_take_an_older_release(
    files: dict[str, tuple[str, ...]], silent: dict[str, str], cause: str
) -> None:
    """`a` 2.0 leads to what is absent, `a` 1.0 needs nothing: pip 20.3.4, 22.2.2, 23.0.1 and 25.1 to 26.3 install
    1.0; 23.1 to 25.0.1 fail (measured with each named release).
    """
    table = Table({"a-2.0-py3-none-any.whl": ("q[x]",), "a-1.0-py3-none-any.whl": (), **files}, inside_python=silent)

    def read_as(pip: str) -> Reading:
        target = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of(pip))
        return read_closure(table, target, ["a"])

    assert {"a-1.0-py3-none-any.whl"} == {
        name for pip in ("20.3.4", "22.2.2", "23.0.1", "25.1", "26.3") for name in names(read_as(pip))
    }
    assert [cause] * 4 == [cause_of(read_as(pip).gaps[0]) for pip in ("23.1", "23.2.1", "24.2", "25.0.1")]


def test_an_extra_is_chosen_in_view_of_its_pinned_project() -> None:
    """`a[more]` has pinned a pre-release by the time that it asks for `a[none]` (measured, 22.2.2 and 26.3)."""
    table = Table({"a-3.1.dev1-py3-none-any.whl": ["a[none]>=1.0"], "a-2.0-py3-none-any.whl": []})
    blind = PipBehaviour(extras_see="none")
    oldest = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=blind)

    assert ["a-3.1.dev1-py3-none-any.whl"] == names(read(table, "a[more]==3.1.dev1"))
    assert not read_closure(table, oldest, ["a[more]==3.1.dev1"]).resolves


def test_of_two_files_that_fit_alike_the_last_on_the_page_is_taken() -> None:
    """As pip does."""
    table = Table({"a-1.0-py3-none-any.whl": [], "a-1.0-py2.py3-none-any.whl": []})

    assert ["a-1.0-py2.py3-none-any.whl"] == names(read(table, "a"))


def test_a_release_that_contradicts_itself_is_a_conflict() -> None:
    """A release that its own dependencies forbid can be had by itself, and is still no way out."""
    table = Table({"a-1.0-py3-none-any.whl": ["b"], "b-1.0-py3-none-any.whl": ["a>1"]})

    reading = read(table, "a")

    assert not reading.resolves
    assert ["a"] == [gap.project for gap in reading.gaps] + [conflict.project for conflict in reading.conflicts]


def test_a_pre_release_is_taken_only_without_a_final_one() -> None:
    """As pip does: pre-releases wait until they are asked for, or nothing else is there."""
    table = Table({"a-2.0rc1-py3-none-any.whl": [], "a-1.0-py3-none-any.whl": []})

    assert ["a-1.0-py3-none-any.whl"] == names(read(table, "a"))
    assert ["a-2.0rc1-py3-none-any.whl"] == names(read(table, "a>=2.0rc1"))
    assert ["a-2.0rc1-py3-none-any.whl"] == names(read(Table({"a-2.0rc1-py3-none-any.whl": []}), "a"))


def test_the_best_wheel_of_a_version_is_taken() -> None:
    """A wheel for this very interpreter is preferred to a plain one, that to an sdist, and the higher build to the
    lower.
    """
    files = ["a-1.0.tar.gz", "a-1.0-py3-none-any.whl", "a-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl"]
    files.append("a-1.0-2-cp311-cp311-manylinux_2_17_x86_64.whl")

    taken = []
    while files:
        (name,) = names(read(Table(dict.fromkeys(files, ())), "a"))
        taken.append(name)
        files.remove(name)

    assert [
        "a-1.0-2-cp311-cp311-manylinux_2_17_x86_64.whl",
        "a-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl",
        "a-1.0-py3-none-any.whl",
        "a-1.0.tar.gz",
    ] == taken


def test_files_for_other_targets_are_not_held() -> None:
    """Files that fit are kept, the rest is weighed again for an explanation; specifiers that read alike are one."""
    table = Table(dict.fromkeys(("a-1.0-py3-none-any.whl", "a-2.0-cp37-cp37m-win32.whl"), ()))
    index = IndexView(table, LINUX_311, ())
    asked, other = readable("a >= 1.0, < 9"), readable("b<9,>=1.0")
    if asked is None or other is None:
        raise AssertionError("both are requirements")

    held = [item.link.filename for item in index.fitting("a", asked.specifier)]

    assert [PLAIN] == held
    assert ["", "python"] == [item.why_not for item in index.weigh(asked)]
    assert asked.specifier is other.specifier


def test_a_dependency_that_names_its_own_place_is_told() -> None:
    """No index is asked for it, and it is not forgotten: only the one whose marker and extra hold, without password."""
    wanted = ["b @ http://me:secret@192.0.2.1/b.whl ; extra == 'x'", "c @ http://192.0.2.1/c ; python_version < '3'"]
    table = Table({PLAIN: wanted})

    with_it, without = read(table, "a[x]"), read(table, "a")

    assert [Direct("b", "a 1.0", "http://192.0.2.1/b.whl")] == list(with_it.direct)
    assert () == without.direct


def test_a_gap_names_the_constraint_as_well() -> None:
    """The version to fetch is the one that the constraint wants, of a dependency too."""
    table = Table({PLAIN: ["b>=1"], "b-1.0-py3-none-any.whl": ()})

    (own,) = read(table, "a", constraints=("a==7", "b==1")).gaps
    (deep,) = read(table, "a", constraints=("b==7",)).gaps

    assert ["a==7", "b==7,>=1"] == [own.requirement, deep.requirement]


def test_a_project_that_needs_itself_ends() -> None:
    """Also where it clashes with what it needs, and a part of it that nobody asks for any more is left over."""
    table = Table(
        {
            "a-2.1-py3-none-any.whl": ("a", "b~=1.0"),
            "b-2.0-py3-none-any.whl": ("a[none]",),
            "b-1.0-py3-none-any.whl": (),
        }
    )

    reading = read_closure(table, LINUX_311, ["b>=2", "a[more]!=2.0"])

    assert not reading.resolves


FILES: dict[str, tuple[str, ...]] = {
    "a-1.0-py3-none-any.whl": (),
    "a-1.0.tar.gz": (),
    "a-2.0.tar.gz": (),
    "a-3.0rc1-py3-none-any.whl": (),
}


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("", "a-2.0.tar.gz"),
        ("--pre", "a-3.0rc1-py3-none-any.whl"),
        ("--only-binary :all:", "a-1.0-py3-none-any.whl"),
        ("--only-binary other", "a-2.0.tar.gz"),
        ("--no-binary a --pre", "a-2.0.tar.gz"),
        ("--prefer-binary", "a-1.0-py3-none-any.whl"),
    ],
)
def test_what_pip_was_told_to_choose_from_is_heeded(words: str, taken: str) -> None:
    """Measured with `pip download` 20.3.4, 24.2 and 26.3 on such a page."""
    reading = read_closure(Table(FILES), LINUX_311, ["a"], choosing=AS_EVER.more(words.split()))

    assert [taken] == [pin.link.filename for pin in reading.pins]


class Hashed(Table):
    """Each file has a sha256 that is its own name."""

    def page(self, project: str) -> Page:
        page = super().page(project)
        links = tuple(msgspec.structs.replace(link, hashes={"sha256": link.filename}) for link in page.links)
        return msgspec.structs.replace(page, links=links)


@pytest.mark.parametrize(
    ("wanted", "admitted", "taken"),
    [
        ("a==1.0", "a-1.0.tar.gz", "a-1.0.tar.gz"),
        ("a", "a-1.0-py3-none-any.whl", "a-1.0-py3-none-any.whl"),
        ("a==1.0", "another", "a-1.0-py3-none-any.whl"),
    ],
)
def test_of_several_files_the_one_with_an_admitted_hash_is_taken(wanted: str, admitted: str, taken: str) -> None:
    """The sdist beside the wheel, an older version; where none has one, pip takes what it would take anyway, and then
    refuses it (measured, 20.3.4 to 26.3; an older version without a pin from 26.1 on).
    """
    reading = read_closure(Hashed(FILES), LINUX_311, [wanted], hashes={"a": (f"sha256:{admitted}",)})

    assert [taken] == [pin.link.filename for pin in reading.pins]


def test_constraints_with_markers_and_several_on_one_project_hold_as_in_pip() -> None:
    """One that is meant for others is none; two hold together."""
    table = Table({"a-1.0-py3-none-any.whl": (), "a-2.0-py3-none-any.whl": (), "a-3.0-py3-none-any.whl": ()})
    limits = ("a<3", "a>1", "a==1.0; sys_platform == 'win32'")

    assert ["2.0"] == [pin.version for pin in read(table, "a", constraints=limits).pins]


def test_a_build_does_not_rest_on_what_is_installed() -> None:
    """pip builds apart from it, unless an older one builds a plain `setup.py` by the interpreter's own setuptools."""
    table = Table({"a-1.0.tar.gz": ()}, build_requires={"a-1.0.tar.gz": ("setuptools>=40.8.0",)})
    tools = {"setuptools": InstalledDistribution("65.5", ())}
    gaps = [
        read_closure(
            table, TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, had=tools, builds_plain=plain), ["a"]
        ).gaps
        for plain in (False, True)
    ]

    assert [["a-1.0.tar.gz"], []] == [[gap.for_build for gap in each] for each in gaps]


def test_the_sdist_beside_a_wheel_for_another_python_is_not_looked_at() -> None:
    """pip never tries a second file of a version that it could read (20.3.4 to 26.3): the wheel is what is wrong."""
    wheel, sdist = "a-1.0-py3-none-any.whl", "a-1.0.tar.gz"

    reading = read(Table({wheel: (), sdist: ()}, inside_python={wheel: ">=3.99"}), "a")

    assert () == reading.conflicts
    assert ["requires-python"] == [cause_of(gap) for gap in reading.gaps]
    assert {wheel: "requires-python", sdist: "beside"} == {
        file.filename: file.why_not for gap in reading.gaps for file in gap.files
    }


def test_a_second_wheel_of_a_version_with_an_old_requirement_is_not_looked_at() -> None:
    """From 24.1 on pip passes over the whole version (measured, 24.2 and 26.3); older ones take the first wheel."""
    table = Table(
        {"a-1.0-py2.py3-none-any.whl": (), "a-1.0-py3-none-any.whl": ["b>=1.0.*"], "b-1.0-py3-none-any.whl": ()}
    )
    newer = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour(takes_old=False))

    (gap,) = read_closure(table, newer, ["a"]).gaps

    assert "metadata-refused" == cause_of(gap)
    assert ["a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl"] == names(read(table, "a"))


def test_an_sdist_for_another_python_is_built_to_be_passed_over() -> None:
    """If the page does not say so, pip learns it from the build alone, and takes an older release, if there is one
    (20.3.4 to 26.3).
    """
    files = {"a-2.0.tar.gz": (), "a-1.0-py3-none-any.whl": ()}
    python = {"a-2.0.tar.gz": ">=3.99"}

    both = read(Table(files, inside_python=python), "a")
    (gap,) = read(Table({"a-2.0.tar.gz": ()}, inside_python=python), "a").gaps

    assert ["1.0"] == [pin.version for pin in both.pins]
    assert ["a-2.0.tar.gz"] == [pin.link.filename for pin in both.prepared]
    assert "requires-python" == cause_of(gap)


def test_an_sdist_that_is_given_up_is_built_all_the_same() -> None:
    """pip knows what a source distribution needs from its build alone, and ends at one that does not build, also where
    an older release would do (measured, 24.2); it builds none that it does not come to.
    """
    files: dict[str, tuple[str, ...]] = {
        "a-2.0.tar.gz": ("gone",),
        "a-1.0-py3-none-any.whl": (),
        "a-0.9.tar.gz": (),
        "b-2.0.tar.gz": ("c>=2",),
        "b-1.0-py3-none-any.whl": (),
        "c-2.0-py3-none-any.whl": (),
        "c-1.0.tar.gz": (),
    }

    lacking, clashing = read(Table(files), "a"), read(Table(files), "c<2", "b")

    assert (["1.0"], ["a-2.0.tar.gz"]) == (
        [pin.version for pin in lacking.pins],
        [pin.link.filename for pin in lacking.prepared],
    )
    assert ({"c": "1.0", "b": "1.0"}, ()) == ({pin.project: pin.version for pin in clashing.pins}, clashing.unprepared)
    assert ["b-2.0.tar.gz"] == [pin.link.filename for pin in clashing.prepared]


def test_what_the_build_of_a_source_that_is_given_up_lacks_is_known() -> None:
    """It is no gap by itself, since only pip says whether it comes to that source; where pip fails, it is the cause."""
    files: dict[str, tuple[str, ...]] = {"a-2.0.tar.gz": ("gone",), "a-1.0-py3-none-any.whl": ()}

    reading = read(Table(files, build_requires={"a-2.0.tar.gz": ("tool>=3",)}), "a")

    assert reading.resolves
    assert [("tool>=3", ("a 2.0",), "a-2.0.tar.gz")] == [
        (gap.requirement, gap.path, gap.for_build) for gap in reading.unprepared
    ]


def test_a_conflict_inside_a_build_is_one_of_the_reading() -> None:
    """Its requirements can each be met, so nothing is missing, and pip builds nothing (20.3.4 to 26.3)."""
    files: dict[str, tuple[str, ...]] = {
        "a-1.0.tar.gz": (),
        "c-1.0-py3-none-any.whl": (),
        "c-2.0-py3-none-any.whl": (),
        "d-1.0-py3-none-any.whl": ("c<2",),
    }

    reading = read(Table(files, build_requires={"a-1.0.tar.gz": ("c>=2", "d")}), "a")

    place = "a-1.0.tar.gz: build-system"
    wants = {want for conflict in reading.conflicts for want in conflict.wants}
    assert ({Want("c>=2", "", place), Want("c<2", "d 1.0", place)}, ()) == (wants, reading.gaps)


def test_what_a_build_tool_needs_itself_is_followed() -> None:
    """To the end, once for each build: a tool that is built with itself is no circle without an end. pip ends
    there, and its inner pip alone names the requirement (measured, 20.3.4, 23.2.1 and 26).
    """
    table = Table(
        {
            **{"a-1.0.tar.gz": [], "b-1.0.tar.gz": [], "tool-1.0.tar.gz": ["lost>=20"]},
            "maker-1.0-py3-none-any.whl": ["tool"],
        },
        build_requires={"a-1.0.tar.gz": ["maker"], "b-1.0.tar.gz": ["maker"], "tool-1.0.tar.gz": ["tool"]},
    )

    gaps = read(table, "a", "b").gaps

    assert [
        ("lost>=20", ("a 1.0", "maker 1.0", "tool 1.0"), "a-1.0.tar.gz"),
        ("lost>=20", ("b 1.0", "maker 1.0", "tool 1.0"), "b-1.0.tar.gz"),
    ] == sorted((gap.requirement, gap.path, gap.for_build) for gap in gaps if len(gap.path) == 3)
    assert {"build-backend-absent"} == set(map(cause_of, gaps))
