"""Trust of pip: whether it would talk to the index at all."""

from __future__ import annotations

import pytest

from airproof.probes.interpreters.host import Host, Setting
from airproof.probes.reaching.trust import probe_trust, trusted_by_pip
from airproof.site.site import COMMERCIAL, Kind, Site

PLAIN = "{python} -m pip install --index-url {url} {requirement}"
OPEN = "{python} -m pip install {requirement}"


def host(**settings: str) -> Host:
    said = tuple(Setting(f"global.{name.replace('_', '-')}", value) for name, value in settings.items())
    return Host("python", "3.11.7", "CPython", "cp311-linux", (), {}, "26.3", None, said, {}, False, "omflow")


def site(url: str, command: str = PLAIN, **rest: object) -> Site:
    return Site(url=url, pip_command=command, pip_command_assumed=command == COMMERCIAL, **rest)  # type: ignore[arg-type] # a test's shorthand


@pytest.mark.parametrize(
    ("name", "trusted"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("192.0.2.10", False),
        ("pi", False),
    ],
)
def test_pip_trusts_loopback_by_itself_and_nobody_else(name: str, trusted: bool) -> None:
    """A name is not looked up: pip drops it before any look-up."""
    assert trusted is trusted_by_pip(name)


@pytest.mark.parametrize(
    ("url", "needed"),
    [
        ("http://192.0.2.10:3141/root/local/", True),
        ("https://192.0.2.10/root/local/", False),
        ("http://127.0.0.1:3141/root/local/", False),
    ],
)
def test_plain_http_elsewhere_needs_trust(url: str, needed: bool) -> None:
    """https and loopback need none."""
    assert needed is probe_trust(site(url), host()).needed


def test_a_rehearsal_needs_trust_also_on_loopback() -> None:
    """Production will not be on loopback, so the rehearsal must not hide the commonest failure."""
    rehearsed = site("http://127.0.0.1:3141/root/local/", COMMERCIAL, kind=Kind.REHEARSAL)

    assert (True, True, True) == (
        probe_trust(rehearsed, host()).needed,
        probe_trust(rehearsed, host()).given,
        probe_trust(rehearsed, host()).assumed,
    )


@pytest.mark.parametrize(
    ("command", "given"),
    [
        (COMMERCIAL, True),
        (PLAIN, False),
        (PLAIN + " --trusted-host=192.0.2.10", True),
        (PLAIN + " --trusted-host 192.0.2.10:3141", True),
        (PLAIN + " --trusted-host 192.0.2.99", False),
    ],
)
def test_the_command_gives_trust_to_this_host(command: str, given: bool) -> None:
    """With or without the port, but to no other host."""
    assert given is probe_trust(site("http://192.0.2.10:3141/root/local/", command), host()).given


def test_pips_own_configuration_counts_whatever_the_command_names() -> None:
    """pip adds its configuration's hosts to the command line's, and nothing is assumed any more. A rehearsal's host
    is not the one that will be served.
    """
    url = "http://192.0.2.10:3141/root/local/"
    configured = host(trusted_host="192.0.2.10")

    assert probe_trust(site(url, OPEN), configured).given
    assert not probe_trust(site(url, OPEN), host()).given
    assert probe_trust(site(url, PLAIN), configured).given
    assert (True, False) == (
        probe_trust(site(url, COMMERCIAL), host()).assumed,
        probe_trust(site(url, COMMERCIAL), configured).assumed,
    )
    assert not probe_trust(site(url, PLAIN, kind=Kind.REHEARSAL), configured).given
