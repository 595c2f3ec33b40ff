"""Questions about an index, from the command line and from airproof.toml."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from packaging.version import Version

from airproof.ask.settings import SETTINGS, merged
from airproof.ask.site_of import build_site
from airproof.ask.typedoptions import TypedOptions
from airproof.errors import BadInput
from airproof.probes.interpreters.host import Host, Setting
from airproof.probes.pip.guard import allowed_ends
from airproof.probes.pip.hermetic import hermetic_environment
from airproof.probes.pip.template import parse_template, patience_of, retries_of, times_of
from airproof.site.indexurl import IndexUrl
from airproof.site.site import COMMERCIAL, Site

URL = "http://192.0.2.1/simple/"


@pytest.mark.parametrize(("typed", "kept"), [(URL, ""), (f'"{URL}"', f'"{URL}"'), (f" {URL}", f" {URL}")])
def test_what_stands_around_a_typed_url_is_not_lost(typed: str, kept: str) -> None:
    """The plain URL is asked, and the check knows what was typed."""
    site = build_site(TypedOptions(url=typed))

    assert (URL, kept) == (site.url, site.typed)


def test_a_relative_ca_is_one_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's child runs elsewhere."""
    (tmp_path / "ca.pem").write_text("")
    monkeypatch.chdir(tmp_path)

    assert str(tmp_path / "ca.pem") == build_site(TypedOptions(url=URL, ca="ca.pem")).ca


@pytest.mark.parametrize("given", ["http://files/", "files/x", "", "files:0", "files:x", "me@files"])
def test_a_further_host_is_a_host(given: str) -> None:
    """With a port at most."""
    with pytest.raises(BadInput):
        build_site(TypedOptions(url=URL, further=(given,)))


def test_further_hosts_are_allowed_exactly() -> None:
    """The port counts where it was named."""
    site = Site(URL, further=("files.example:8080", "other.example", "[::1]:81"))
    urls = {
        "http://192.0.2.1/a.whl": True,
        "http://files.example:8080/a.whl": True,
        "http://files.example/a.whl": False,
        "https://other.example:444/a.whl": True,
        "http://[::1]:81/a.whl": True,
        "http://sub.other.example/a.whl": False,
        "file:///a.whl": False,
    }

    assert urls == {url: site.allows(url) for url in urls}


def test_the_guard_lets_further_hosts_be_reached() -> None:
    """Port 0 stands for any port."""
    ends = allowed_ends(IndexUrl.of(URL), 5.0, ("192.0.2.7:8080", "192.0.2.8"))

    assert {("192.0.2.1", 80), ("192.0.2.7", 8080), ("192.0.2.8", 0)} == ends


def test_the_settings_file_names_further_hosts() -> None:
    """As `--allow-host` does."""
    settings = msgspec.toml.decode('[index]\nurl = "http://h/"\nallow-hosts = ["files:81"]', type=SETTINGS)

    assert ("files:81",) == merged("check", settings, {}).further


def test_pip_keeps_its_own_times(tmp_path: Path) -> None:
    """No variable of airproof's tells it how long to wait; those of its own configuration do."""
    told = (Setting("global.timeout", "40"), Setting(":env:.retries", "2"), Setting("global.index-url", URL))
    host = Host(
        *("python", "3.11.7", "cpython", "cp311-linux", (), {}, "26.3", None),
        settings=told,
        proxies={},
        externally_managed=False,
        user="omflow",
    )
    plain = msgspec.structs.replace(host, settings=())
    named = parse_template(COMMERCIAL.replace("install", "install --timeout=3"))
    left = hermetic_environment({"PIP_TIMEOUT": "9"}, home=tmp_path, pip=Version("26.3"))

    assert {"PIP_TIMEOUT": "40", "PIP_RETRIES": "2"} == times_of(host)
    assert [40.0, 15.0, 3.0] == [
        patience_of(parse_template(COMMERCIAL), host),
        patience_of(parse_template(COMMERCIAL), plain),
        patience_of(named, host),
    ]
    assert [] == [name for name in left if "TIMEOUT" in name or "RETRIES" in name]


@pytest.mark.parametrize(
    ("option", "retries"), [("", 5), (" --retries 2", 2), (" --retries=0", 0), (" --retries=x", 5)]
)
def test_a_command_says_how_often_pip_repeats(option: str, retries: int) -> None:
    """Five times, unless it is told another number."""
    assert retries == retries_of(parse_template(COMMERCIAL.replace("install", f"install{option}")), None)


@pytest.mark.parametrize("given", ["max-request-body-size=5", "--serverdir=elsewhere", "--port", "-c"])
def test_what_a_rehearsal_decides_itself_is_no_option_for_its_server(given: str) -> None:
    """Nor is a word that is no option."""
    with pytest.raises(BadInput) as caught:
        build_site(TypedOptions(packages=("a",), server_options=(given,)))

    assert "server-option" == caught.value.key
