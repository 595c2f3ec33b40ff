"""Statements of a real devpi about itself, which other servers do not make."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.server import (
    check_root_has_a_password,
    check_the_index_is_of_the_wanted_kind,
    check_the_mirror_reaches_its_upstream,
    check_the_replica_has_its_files,
)
from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.index.devpi import Login, Server, probe_login, probe_server
from airproof.probes.index.forms import Forms
from airproof.probes.index.product import Product
from airproof.probes.index.simple import NO_ROOTS, probe_roots
from airproof.site.group import Group
from airproof.site.site import Site
from pytest_airproof import ServerSettings
from pytest_airproof.packages import Packages, Wheel
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.stage import Mirror, Stage
from pytest_airproof.servers.world import World

LONG = 30.0


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


def server_of(url: str, http: Http) -> Server:
    site = Site(url, timeout=LONG)
    return probe_server(site, probe_roots(site, http), http)


def login_of(url: str, http: Http, *, login: bool = True) -> Login:
    site = Site(url, timeout=LONG, login=login)
    return probe_login(site, probe_roots(site, http), http)


def test_a_stage_is_described(http: Http, airproof_index: Stage) -> None:
    """Version, configuration, names, serial, and how fast an absent name is told."""
    airproof_index.modify(volatile=False, acl_upload=["root", ":ANONYMOUS:"])
    server = server_of(airproof_index.url, http)
    (index,) = server.indexes
    airproof_index.modify(volatile=True)

    assert (airproof_index.server.version, airproof_index.name) == (server.version, server.index)
    assert (True, None) == (server.exists, server.outside_url)
    assert (airproof_index.name, "stage", False, ()) == (index.name, index.type, index.volatile, index.bases)
    assert {"root", ":ANONYMOUS:"} == set(index.acl_upload)
    assert airproof_index.name in server.known
    assert server.serial is not None
    assert server.absent_seconds is not None


@pytest.mark.parametrize("form", ["url", "simple_url"])
def test_either_form_leads_to_the_same_index(http: Http, airproof_index: Stage, form: str) -> None:
    """`+simple/` is no part of the index's name."""
    server = server_of(getattr(airproof_index, form), http)

    assert (airproof_index.name, True) == (server.index, server.exists)


def test_facts_survive_being_written(http: Http, airproof_index: Stage) -> None:
    """Read back from JSON they are the same."""
    server = server_of(airproof_index.url, http)

    assert server == msgspec.json.decode(msgspec.json.encode(server), type=Server)


def test_all_that_stands_below_is_walked(http: Http, airproof_index: Stage, airproof_mirror: Mirror) -> None:
    """The tested index first, then its bases, a mirror with its upstream among them."""
    airproof_index.modify(bases=[airproof_mirror.name])
    tested, mirror = server_of(airproof_index.url, http).indexes

    assert (airproof_index.name, (airproof_mirror.name,)) == (tested.name, tested.bases)
    assert (airproof_mirror.name, True, airproof_mirror.upstream.simple_url) == (
        mirror.name,
        mirror.is_mirror,
        mirror.mirror_url,
    )


def test_bases_in_a_ring_end(http: Http) -> None:
    """Each index is asked about once; a base that is gone is left out."""

    def config(bases: list[str]) -> bytes:
        return msgspec.json.encode({"result": {"type": "stage", "bases": bases}})

    version = {"X-Devpi-Server-Version": "6.20.3", "Content-Type": "application/json"}
    rules = (
        Rule("/a/one", body=config(["a/two", "a/gone"]), headers=version),
        Rule("/a/two", body=config(["a/one"]), headers=version),
        Rule("/a/gone", status=404, body=b"", headers=version),
        Rule("/a/one/*", body=b"<html><body></body></html>", headers=version),
        Rule("/*", body=b'{"result": {}}', headers=version),
    )
    with FaultyProxy(None, *rules) as proxy:
        server = server_of(f"{proxy.url}/a/one/", http)
        asked = [request.path for request in proxy.requests if "no_projects" in request.path]

    assert ["a/one", "a/two"] == [index.name for index in server.indexes]
    assert ["/a/one?no_projects=", "/a/two?no_projects=", "/a/gone?no_projects=", "/?no_projects="] == asked


