"""Imports of what was installed that fail here, and work where the flow was played."""

from __future__ import annotations

import pytest

from airproof.check import Failed
from airproof.checks.pip import check_what_was_asked_for_imports
from airproof.probes.installs.openends import Ending, FlowWalk, ItemWalk, Walks
from airproof.probes.pip.facts import PipFacts, PipRun
from airproof.probes.pip.importing import TriedImport
from airproof.site.flows import Flow, Item
from airproof.site.site import Site
from airproof.system.processes import Ran

TRIED = TriedImport("alpha", "alpha", ok=False, seconds=0.1, error="ModuleNotFoundError: No module named 'ldap3'")


@pytest.mark.parametrize(
    ("line", "ending", "untold", "works"),
    [
        ("alpha", "well", "", True),
        ("alpha.part", "well", "", True),
        ("alphabet", "well", "", False),
        ("alpha", "import-raises", "", False),
        ("alpha", "well", "alpha.act()", False),
    ],
)
def test_a_wheel_may_import_what_omflows_interpreter_has(
    line: str, ending: Ending, untold: str, *, works: bool
) -> None:
    """Measured with the open edition: a wheel that imports `ldap3`, and declares nothing, works."""
    asked = Site("", flows=(Flow("Demo / f", "export.omf", (Item("fetch", "python", lines=(line,)),)),))
    walks = Walks("cp38-linux", (FlowWalk("Demo / f", (ItemWalk("fetch", ending, untold=untold),)),))

    assert works is _passes(asked, walks)
    assert not _passes(asked, None)


def _passes(asked: Site, walks: Walks | None) -> bool:
    run = PipRun(("Demo / f",), ("alpha",), Ran((), 0, 0.0, "", ""), imports=(TRIED,))
    try:
        check_what_was_asked_for_imports(PipFacts("cp38-linux", "23.0.1", (run,)), asked, walks)
    except Failed:
        return False
    return True
