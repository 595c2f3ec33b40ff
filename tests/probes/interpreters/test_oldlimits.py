"""Limits with versions from before PEP 440."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from airproof.probes.interpreters.oldlimits import modern
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from tests.probes.tables import LINUX_311

VERSIONS = ("0.9", "1.0", "1.1", "2.5", "2003.9", "2004", "2004.1")


@pytest.mark.parametrize(
    ("limit", "admitted"),
    [
        (">=2004d", ("2004", "2004.1")),
        (">2004p", ("2004.1",)),
        ("<2004d", ("0.9", "1.0", "1.1", "2.5", "2003.9")),
        ("==2004d", ()),
        ("==", ()),
        ("!=2004d", VERSIONS),
        (">=", VERSIONS),
        ("<=1.0.*", ("0.9",)),
        (">1.0.*", ("1.0", "1.1", "2.5", "2003.9", "2004", "2004.1")),
        ("<=1.x", ("0.9", "1.0")),
        (">1.0-xyz", ("1.1", "2.5", "2003.9", "2004", "2004.1")),
        (">dev", VERSIONS),
        ("<dev", ()),
        ("<=1.0", ("0.9", "1.0")),
    ],
)
def test_an_old_limit_admits_the_versions_that_an_old_pip_takes(limit: str, admitted: tuple[str, ...]) -> None:
    """The expectations are the answers of packaging in pip 22.2.2."""
    assert list(admitted) == list(SpecifierSet(modern(limit) or "").filter(VERSIONS))


def test_text_that_is_no_limit_is_told_apart() -> None:
    """An empty text is a limit that admits everything."""
    assert [None, None, ""] == [modern("1.0"), modern("~=2.5.*"), modern(">dev")]


@pytest.mark.parametrize(("pip", "admits"), [("22.2.2", False), ("24.1", True)])
def test_an_old_pip_heeds_an_old_requires_python(pip: str, admits: bool) -> None:
    """pip before 24.1 compares `<3.x` as text, newer ones treat it as no restriction (measured, 22.2.2 and 26.3)."""
    target = TargetMatcher("here", LINUX_311.markers, LINUX_311.tags, ways=PipBehaviour.of(pip))

    assert admits == target.allows("<3.x")