def test_a_wrong_index_is_told_from_a_wrong_user(http: Http, airproof_index: Stage) -> None:
    """Neither exists, and what does is known by name."""
    origin = airproof_index.server.url
    wrong_index, wrong_user = (server_of(f"{origin}/{path}/", http) for path in ("root/nosuch", "nosuch/local"))

    assert [False, False] == [answer.exists for answer in (wrong_index, wrong_user)]
    assert [()] * 2 == [answer.indexes for answer in (wrong_index, wrong_user)]
    assert airproof_index.name in wrong_index.known
    assert wrong_index.absent_seconds is None


def test_devpi_is_found_behind_a_prefix(http: Http, airproof_index: Stage) -> None:
    """A reverse proxy may serve it below a path of its own."""

    def below(path: str) -> str:
        return f"/packages{path}"

    upstream = airproof_index.server.url
    with Http(LONG) as direct:
        bodies = {
            below(path): direct.get(upstream + path, accept="application/json", agent="airproof")
            for path in ("/+status", "/", f"/{airproof_index.name}")
        }
    rules = [
        Rule(path, body=answer.body, headers={"Content-Type": "application/json", "X-Devpi-Server-Version": "6"})
        for path, answer in bodies.items()
    ]
    index = Rule(
        below(f"/{airproof_index.name}/"),
        body=b"<html><body></body></html>",
        headers={"Content-Type": "text/html", "X-Devpi-Server-Version": "6"},
    )
    with FaultyProxy(None, *rules, index) as proxy:
        server = server_of(f"{proxy.url}{below('/' + airproof_index.name)}/", http)

    assert ("6", airproof_index.name, True) == (server.version, server.index, server.exists)
    assert airproof_index.name in server.known


def test_what_is_not_devpi_is_not_asked(http: Http) -> None:
    """If devpi's own addresses do not exist either, nothing more is asked, and nobody logs in."""
    with FaultyProxy(None, Rule("/simple/", body=b"<html><body></body></html>")) as proxy:
        server, login = server_of(f"{proxy.url}/simple/", http), login_of(f"{proxy.url}/simple/", http)
        asked = {request.path for request in proxy.requests}
        methods = proxy.methods

    assert (None, False, ()) == (server.version, server.exists, server.indexes)
    assert Login(None, empty_password_works=False, seconds=0.0) == login
    assert {"/", "/simple/", "/+api", "/+status", "/simple?no_projects="} == asked
    assert {"GET"} == methods
    assert Product.OTHER is server.product


def test_it_only_reads_and_lists_no_mirror(http: Http, airproof_mirror: Mirror) -> None:
    """GETs alone, and of a mirror's configuration never with its projects, which would fetch its upstream's list."""
    with FaultyProxy(airproof_mirror.server.url) as proxy:
        server_of(f"{proxy.url}/{airproof_mirror.name}/", http)
        configurations = [
            request.path for request in proxy.requests if request.path.partition("?")[0] == f"/{airproof_mirror.name}"
        ]

        assert {"GET"} == proxy.methods
        assert [f"/{airproof_mirror.name}?no_projects="] == configurations


def test_a_slow_no_is_measured(http: Http, airproof_index: Stage) -> None:
    """Two random names are asked for, as where a base hangs; the second's time counts."""
    with FaultyProxy(airproof_index.server.url, Rule("*/+simple/airproof-absent-*", delay=0.3)) as proxy:
        server = server_of(f"{proxy.url}/{airproof_index.name}/", http)
        asked = [request.path for request in proxy.requests if "absent" in request.path]

    assert server.absent_seconds is not None
    assert server.absent_seconds >= 0.3
    assert (2, 1) == (len(asked), len(set(asked)))


def test_a_no_that_never_comes_is_measured(airproof_index: Stage) -> None:
    """It takes the whole time limit."""
    hanging = Rule("*/+simple/airproof-absent-*", hang=True)
    with FaultyProxy(airproof_index.server.url, hanging) as proxy, Http(2.0) as http:
        server = server_of(f"{proxy.url}/{airproof_index.name}/", http)

    assert server.absent_seconds is not None
    assert server.absent_seconds >= 2.0


