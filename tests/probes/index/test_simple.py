"""The index as pip sees it: the forms of its URL and its project pages, on a real devpi and on others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from airproof.net.http import Http, NetworkFailure
from airproof.probes.index.simple import fetch_pages, probe_roots
from airproof.site.site import Site
from pytest_airproof.packages import Packages
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.stage import Mirror, Stage

LONG = 30.0


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


def test_both_forms_of_a_real_devpi_are_indexes(http: Http, airproof_index: Stage, airproof_packages: Packages) -> None:
    """With and without `+simple/`, the same projects; the front page is none, and tells devpi's version."""
    airproof_index.upload(airproof_packages.wheel("Foo_Bar"), airproof_packages.wheel("alpha"))
    roots = probe_roots(Site(airproof_index.url), http)

    assert roots.simple is not None
    assert roots.bare is not None
    assert [("alpha", "foo-bar")] * 3 == [root.names for root in (roots.configured, roots.simple, roots.bare)]
    assert [(True, 2)] * 2 == [(root.is_index, root.projects) for root in (roots.simple, roots.bare)]
    assert (airproof_index.simple_url, airproof_index.url) == (roots.simple.url, roots.bare.url)
    assert airproof_index.server.version == roots.devpi


def test_a_fresh_devpi_index_is_empty_and_an_index(http: Http, airproof_index: Stage) -> None:
    """Nothing uploaded is nothing listed."""
    configured = probe_roots(Site(airproof_index.simple_url), http).configured

    assert (True, 0, ()) == (configured.is_index, configured.projects, configured.names)


@pytest.mark.parametrize("path", ["/", "/root/", "/root/nosuch/", "/root/nosuch/+simple/", "/simple/"])
def test_a_wrong_path_on_a_devpi_is_no_index(http: Http, airproof_index: Stage, path: str) -> None:
    """It is devpi all the same: a wrong index is told from a wrong server."""
    roots = probe_roots(Site(airproof_index.server.url + path), http)

    assert (False, 404) == (roots.configured.is_index, roots.configured.status)
    assert airproof_index.server.version == roots.devpi


def test_a_mirror_is_listed_like_any_index(http: Http, airproof_mirror: Mirror, airproof_packages: Packages) -> None:
    """A mirror lists the files of its upstream."""
    airproof_mirror.upstream.upload(airproof_packages.wheel("alpha"))
    roots = probe_roots(Site(airproof_mirror.simple_url), http)

    assert ("alpha",) == roots.configured.names


def test_no_url_is_asked_twice_and_nothing_is_changed(http: Http, airproof_index: Stage) -> None:
    """The front page and the two forms, by GET."""
    with FaultyProxy(airproof_index.server.url) as proxy:
        probe_roots(Site(f"{proxy.url}/{airproof_index.name}/"), http)
        asked = sorted(request.path for request in proxy.requests)

        assert ["/", f"/{airproof_index.name}/", f"/{airproof_index.name}/+simple/"] == asked
        assert {"GET"} == proxy.methods


def test_an_index_that_is_not_devpi_has_no_sister_forms(http: Http) -> None:
    """A static index is read as it is configured."""
    listing = Rule("/simple/", body=b'<html><body><a href="alpha/">alpha</a></body></html>')
    with FaultyProxy(None, listing) as proxy:
        roots = probe_roots(Site(f"{proxy.url}/simple/"), http)

    assert (None, None, None) == (roots.simple, roots.bare, roots.devpi)
    assert ("alpha",) == roots.configured.names


def test_devpi_is_known_behind_a_prefix(http: Http, airproof_index: Stage) -> None:
    """A reverse proxy whose own front page is not devpi's does not hide it."""
    front = Rule("/", body=b"<html><body><h1>intranet</h1></body></html>")
    with FaultyProxy(airproof_index.server.url, front) as proxy:
        roots = probe_roots(Site(f"{proxy.url}/{airproof_index.name}/"), http)

    assert (airproof_index.server.version, True) == (roots.devpi, roots.configured.is_index)


def test_credentials_are_in_no_fact() -> None:
    """Neither the roots nor the pages show them."""
    with FaultyProxy(None, Rule(body=b'<html><body><a href="alpha/">alpha</a></body></html>')) as proxy:
        site = Site(proxy.url.replace("//", "//me:secret@") + "/simple/")
        with Http(LONG, user=site.index.user, password=site.index.password) as http:
            facts = msgspec.json.encode((probe_roots(site, http), fetch_pages(http, site.url, ["alpha"])))

        assert b"secret" not in facts
        assert {"Basic bWU6c2VjcmV0"} == {request.headers.get("authorization") for request in proxy.requests}


def test_an_unreachable_server_leaves_its_trouble(http: Http) -> None:
    """The root is no index, and says why."""
    with FaultyProxy(None, Rule(refuse=True)) as proxy:
        roots = probe_roots(Site(f"{proxy.url}/root/local/"), http)

    assert (False, None) == (roots.configured.is_index, roots.configured.projects)
    assert roots.configured.trouble in (
        NetworkFailure.CUT,
        NetworkFailure.RESET,
    )  # as the system tells what was cut off


def test_pages_of_a_real_devpi_come_in_order(http: Http, airproof_index: Stage, airproof_packages: Packages) -> None:
    """Each project's files with their hashes; what is absent is 404."""
    paths = [airproof_packages.wheel("beta", requires_python=">=3.8"), airproof_packages.sdist("alpha")]
    airproof_index.upload(*paths)
    beta, absent, alpha = fetch_pages(http, airproof_index.url, ["beta", "absent", "alpha"])

    assert [("beta", 200), ("absent", 404), ("alpha", 200)] == [(p.project, p.status) for p in (beta, absent, alpha)]
    assert [Path(path).name for path in paths] == [page.links[0].filename for page in (beta, alpha)]
    assert [">=3.8", None] == [page.links[0].requires_python for page in (beta, alpha)]
    assert [["sha256"]] * 2 == [list(page.links[0].hashes) for page in (beta, alpha)]
    assert not beta.links[0].off_host


def test_a_page_that_hangs_does_not_hold_up_the_others(airproof_index: Stage, airproof_packages: Packages) -> None:
    """It ends with the time limit, and the rest is there."""
    airproof_index.upload(airproof_packages.wheel("alpha"), airproof_packages.wheel("beta"))
    with FaultyProxy(airproof_index.server.url, Rule("*/alpha/", hang=True)) as proxy, Http(2.0) as short:
        alpha, beta = fetch_pages(short, f"{proxy.url}/{airproof_index.name}", ["alpha", "beta"])

    assert (NetworkFailure.TIMEOUT, False) == (alpha.trouble, alpha.readable)
    assert (None, 1) == (beta.trouble, len(beta.links))
