"""Trust of an interpreter's own pip for https, asked of real pips in front of a certificate that nobody knows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from airproof.net.http import Http, NetworkFailure, Trusted
from airproof.probes.interpreters.host import Host, Setting, probe_host
from airproof.probes.reaching.certificates import VARIABLES, probe_pip_tls, trusted_by, variables_of_trust
from airproof.site.site import COMMERCIAL, Site
from pytest_airproof.servers.faulty import CERTIFICATE, FaultyProxy, Rule

PLAIN = "{python} -m pip install --index-url {url} {requirement}"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") and name not in VARIABLES} | {
    "PIP_CONFIG_FILE": os.devnull
}


@cache
def here() -> Host:
    return probe_host(sys.executable, env=CLEAN)


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    """By name: pip 24.2 checks no certificate of an address."""
    with FaultyProxy(None, Rule("/*", body=b"<html></html>"), tls=True) as proxy:
        yield proxy.url.replace("127.0.0.1", "localhost") + "/simple/"


def test_a_certificate_that_nobody_knows_is_not_trusted(index: str) -> None:
    """pip's own words come with the answer; a line that trusts the host is another matter."""
    told = probe_pip_tls(Site(index, pip_command=PLAIN), here(), CLEAN)
    trusting = probe_pip_tls(Site(index, pip_command=COMMERCIAL), here(), CLEAN)

    assert told is not None
    assert trusting is not None
    assert (False, False, True) == (told.own, told.told, "CERTIFICATE_VERIFY_FAILED" in told.detail)
    assert (False, True) == (trusting.own, trusting.told)


@pytest.mark.parametrize("name", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_accounts_variables_count_as_pip_reads_them(index: str, name: str) -> None:
    """Whatever pip reads for itself is the account's own trust."""
    told = probe_pip_tls(Site(index, pip_command=PLAIN), here(), CLEAN | {name: str(CERTIFICATE)})

    assert told is not None
    assert True is told.own


def test_a_file_of_certificates_that_is_not_there_is_no_trust(index: str) -> None:
    """pip refuses to speak at all then."""
    told = probe_pip_tls(Site(index, pip_command=PLAIN), here(), CLEAN | {"PIP_CERT": "/nowhere/ca.pem"})

    assert told is not None
    assert (False, True) == (told.own, "/nowhere/ca.pem" in told.detail)


def test_nobody_is_asked_where_no_certificate_decides() -> None:
    """Plain http has none."""
    assert probe_pip_tls(Site("http://192.0.2.1/simple/"), here(), CLEAN) is None


def test_what_pip_trusts_airproofs_own_client_trusts(index: str) -> None:
    """And no more: without it the certificate is unknown."""
    with Http(30.0, trusted=Trusted((str(CERTIFICATE), "/nowhere/ca.pem"))) as http:
        trusting = http.get(index)
    with Http(30.0, trusted=Trusted(anything=True)) as http:
        careless = http.get(index)
    with Http(30.0) as http:
        strict = http.get(index)

    assert [None, None, NetworkFailure.CERTIFICATE] == [trust.trouble for trust in (trusting, careless, strict)]


def test_settings_variables_and_the_sites_line_are_read() -> None:
    """A line that is assumed decides nothing."""
    host = Host(
        *("python", "3.11.7", "cpython", "cp311-linux", (), {}, "26.3", None),
        settings=(Setting("global.cert", "/etc/ca.pem"), Setting("global.timeout", "3")),
        proxies={},
        externally_managed=False,
        user="omflow",
    )
    told = Site("https://pi/simple/", pip_command=f"{PLAIN} --cert=/opt/ca.pem --trusted-host {{host}}")
    assumed = Site("https://pi/simple/", pip_command=COMMERCIAL)
    surroundings = {"REQUESTS_CA_BUNDLE": "/srv/ca.pem", "OTHER": "x"}

    assert Trusted(("/etc/ca.pem", "/srv/ca.pem"), False) == trusted_by(assumed, [host], surroundings)
    assert Trusted(("/etc/ca.pem", "/opt/ca.pem"), True) == trusted_by(
        Site(told.url, pip_command=told.pip_command, pip_command_assumed=False), [host], {}
    )
    assert {"REQUESTS_CA_BUNDLE": "/srv/ca.pem", "PIP_CERT": "/etc/ca.pem"} == variables_of_trust(host, surroundings)