def test_an_empty_root_password_is_found(
    http: Http, airproof_server_maker: Callable[[str, ServerSettings], DevpiServer]
) -> None:
    """As `devpi-init` leaves it."""
    by_the_manual = airproof_server_maker("no-password", ServerSettings(password=""))
    login = login_of(f"{by_the_manual.url}/root/local/", http)

    assert (200, True) == (login.status, login.empty_password_works)


def test_a_password_holds(http: Http, airproof_index: Stage) -> None:
    """One login is tried, as root without a password, and refused."""
    with FaultyProxy(airproof_index.server.url) as proxy:
        login = login_of(f"{proxy.url}/{airproof_index.name}/", http)
        posts = [request.path for request in proxy.requests if request.method != "GET"]

    assert (401, False) == (login.status, login.empty_password_works)
    assert ["/+login"] == posts


def test_no_login_is_tried_where_the_site_says_so(http: Http, airproof_index: Stage) -> None:
    """Nothing but GETs then."""
    with FaultyProxy(airproof_index.server.url) as proxy:
        login = login_of(f"{proxy.url}/{airproof_index.name}/", http, login=False)

        assert login.status is None
        assert {"GET"} == proxy.methods


def test_silence_is_no_refusal(http: Http, airproof_index: Stage) -> None:
    """A login or a configuration without an answer could not be looked at, which is no evidence."""
    url = f"/{airproof_index.name}/"
    with FaultyProxy(airproof_index.server.url, Rule("/+login", refuse=True)) as proxy, pytest.raises(CannotLook):
        login_of(proxy.url + url, http)
    with FaultyProxy(airproof_index.server.url, Rule(url.rstrip("/"), status=502)) as proxy:
        server = server_of(proxy.url + url, http)

    assert ((), True) == (server.indexes, "502" in server.untold)
    with pytest.raises(CannotLook):
        check_the_index_is_of_the_wanted_kind(server, Site(airproof_index.url))


STRIPPED: dict[str, str | None] = dict.fromkeys(
    (
        "X-Devpi-Api-Version",
        "X-Devpi-Master-Uuid",
        "X-Devpi-Primary-Uuid",
        "X-Devpi-Serial",
        "X-Devpi-Server-Version",
        "X-Devpi-Uuid",
    )
)
"""A proxy takes all of devpi's own headers away."""


@pytest.mark.parametrize("hidden", [[], ["/+api"], ["/+api", "/+status"]], ids=["nothing", "api", "status"])
def test_a_devpi_without_its_headers_is_told_by_its_answers(
    http: Http, airproof_index: Stage, hidden: list[str]
) -> None:
    """`/+api`, `/+status` and the index's own JSON each name it."""
    rules = [Rule(path, status=404, body=b"no", headers=STRIPPED) for path in hidden]
    with FaultyProxy(airproof_index.server.url, *rules, Rule("*", headers=STRIPPED)) as proxy:
        server = server_of(f"{proxy.url}/{airproof_index.name}/", http)

    version = "?" if "/+status" in hidden else airproof_index.server.version
    assert (Product.DEVPI, version, True) == (server.product, server.version, server.exists)


def test_a_devpi_that_hides_all_but_its_pages_is_told_by_its_links(
    http: Http, airproof_index: Stage, airproof_packages: Packages
) -> None:
    """Its files lie below `+f/`; of the index itself nothing is known then, and that is no positive fact."""
    airproof_index.upload(airproof_packages.wheel("alpha"))
    pages = Rule(f"/{airproof_index.name}/*", headers=STRIPPED)
    with FaultyProxy(airproof_index.server.url, pages, Rule("*", status=404, body=b"no")) as proxy:
        site = Site(f"{proxy.url}/{airproof_index.name}/", groups=(Group("alpha", ("alpha",)),), timeout=LONG)
        roots = probe_roots(site, http)
        server = probe_server(site, roots, http)

    assert (Product.DEVPI, "?") == (roots.product, roots.devpi)
    assert "404" in server.untold


