"""The table of facts: its names are told apart, and an entry is read back under its key only."""

from __future__ import annotations

import pytest

from airproof.facts import keys
from airproof.facts.keys import HOST, REACH, TARGET_WALKS, WALKS
from airproof.facts.store import Fact, FactOfEach
from airproof.probes.installs.openends import Walks


@pytest.mark.parametrize("fact", keys.ALL, ids=lambda fact: fact.name)
def test_no_name_begins_like_the_entries_of_another(fact: Fact[object] | FactOfEach[object]) -> None:
    """NAME-LABEL is an entry of one fact, whatever the label."""
    others = [other.name for other in keys.ALL if other is not fact]

    assert [] == [name for name in others if name == fact.name or name.startswith(f"{fact.name}-")]


def test_entries_are_read_by_their_labels() -> None:
    """Labels may have dashes; entries that failed or have another shape are left out."""
    facts = {"walks-cp311-linux": {"label": "cp311-linux", "flows": []}, "walks-x": {"error": "no"}, "walks-y": 3}

    assert {"cp311-linux": Walks("cp311-linux", ())} == WALKS.read({**facts, "target-walks-z": facts["walks-x"]})
    assert {} == TARGET_WALKS.read(facts)
    assert {} == HOST.read(facts)


def test_a_fact_that_failed_is_not_there() -> None:
    """Nor is it where nothing was asked."""
    assert (None, None) == (REACH.read({"reach": {"error": "no"}}), REACH.read({}))
