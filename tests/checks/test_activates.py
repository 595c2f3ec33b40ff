"""Findings about flows whose activation was played."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.omflow import check_every_flow_activates
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.readings import GroupReading, Readings
from airproof.probes.index.simple import IndexRoot, Roots
from airproof.probes.installs.activation import Activation, Activations, ActivationStep
from airproof.probes.interpreters.library import Library
from airproof.probes.omflow.providers import Provided
from airproof.site.flows import Flow, Item
from airproof.site.site import Site
from airproof.site.stored import OMFlowSetting
from tests.probes.pythons import host_of
from tests.probes.tables import LINUX_311, Table

ROOT = IndexRoot("http://index/", 200, None, "", 0.0, "text/html", True, 0)
SITE = Site("http://192.0.2.1/", flows=(Flow("Demo / f", "e.omf"),))
LIBRARY = Library("cp311-linux", {"xml.airsub": "xml.airsub"})
GOOD = ActivationStep("alpha", ("fetch",), True, 0.1, {"alpha": "1.0"})
BAD = ActivationStep("gone", ("fetch",), False, 0.1, said="No matching distribution found")


def judged(
    *flows: Activation, requirements: tuple[str, ...] = (), site: Site = SITE, library: Library = LIBRARY
) -> list[tuple[str, tuple[str, ...]]]:
    reading = read_closure(Table({"alpha-1.0-py3-none-any.whl": ()}), LINUX_311, requirements)
    readings = Readings("cp311-linux", "23", (GroupReading("Demo / f", requirements, False, reading),))
    provided = Provided("cp311-linux", (), {}, ())
    roots = Roots(ROOT, None, None, None)
    played = Activations("cp311-linux", flows)
    try:
        check_every_flow_activates(site, played, readings, roots, host_of(), provided, library)
    except Failed as error:
        return [(finding.cause, finding.victims) for finding in error.findings]
    return []


def test_a_flow_that_installs_would_activate() -> None:
    """And nothing is found."""
    assert [] == judged(Activation("Demo / f", (GOOD,)))


def test_a_module_that_no_package_can_add_ends_the_open_editions_item() -> None:
    """Though pip installed what has its name; in the other edition nobody looks for it again."""
    flows = (Flow("Demo / f", "e.omf", (Item("fetch", "python", lines=("xml.airsub", "alpha"), autoinstall=True),)),)
    played = Activation("Demo / f", (GOOD, msgspec.structs.replace(GOOD, requirement="xml.airsub")))
    commercial = msgspec.structs.replace(SITE, flows=flows)
    opened = msgspec.structs.replace(commercial, stored=OMFlowSetting("db.omflow", "database", "", ""))

    assert [("not-in-standard-library", ("Demo / f",))] == judged(played, site=opened)
    assert [] == judged(played, site=commercial)


def test_a_package_that_is_missing_is_the_flows_cause() -> None:
    """The same cause as that of the package, with the flow as who suffers: one cause, one failure."""
    assert [("absent", ("Demo / f",))] == judged(Activation("Demo / f", (GOOD, BAD)), requirements=("gone",))


def test_a_failure_that_the_index_does_not_explain_keeps_pips_words() -> None:
    """It is the flow's own cause then."""
    assert [("activation-fails", ("Demo / f",))] == judged(Activation("Demo / f", (BAD,)))


def test_a_flow_that_breaks_another_is_found() -> None:
    """Though pip reported success."""
    step = msgspec.structs.replace(GOOD, replaced={"alpha": "0.9"})

    assert [("activation-breaks", ("Demo / f",))] == judged(Activation("Demo / f", (step,), ("app needs alpha<1",)))


def test_nothing_played_is_no_pass() -> None:
    """On another host, or without any declaration."""
    with pytest.raises(NotApplicable) as caught:
        check_every_flow_activates(
            SITE,
            None,
            Readings("x", "1", ()),
            Roots(ROOT, None, None, None),
            host_of(),
            Provided("x", (), {}, ()),
            LIBRARY,
        )

    assert "nothing-to-activate" == caught.value.key
