"""Requirements of wheels that are older than the rules."""

from __future__ import annotations

import pytest

from airproof.diagnosis.gaps.causes import cause_of
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.oldrequires import ends_old_pip, readable
from tests.probes.tables import LINUX_311, Table


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("idna>=2.5.*,<3.0.*", "idna<3.0,>=2.5"),
        ("gone (>=1.*,<3)", "gone<3,>=1"),
        ("pytz>dev", "pytz"),
        ("pytz>=2004d", "pytz>=2004"),
        ("pytz==", "pytz===-"),
        ("plain>=1,", "plain>=1"),
        ("a[x] (>1.*) ; extra == 'y'", 'a[x]>=1; extra == "y"'),
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


@pytest.mark.parametrize(
    "text", ["b>=1,", "b (>=1,)", "b (1.0)", "b ;", "b[x", "b @ ", "b=>1", "b>=1 <2", "b#x", "b~=1", "!!"]
)
def test_a_requirement_ends_the_pips_before_24_1(text: str) -> None:
    """Newer pips read some of them; 20.3.4, 22.2.2 and 23.2.1 fail with a traceback (measured)."""
    assert ends_old_pip(text)


@pytest.mark.parametrize(
    "text",
    [
        *("b", "b[x, y] >=1", "b (>=1,<2) ; python_version>'3'", "b>dev", "b>=1.*", "b==", "b !=1 , <2", "b~=1.0"),
        *("b @ http://h/b.whl", "b @ http://h/b.whl ; python_version > '3'", "os.name; os.name == 'nt'"),
    ],
)
def test_an_odd_requirement_is_read_by_the_pips_before_24_1(text: str) -> None:
    """packaging 21.3 takes any text for a version."""
    assert not ends_old_pip(text)
