"""Hashes of a requirements file, over readings made by hand."""

from __future__ import annotations

import msgspec
import pytest

from airproof.diagnosis.hashes import hashes_not_met
from airproof.errors import CannotLook
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.closure.resolution import Pin, Reading
from airproof.probes.index.simple import Link
from airproof.site.group import Group


def taken(group: str, *projects: str) -> GroupReading:
    links = [
        Link(f"{project}-1.0-py3-none-any.whl", f"http://192.0.2.1/{project}", {"sha256": f"{project}{project}"})
        for project in projects
    ]
    pins = tuple(Pin(one, "1.0", link) for one, link in zip(projects, links, strict=True))
    return GroupReading(group, projects[:1], True, Reading(pins))


def test_a_file_and_a_dependency_without_a_hash_are_found() -> None:
    """One line with a hash is enough: pip then takes nothing whose hash is not written."""
    group = Group("f.txt", ("a", "b"), hashes={"a": ("sha256:aa",), "b": ("sha256:00",)})

    found = list(hashes_not_met(Readings("here", "pip", (taken("f.txt", "a", "b", "c"),)), [group]))

    assert [("b",), ("c",)] == [finding.victims for finding in found]


def test_a_group_without_hashes_admits_all() -> None:
    """Hashes of one file say nothing of what another one asks for."""
    groups = [Group("f.txt", ("a",), hashes={"a": ("sha256:00",)}), Group("b", ("b",))]

    assert [] == list(hashes_not_met(Readings("here", "pip", (taken("b", "b", "a"),)), groups))


def lines(*pip_lines: str, hashes: dict[str, tuple[str, ...]]) -> Group:
    names = tuple(line.split(" --")[0] for line in pip_lines if not line.startswith("-"))
    return Group("f.txt", names, hashes=hashes, pip_lines=pip_lines)


OF_A: dict[str, tuple[str, ...]] = {"a": ("sha256:aa",)}
CASES: list[tuple[Group, list[str], list[str]]] = [
    (lines("a==1.0 --hash=sha256:aa", hashes=OF_A), [], []),
    (lines("a===1.0 --hash=sha256:aa", hashes=OF_A), [], []),
    (lines("a==1.* --hash=sha256:aa", hashes=OF_A), [], []),
    (lines("a --hash=sha256:aa", hashes=OF_A), ["hash-unpinned"], []),
    (lines("a>=1.0 --hash=sha256:aa", hashes=OF_A), ["hash-unpinned"], []),
    (lines("a==1.0,>0 --hash=sha256:aa", hashes=OF_A), ["hash-unpinned"], []),
    (lines("--require-hashes", "a==1.0", hashes={}), ["hash-absent"], ["hash-absent"]),
    (lines("a==1.0 --hash=sha256:AA", hashes=OF_A), ["hash-in-capitals"], []),
    (lines("a==1.0 --hash=sha256:00", hashes={"a": ("sha256:00",)}), ["hash-not-admitted"], ["hash-not-admitted"]),
    (
        Group("f.txt", ("a==1.0",), hashes=OF_A, constraint_lines=("a==1.0 --hash=sha256:aa",)),
        ["hash-absent"],
        [],
    ),
]


@pytest.mark.parametrize(("group", "old", "new"), CASES)
def test_each_pip_refuses_by_its_own_rules(group: Group, old: list[str], new: list[str]) -> None:
    """Each case as pips 20.3.4 to 26.0, and from 26.1 on, took it."""
    for pip, causes in (("20.3.4", old), ("26.1", new)):
        reading = msgspec.structs.replace(taken("f.txt", "a"), by_pip=False)
        found = list(hashes_not_met(Readings("here", pip, (reading,)), [group]))

        assert causes == [finding.cause for finding in found]


def test_what_pip_took_itself_has_met_the_hashes() -> None:
    """Also where the index publishes no hash of that kind."""
    group = lines("a==1.0 --hash=sha512:aa", hashes={"a": ("sha512:aa",)})

    assert [] == list(hashes_not_met(Readings("here", "23.2", (taken("f.txt", "a"),)), [group]))


def test_hashes_of_a_kind_that_nobody_publishes_prove_nothing() -> None:
    """For a target no pip has held the bytes against them."""
    group = lines("a==1.0 --hash=sha512:aa", hashes={"a": ("sha512:aa",)})
    reading = msgspec.structs.replace(taken("f.txt", "a"), by_pip=False)

    with pytest.raises(CannotLook) as caught:
        list(hashes_not_met(Readings("here", "", (reading,)), [group]))

    assert "hash-kind" == caught.value.key


@pytest.mark.parametrize("line", ["--config-settings x=y", "a --config-settings x=y", "a -C x=y"])
@pytest.mark.parametrize(
    ("pips", "told"),
    [(("22.2.2",), True), (("23.1",), False), (("22.2", "26.3"), True), ((), False)],
)
def test_an_option_that_the_oldest_pip_does_not_know_refuses_the_file(
    line: str, pips: tuple[str, ...], told: bool
) -> None:
    """Measured with 20.3.4, 22.2.2, 23.2.1, 24.2 and 26.3; of a pip that nobody knows nothing is said."""
    group = Group("f.txt", ("a",), pip_lines=(line, "a"))
    reading = msgspec.structs.replace(taken("f.txt", "a"), by_pip=False)

    found = list(hashes_not_met(Readings("there", "", (reading,)), [group, Group("other", ("a",))], pips))

    assert (["option-unknown-to-pip"] if told else []) == [finding.cause for finding in found]


def test_a_target_is_held_against_the_oldest_pip_that_it_may_have() -> None:
    """A hash in capitals meets nothing before 24.2, and a hash without a pin will do from 26.1 on."""
    reading = Readings("there", "", (msgspec.structs.replace(taken("f.txt", "a"), by_pip=False),))

    def causes(group: Group, *pips: str) -> list[str]:
        return [finding.cause for finding in hashes_not_met(reading, [group], pips)]

    capitals, loose = lines("a==1.0 --hash=sha256:AA", hashes=OF_A), lines("a --hash=sha256:aa", hashes=OF_A)
    assert (["hash-in-capitals"], []) == (causes(capitals, "22.3", "24.0"), causes(capitals, "24.2"))
    assert (["hash-unpinned"], []) == (causes(loose, "22.3", "26.3"), causes(loose, "26.3"))


def test_a_command_that_demands_hashes_gets_none() -> None:
    """`--require-hashes` in the command refuses what was typed without (measured, 20.3.4 to 26.3)."""
    readings = Readings("here", "26.3", (taken("asked", "a"),))

    found = [list(hashes_not_met(readings, [Group("asked", ("a",))], demanded=so)) for so in (True, False)]

    assert [["hashes-demanded"], []] == [[finding.cause for finding in each] for each in found]
