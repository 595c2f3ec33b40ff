"""What a requirements file with hashes admits, over readings made by hand."""

from __future__ import annotations

from airproof.diagnosis.hashes import hashes_not_met
from airproof.probes.readings import GroupReading, Readings
from airproof.probes.resolution import Pin, Reading
from airproof.probes.simple import Link
from airproof.site import Group


def taken(group: str, *projects: str) -> GroupReading:
    links = [
        Link(f"{one}-1.0-py3-none-any.whl", f"http://192.0.2.1/{one}", {"sha256": f"{one}{one}"}) for one in projects
    ]
    pins = tuple(Pin(one, "1.0", link) for one, link in zip(projects, links, strict=True))
    return GroupReading(group, projects[:1], True, Reading(pins))


def test_a_file_and_a_dependency_without_a_hash_are_found() -> None:
    """One line with a hash is enough: pip then takes nothing whose hash is not written."""
    group = Group("f.txt", ("a", "b"), hashes={"a": ("sha256:aa",), "b": ("sha256:00",)})

    found = list(hashes_not_met(Readings("here", "pip", (taken("f.txt", "a", "b", "c"),)), [group]))

    assert [("b",), ("c",)] == [one.victims for one in found]


def test_a_group_without_hashes_admits_all() -> None:
    """Hashes of one file say nothing of what another one asks for."""
    groups = [Group("f.txt", ("a",), hashes={"a": ("sha256:00",)}), Group("b", ("b",))]

    assert [] == list(hashes_not_met(Readings("here", "pip", (taken("b", "b", "a"),)), groups))
