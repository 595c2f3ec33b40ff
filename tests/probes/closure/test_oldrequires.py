"""Requirements of wheels that are older than the rules."""

from __future__ import annotations

import pytest

from airproof.diagnosis.gaps import cause_of
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.oldrequires import readable
from tests.probes.tables import LINUX_311, Table


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("idna>=2.5.*,<3.0.*", "idna<3.0,>=2.5"),
        ("gone (>=1.*,<3)", "gone<3,>=1"),
        ("pytz>dev", "pytz"),
        ("plain>=1,", "plain>=1"),
        ("a[x] (>1.*) ; extra == 'y'", 'a[x]>1; extra == "y"'),
        ("gone; whatever=='x'", "gone"),
        ("!!", "None"),
    ],
)
def test_an_old_requirement_is_read_as_it_was_meant(written: str, meant: str) -> None:
    """The name stays whatever else cannot be read; only what has no name asks for nothing."""
    found = readable(written)

    assert meant == str(found)


def test_a_dependency_written_the_old_way_is_missed() -> None:
    """That its versions are written as no rule allows does not make a missing dependency disappear."""
    table = Table({"a-1.0-py3-none-any.whl": ["gone>=1.0.*"]})

    (gap,) = read_closure(table, LINUX_311, ["a"]).gaps

    assert ("gone", "dependency-missing") == (gap.project, cause_of(gap))
