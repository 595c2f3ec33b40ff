"""Pages that say the same each time, and pages that do not."""

from __future__ import annotations

from airproof.net.http import Http
from airproof.probes.index.forms import Forms
from airproof.probes.index.simple import fetch_pages
from airproof.probes.index.steady import Steady, probe_steady
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.stage import Stage
from tests.probes.visits import LONG

OLD = b'<html><body><a href="alpha-1.0-py3-none-any.whl">x</a></body></html>'
NEW = b'<html><body><a href="alpha-1.0-py3-none-any.whl">x</a><a href="alpha-2.0-py3-none-any.whl">x</a></body></html>'


def steady_with(*rules: Rule) -> Steady:
    with FaultyProxy(None, *rules) as proxy, Http(LONG) as http:
        forms = Forms(f"{proxy.url}/simple/", fetch_pages(http, f"{proxy.url}/simple/", ["alpha"]))
        return probe_steady(http, forms)


def test_a_page_that_stays_is_steady() -> None:
    """The same list each time, whatever its order."""
    assert ((), 1) == (steady_with(Rule(body=OLD)).varying, steady_with(Rule(body=OLD)).pages)


def test_a_page_that_comes_and_goes_is_told_with_what_differs() -> None:
    """Two servers behind one name, one of which was forgotten."""
    (varying,) = steady_with(*(Rule(body=body, times=1) for body in (NEW, OLD) * 4)).varying

    assert ("alpha", ("alpha-2.0-py3-none-any.whl",)) == (varying.project, varying.only_sometimes)


def test_an_upload_meanwhile_is_no_second_server() -> None:
    """It changes once, and stays so."""
    assert () == steady_with(Rule(body=OLD, times=1), Rule(body=NEW)).varying


def test_each_question_comes_over_a_connection_of_its_own() -> None:
    """A balancer may keep a connection at one server."""
    with FaultyProxy(None, Rule(body=OLD)) as proxy, Http(LONG) as http:
        probe_steady(http, Forms("", fetch_pages(http, f"{proxy.url}/simple/", ["alpha"])))
        told = [request.headers.get("connection", "") for request in proxy.requests]

    assert ["close"] * 3 == told[1:]


def test_devpi_is_known_by_its_identity(airproof_index: Stage) -> None:
    """Its answers name it, and those of another one another."""
    another = Rule("/other/*", body=b"", headers={"X-Devpi-Uuid": "another"})
    with FaultyProxy(airproof_index.server.url, another) as proxy, Http(LONG) as http:
        http.get(f"{proxy.url}/{airproof_index.name}/")
        alone = http.identities
        http.get(f"{proxy.url}/other/")
        both = http.identities

    assert (airproof_index.server.uuid,) == alone
    assert {airproof_index.server.uuid, "another"} == set(both)