@pytest.mark.parametrize("accept", ["text/html", "application/vnd.pypi.simple.v1+json"])
def test_a_devpi_that_is_asked_for_pages_alone_is_untold(http: Http, airproof_index: Stage, accept: str) -> None:
    """A proxy that sets the Accept header of every request gets pages; of its settings devpi then says nothing."""
    with FaultyProxy(airproof_index.server.url, Rule(sends={"Accept": accept})) as proxy:
        server = server_of(f"{proxy.url}/{airproof_index.name}/", http)

    assert (Product.DEVPI, ()) == (server.product, server.indexes)
    assert "status" in server.untold


@pytest.mark.parametrize("status", [401, 403, 502])
def test_a_server_that_keeps_everything_back_is_unknown(http: Http, status: int) -> None:
    """Neither devpi nor another: what is refused may well be there."""
    listing = Rule("/simple/", body=b"<html><body></body></html>")
    with FaultyProxy(None, listing, Rule("*", status=status, body=b"no")) as proxy:
        server = server_of(f"{proxy.url}/simple/", http)

    assert (Product.UNKNOWN, None) == (server.product, server.version)
    with pytest.raises(CannotLook):
        check_the_index_is_of_the_wanted_kind(server, Site(f"{proxy.url}/simple/"))
    with pytest.raises(NotApplicable):  # pip is judged all the same
        check_the_mirror_reaches_its_upstream(server, Forms("", ()), NO_ROOTS)


def test_a_server_whose_files_lie_elsewhere_is_no_devpi(http: Http) -> None:
    """A file link that is not devpi's tells more than an address that is kept back."""
    page = b'<html><body><a href="alpha-1.0-py3-none-any.whl">alpha-1.0-py3-none-any.whl</a></body></html>'
    rules = (Rule("/simple/alpha/", body=page), Rule("/simple/", body=b'<a href="alpha/">alpha</a>'))
    with FaultyProxy(None, *rules, Rule("*", status=403, body=b"no")) as proxy:
        site = Site(f"{proxy.url}/simple/", groups=(Group("alpha", ("alpha",)),))
        roots = probe_roots(site, http)

    assert (Product.OTHER, None) == (roots.product, roots.devpi)


@pytest.mark.parametrize("status", [403, 404, 405, 200, 401])
def test_only_devpi_itself_refuses_a_login(http: Http, airproof_index: Stage, status: int) -> None:
    """A proxy that keeps `/+login` back, or answers in its own words, says nothing of root's password."""
    rule = Rule("/+login", status=status, body=b'{"message": "no"}', headers={"Content-Type": "application/json"})
    with FaultyProxy(airproof_index.server.url, rule) as proxy:
        url = f"{proxy.url}/{airproof_index.name}/"
        server, login = server_of(url, http), login_of(url, http)

    assert (status, False, False) == (login.status, login.refused, login.empty_password_works)
    with pytest.raises(CannotLook):
        check_root_has_a_password(server, login)


@pytest.mark.thorough
def test_a_replica_that_could_not_fetch_a_file_is_still_one(http: Http) -> None:
    """Its status page ends with status 500 then, which says nothing of how far it is behind."""
    with World() as world:
        primary = world.server("primary")
        primary.client.create_index("root/served")
        primary.client.upload("root/served", Wheel("alpha"))
        next(primary.serverdir.glob("+files/**/alpha*.whl")).unlink()
        url = f"{world.replica().url}/root/served/"
        ends = time.monotonic() + LONG
        while (replica := server_of(url, http).replica) is None or (replica.is_told and not replica.refetching):
            assert time.monotonic() < ends
            time.sleep(0.2)
        server = server_of(url, http)

    with pytest.raises(Failed) as caught:
        check_the_replica_has_its_files(server)
    assert {"replica-status-fails", "replica-lacks-files"} >= {finding.cause for finding in caught.value.findings}


def test_credentials_of_an_upstream_are_not_recorded(http: Http) -> None:
    """A mirror's URL may hold some."""
    config = msgspec.json.encode({"result": {"type": "mirror", "mirror_url": "http://me:secret@up.example/simple/"}})
    version = {"X-Devpi-Server-Version": "6.20.3", "Content-Type": "application/json"}
    with FaultyProxy(None, Rule("/*", body=config, headers=version)) as proxy:
        server = server_of(f"{proxy.url}/root/m/", http)

    assert "http://up.example/simple/" == server.indexes[0].mirror_url
    assert base64.b64encode(b"secret") not in msgspec.json.encode(server)
