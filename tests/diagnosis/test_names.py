"""Names that are no distribution's: told apart, and never guessed."""

from __future__ import annotations

import pytest

from airproof.diagnosis.names import cause_of_absent_name
from airproof.probes.index.simple import IndexRoot, Roots
from tests.probes.pythons import host_of


def index_of(*names: str) -> Roots:
    root = IndexRoot("http://index/", 200, None, "", 0.0, "", is_index=True, projects=len(names), names=names)
    return Roots(root, None, None, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("yaml", ("import-name", "PyYAML")),
        ("PIL", ("import-name", "Pillow")),
        ("json", ("standard-library", None)),
        ("telemetri", ("close-name", "telemetry")),
        ("Chart_Extra", ("close-name", "charts-extra")),
        ("aplha", ("close-name", "alpha")),
        ("quite-another", ("absent", None)),
        ("Yaml", ("absent", None)),
    ],
)
def test_what_was_meant_is_told_where_it_can_be(name: str, expected: tuple[str, str | None]) -> None:
    """A module's name, a module of Python's own, and a misspelling of what is there; everything else is just absent."""
    known = index_of("alpha", "telemetry", "charts-extra")

    assert expected == cause_of_absent_name(name, known, host_of().stdlib, None)


def test_what_pythons_library_lacks_is_told_apart() -> None:
    """A part that should be there and is not, beside one that is."""
    known, stdlib = index_of("alpha"), host_of().stdlib

    absent = cause_of_absent_name("xml.airsub", known, stdlib, None, missing=["xml.airsub"])
    assert ("not-in-standard-library", None) == absent
    assert ("standard-library", None) == cause_of_absent_name("xml.dom", known, stdlib, None, missing=["xml.airsub"])


def test_nothing_is_close_in_an_empty_index() -> None:
    """Without names to compare with, an absent name is absent."""
    assert ("absent", None) == cause_of_absent_name("telemetri", index_of(), host_of().stdlib, None)
