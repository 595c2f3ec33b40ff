"""Findings about the URL that OMFlow has stored."""

from __future__ import annotations

import msgspec
import pytest

from airproof.check import Failed, NotApplicable
from airproof.checks.stored import (
    check_omflow_has_a_url,
    check_pip_knows_the_certificate,
    check_the_stored_url_is_the_one_judged,
    check_the_url_means_the_same_on_every_host,
)
from airproof.probes.interpreters.host import Host, Setting
from airproof.site.hosts import Interpreter
from airproof.site.site import Edition, Site
from airproof.site.stored import OMFlowSetting
from tests.probes.pythons import host_of

URL = "http://192.0.2.10:3141/root/local/"
FAR = Interpreter("", "collector", facts="collector.json")
HERE = Interpreter("python", "server")


def site(
    url: str = URL, value: str | None = URL, setting: str = "pip", *hosts: Interpreter, ca: str | None = None
) -> Site:
    stored = OMFlowSetting("db.omflow", "database", setting, value) if value is not None else None
    return Site(url, stored=stored, interpreters=hosts, ca=ca)


def host(**settings: str) -> Host:
    told = tuple(Setting(name.replace("__", ".").replace("_", "-"), value) for name, value in settings.items())
    return msgspec.structs.replace(host_of(), settings=told)


def causes(caught: pytest.ExceptionInfo[Failed]) -> list[str]:
    return [finding.cause for finding in caught.value.findings]


def test_a_typed_url_is_no_fault() -> None:
    """Then there is nothing of OMFlow's to judge, and the report says why."""
    with pytest.raises(NotApplicable) as caught:
        check_omflow_has_a_url(site(value=None))

    assert "url-typed" == caught.value.key


@pytest.mark.parametrize("stored", [URL, URL.rstrip("/"), f"{URL}+simple/", f"{URL}+simple"])
def test_the_same_index_in_any_writing_is_the_same(stored: str) -> None:
    """Both forms, with and without the last slash."""
    assert {"url": URL, "source": "db.omflow"} == check_the_stored_url_is_the_one_judged(
        site(value=stored), HERE, host()
    ).values


@pytest.mark.parametrize(
    "stored",
    ["http://192.0.2.10:3141/root/pypi/", "http://192.0.2.11:3141/root/local/", "https://192.0.2.10:3141/root/local/"],
)
def test_another_index_is_found(stored: str) -> None:
    """Another stage, another machine, another scheme."""
    with pytest.raises(Failed) as caught:
        check_the_stored_url_is_the_one_judged(site(value=stored), HERE, host())

    assert [("other-url-stored", stored, URL)] == [
        (finding.cause, finding.found, finding.wanted) for finding in caught.value.findings
    ]


def test_the_open_edition_asks_where_pips_configuration_leads() -> None:
    """The same index holds; another, or none, is found."""
    asked = site(value="", setting="")

    assert check_the_stored_url_is_the_one_judged(asked, HERE, host(global__index_url=URL)).values["url"] == URL
    with pytest.raises(Failed) as other:
        check_the_stored_url_is_the_one_judged(asked, HERE, host(global__index_url="http://192.0.2.99/simple/"))
    with pytest.raises(Failed) as none:
        check_the_stored_url_is_the_one_judged(asked, HERE, host())
    with pytest.raises(Failed) as quoted:
        check_the_stored_url_is_the_one_judged(asked, HERE, host(global__index_url=f'"{URL}"'))

    assert ["other-index-configured"] == causes(other) == causes(quoted)
    assert ["no-index-configured"] == causes(none)


@pytest.mark.parametrize("interpreter", [Interpreter("python", "server", named=True), FAR])
def test_the_open_editions_interpreter_needs_an_index_whoever_typed_the_url(interpreter: Interpreter) -> None:
    """Its pip gets no URL from OMFlow; of the interpreter that merely runs airproof nothing is known."""
    asked = Site(URL, edition=Edition.OPEN, interpreters=(interpreter,))

    with pytest.raises(Failed) as none:
        check_the_stored_url_is_the_one_judged(asked, interpreter, host())
    with pytest.raises(NotApplicable) as unnamed:
        check_the_stored_url_is_the_one_judged(asked, HERE, host())

    assert (["no-index-configured"], "url-typed") == (causes(none), unnamed.value.key)
    assert URL == check_the_stored_url_is_the_one_judged(asked, interpreter, host(global__index_url=URL)).values["url"]


def test_what_stands_in_the_environment_goes_first() -> None:
    """As pip reads it."""
    told = host(global__index_url="http://192.0.2.99/simple/")
    both = msgspec.structs.replace(
        told, settings=(*told.settings, Setting(":env:.index-url", "http://u:p@192.0.2.1/s/"))
    )

    assert "http://192.0.2.1/s/" == both.configured_index


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_a_loopback_address_with_a_host_elsewhere_is_found(name: str) -> None:
    """With hosts on this machine only it works."""
    url = f"http://{name}:3141/root/local/"

    with pytest.raises(Failed) as caught:
        check_the_url_means_the_same_on_every_host(site(url, url, "pip", HERE, FAR))

    assert [("loopback-for-others", ("collector",))] == [
        (finding.cause, finding.victims) for finding in caught.value.findings
    ]
    assert 1 == check_the_url_means_the_same_on_every_host(site(url, url, "pip", HERE)).values["hosts"]


def test_another_address_is_the_same_everywhere() -> None:
    """However many hosts there are."""
    assert 2 == check_the_url_means_the_same_on_every_host(site(URL, URL, "pip", HERE, FAR)).values["hosts"]


@pytest.mark.parametrize("decorated", [f" {URL}", f"{URL} ", f'"{URL}"', f"'{URL}'", f"{URL}\n"])
def test_a_decorated_url_is_found(decorated: str) -> None:
    """Spaces or quotation marks around it: pip gets them as well, and finds nothing. A plain one holds."""
    with pytest.raises(Failed) as caught:
        check_the_stored_url_is_the_one_judged(site(value=decorated), HERE, host())

    assert ["url-decorated"] == causes(caught)
    assert URL == check_the_stored_url_is_the_one_judged(site(), HERE, host()).values["url"]


def test_a_private_certificate_must_be_known_to_pip() -> None:
    """An option told airproof of it; OMFlow's pip has only its own configuration."""
    url = URL.replace("http:", "https:")
    asked = site(url, url, ca="ca.pem")

    with pytest.raises(Failed) as caught:
        check_pip_knows_the_certificate(asked, host())

    assert ["certificate-unknown-to-pip"] == causes(caught)
    assert check_pip_knows_the_certificate(asked, host(global__cert="ca.pem")).values
