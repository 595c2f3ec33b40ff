"""Every candidate file and why it was not taken: the table that a finding carries."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Finding
from airproof.diagnosis.gaps.causes import cause_of
from airproof.diagnosis.gaps.findings import findings_of
from airproof.net.answers import Answer
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.indexview import MAX_FILES
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.index.simple import NO_ROOTS, Roots, read_page
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.site.hosts import Target
from tests.probes.tables import LINUX_311, Table

HERE = Target(LINUX_311.label, LINUX_311.markers, LINUX_311.tags)


def finding(table: Table, *requirements: str, known: Roots = NO_ROOTS, rounds: int = 100) -> Finding:
    """The one cause for which they do not resolve."""
    reading = read_closure(table, LINUX_311, requirements, rounds=rounds)
    (found,) = findings_of(
        Readings(HERE.label, "", (GroupReading("flow", requirements, False, reading),)), known=known, host=HERE
    )
    return found


def test_each_file_has_its_own_reason() -> None:
    """The nearest to being usable first; nothing is left out."""
    table = Table(
        {
            "a-0.9-py3-none-any.whl": [],
            "a-1.2-cp312-cp312-win32.whl": [],
            "a-1.1-py3-none-any.whl": [],
            "a-1.0-py3-none-any.whl": [],
            "a-9.exe": [],
        },
        yanked=["a-1.1-py3-none-any.whl"],
        requires_python={"a-1.0-py3-none-any.whl": ">=3.99"},
    )

    found = finding(table, "a>=1")

    assert [
        {"file": "a-1.2-cp312-cp312-win32.whl", "why_not": "python", "detail": "cp312-cp312-win32"},
        {"file": "a-1.1-py3-none-any.whl", "why_not": "yanked", "detail": "bad"},
        {"file": "a-1.0-py3-none-any.whl", "why_not": "requires-python", "detail": ">=3.99"},
        {"file": "a-0.9-py3-none-any.whl", "why_not": "version", "detail": "py3-none-any"},
    ] == found.found[:4]


def test_what_is_too_much_is_counted_by_its_reason() -> None:
    """A project of thousands of files says how many more there are, and why none of them was taken."""
    table = Table({f"a-0.{number}-py3-none-any.whl": [] for number in range(MAX_FILES + 7)})

    found = finding(table, "a>=1")

    assert MAX_FILES + 1 == len(found.found)
    assert {"file": "(+7)", "why_not": "version: 7", "detail": ""} == msgspec.to_builtins(found.found[-1])


def test_a_conflict_says_of_each_file_which_wish_it_does_not_meet() -> None:
    """A conflict lists the requirements, who has them, and the files that exist."""
    table = Table(
        {
            "a-1.0-py3-none-any.whl": ["c<2"],
            "b-1.0-py3-none-any.whl": ["c>=2"],
            "c-1.0-py3-none-any.whl": [],
            "c-2.0-py3-none-any.whl": [],
            "c-3.0-cp312-cp312-win32.whl": [],
        }
    )

    found = finding(table, "a", "b")

    assert ("conflict", ["c<2 (a 1.0)", "c>=2 (b 1.0)"]) == (found.cause, sorted(found.found["wants"]))
    assert {
        "c-1.0-py3-none-any.whl": "c>=2",
        "c-2.0-py3-none-any.whl": "c<2",
        "c-3.0-cp312-cp312-win32.whl": "c<2",
    } == {candidate["file"]: candidate["detail"] for candidate in found.found["files"]}


@pytest.mark.parametrize(
    ("constraint", "cause", "told"),
    [
        ("c<1", "conflict", "c>=1 (a 1.0), c<1 (limits.txt:3)"),
        ("c<1.5", "version-absent", "a 1.0, limits.txt:3 (c<1.5)"),
    ],
)
def test_the_line_that_holds_a_project_is_named(constraint: str, cause: str, told: str) -> None:
    """With its file; where no version could ever meet both, nothing is to be fetched."""
    table = Table({"a-1.0-py3-none-any.whl": ["c>=1"], "c-2.0-py3-none-any.whl": []})
    reading = read_closure(
        table, TargetMatcher.by(HERE), ["a"], constraints=[constraint], places={constraint: "limits.txt:3"}
    )

    (found,) = findings_of(
        Readings(HERE.label, "", (GroupReading("flow", ("a",), False, reading),)), known=NO_ROOTS, host=HERE
    )

    assert (cause, told) == (found.cause, found.values["wants" if cause == "conflict" else "path"])


def test_a_version_that_would_meet_all_is_what_to_fetch() -> None:
    """Not the newest of those that there are, but one between them."""
    table = Table(
        {
            **{"a-1.0-py3-none-any.whl": ["c>=1.5"], "b-1.0-py3-none-any.whl": ["c<2"]},
            **{"c-1.0-py3-none-any.whl": [], "c-2.0-py3-none-any.whl": []},
        }
    )

    found = finding(table, "a", "b")

    assert ("conflict-version-absent", "c<2,>=1.5") == (found.cause, found.values["requirement"])


@pytest.mark.parametrize(
    ("older", "cause", "told"),
    [
        ([], "conflict", "c>=2 (flow), c<2 (b 1.0)"),
        (["c<2"], "conflict", "c>=2 (flow), c<2 (b (2 versions, 1.0 ... 0.9))"),
        (["c<3"], "version-absent", "c<3,>=2"),
    ],
)
def test_what_would_still_conflict_once_it_is_fetched_is_told(older: list[str], cause: str, told: str) -> None:
    """A conflict is told if another requirement excludes the absent version, unless an older release of the project
    that states it admits the version: pip then reaches that release, and the fetched version has to suit it.
    """
    table = Table({"b-1.0-py3-none-any.whl": ["c<2"], "c-1.0-py3-none-any.whl": []})
    if older:
        table = Table({**table.files, "b-0.9-py3-none-any.whl": older})

    found = finding(table, "b", "c>=2")

    assert (cause, told) == (found.cause, found.values["wants" if cause == "conflict" else "requirement"])
    assert cause == "conflict" or "flow, b 0.9 (c<3)" == found.values["path"]


def test_the_nearest_miss_comes_first() -> None:
    """The nearest misses are wheels for this system, machine and nearly this Python, before those of other systems."""
    tags = ["cp311-cp311-macosx_11_0_arm64", "cp311-cp311-win_amd64", "cp39-cp39-manylinux_2_27_x86_64"]
    table = Table({f"a-1.0-{tag}.whl": [] for tag in tags})

    found = finding(table, "a")

    assert found.values["files"].startswith(f"a-1.0-{tags[-1]}.whl")
    assert found.values["instead"].startswith(f"wheels for {tags[-1]}")


def test_a_project_that_is_listed_and_has_no_page_is_no_misspelling() -> None:
    """The index names it itself: then its page is what is wrong, and not the name that was asked for."""
    root = msgspec.structs.replace(NO_ROOTS.configured, names=("alpha", "alphas"))

    listed = finding(Table({}), "alpha", known=msgspec.structs.replace(NO_ROOTS, configured=root))
    misspelt = finding(Table({}), "alpa", known=msgspec.structs.replace(NO_ROOTS, configured=root))

    assert ["page-not-served", "close-name"] == [listed.cause, misspelt.cause]


def test_a_folder_that_is_not_normalised_is_named() -> None:
    """pip asks for the normalised name alone (PEP 503), for a dependency too; the index lists another spelling."""
    root = msgspec.structs.replace(NO_ROOTS.configured, names=("pyyaml",), spelled={"pyyaml": "PyYAML"})
    known = msgspec.structs.replace(NO_ROOTS, configured=root)

    itself = finding(Table({}), "pyyaml", known=known)
    needed = finding(Table({"a-1.0-py3-none-any.whl": ["PyYAML"]}), "a", known=known)

    assert 2 * [("page-not-normalised", "PyYAML")] == [
        (cause.cause, cause.values["close"]) for cause in (itself, needed)
    ]


def test_a_resolution_has_a_bound() -> None:
    """Beyond it the cause is that there was one; within it the conflict is found."""
    files = {f"a-{n}-py3-none-any.whl": [f"b=={n}"] for n in (1, 2, 3)}
    files |= {f"b-{n}-py3-none-any.whl": [f"c<{n}"] for n in (1, 2, 3)}
    table = Table({**files, "c-0.5-py3-none-any.whl": [], "c-8-py3-none-any.whl": []})

    causes = [finding(table, "a", "c>=8", rounds=rounds).cause for rounds in (2, 100)]

    assert ["too-deep", "conflict"] == causes


def test_an_old_pip_takes_what_is_yanked_where_nothing_else_would_do() -> None:
    """Before 22 it does so unasked; where there is another, or for a later one, it is left."""
    old = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour(takes_yanked=True))
    yanked = Table({"a-1.0-py3-none-any.whl": []}, yanked=["a-1.0-py3-none-any.whl"])
    both = Table({"a-1.0-py3-none-any.whl": [], "a-0.9-py3-none-any.whl": []}, yanked=["a-1.0-py3-none-any.whl"])

    taken = [pin.version for table in (yanked, both) for pin in read_closure(table, old, ["a"]).pins]

    assert ["1.0", "0.9"] == taken
    assert not read_closure(yanked, LINUX_311, ["a"]).resolves


def test_a_new_pip_passes_over_what_is_written_the_old_way() -> None:
    """It takes the newest release that is in order; where there is none, the requirement that it refuses is told."""
    new = TargetMatcher(LINUX_311.label, LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of("24.1"))
    only = {"a-2.0-py3-none-any.whl": ["b", "b (>dev)"], "b-1.0-py3-none-any.whl": []}
    older = {**only, "a-1.0-py3-none-any.whl": []}

    (gap,) = read_closure(Table(only), new, ["a"]).gaps
    taken = [read_closure(Table(older), target, ["a"]).pins[0].version for target in (new, LINUX_311)]

    assert ("metadata-refused", "b (>dev)") == (cause_of(gap), gap.files[0].detail)
    assert ["1.0", "2.0"] == taken


def test_the_ways_of_a_pip_follow_from_its_version() -> None:
    """Each from the release on that changed it; of a pip that nobody knows, what most do."""
    ways = [PipBehaviour.of(number) for number in ("21.3", "24.0", "24.1b1", "26.0", None)]

    assert [False, False, False, True, False] == [way.takes_early for way in ways]
    assert [True, False, False, False, False] == [way.takes_yanked for way in ways]
    assert [True, True, False, False, True] == [way.takes_old for way in ways]


def test_an_old_page_of_a_mirror_is_told_apart() -> None:
    """devpi forbids caches to keep a page that it did not read anew, and hands on its upstream's serial, if any."""
    head = {"content-type": "text/html", "x-devpi-serial": "4", "x-pypi-last-serial": "12345"}
    body = b'<!DOCTYPE html><a href="/+f/a-1.0-py3-none-any.whl">a</a>'
    kept = "max-age=0, must-revalidate, no-cache, no-store"
    url = "http://192.0.2.1/root/pypi/+simple/a/"

    pages = [read_page("a", Answer(url, 200, head | extra, body, 0.0)) for extra in ({}, {"cache-control": kept})]

    assert [None, 12345] == [page.kept_serial for page in pages]
    assert [False, True] == [page.kept for page in pages]
