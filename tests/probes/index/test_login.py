"""The login that the account's own pip would send, told from its netrc file as pip's HTTP library tells it."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from airproof.errors import CannotLook
from airproof.net.http import Http
from airproof.probes.index.login import Account, credentials, probe_account, with_account
from airproof.probes.onhost.hostasks import ask_index, netrc_login
from airproof.site.group import Group
from airproof.site.site import AccountLogin, Kind, Site
from airproof.system.processes import run
from pytest_airproof.servers.faulty import closed_port
from tests.engine.running import DEMO, airproof, own_pytest, record, static_index
from tests.probes.offline import offline_pip

PASSWORD = "kept-by-one-account"
URL = "http://192.0.2.10:3141/root/local/"
ENTRY = f"machine 192.0.2.10 login reader password {PASSWORD}\n"
LOCAL = f"machine 127.0.0.1 login reader password {PASSWORD}\n"


def home_with(folder: Path, **files: str) -> dict[str, str]:
    """An account's surroundings; `_x` is the file `_x`, and `dot_x` is `.x`."""
    for name, text in files.items():
        (folder / name.replace("dot_", ".")).write_text(text, encoding="utf-8")
    return {"HOME": str(folder), "USERPROFILE": str(folder)}


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_a_file_at_home_is_found(tmp_path: Path, name: str) -> None:
    """By either name, on every system."""
    around = home_with(tmp_path, **{name.replace(".", "dot_"): ENTRY})

    assert AccountLogin(str(tmp_path / name), "reader", PASSWORD) == with_account(Site(URL), around).account


def test_the_variable_goes_before_the_home(tmp_path: Path) -> None:
    """NETRC names the only file that is looked at."""
    around = home_with(tmp_path, dot_netrc=ENTRY, other="machine 192.0.2.10 login her password other\n")

    named = with_account(Site(URL), around | {"NETRC": str(tmp_path / "other")})
    nowhere = with_account(Site(URL), around | {"NETRC": str(tmp_path / "absent")})

    assert AccountLogin(str(tmp_path / "other"), "her", "other") == named.account
    assert nowhere.account is None


def test_a_file_named_from_here_is_named_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip runs in another folder."""
    around = home_with(tmp_path, logins=ENTRY) | {"NETRC": "logins"}
    monkeypatch.chdir(tmp_path)

    assert AccountLogin(str(tmp_path / "logins"), "reader", PASSWORD) == with_account(Site(URL), around).account


def test_what_is_for_every_host_is_for_the_index(tmp_path: Path) -> None:
    """`default`, as pip has it."""
    site = with_account(Site(URL), home_with(tmp_path, dot_netrc="default login all password every\n"))

    assert "all" == (site.account and site.account.user)


@pytest.mark.parametrize(
    "text",
    ["machine 192.0.2.11 login a password b\n", "", "nonsense\n", "machine 192.0.2.10 login a password \u5bc6\n"],
)
def test_what_pip_cannot_use_is_no_login(tmp_path: Path, text: str) -> None:
    """Another host's, none, one that cannot be read, and a password that no header holds."""
    assert with_account(Site(URL), home_with(tmp_path, dot_netrc=text)).account is None


@pytest.mark.parametrize(
    "site", [Site(URL.replace("//", "//own:login@")), Site(URL, kind=Kind.REHEARSAL), Site("", kind=Kind.REHEARSAL)]
)
def test_the_urls_own_login_goes_before(tmp_path: Path, site: Site) -> None:
    """As in pip; and a rehearsal's host is not the one that will be served."""
    assert site == with_account(site, home_with(tmp_path, dot_netrc=ENTRY))


def test_the_login_is_a_secret_and_is_sent_as_it_is(tmp_path: Path) -> None:
    """No record shows it, and what stands percent-encoded in a URL arrives as it was written."""
    awkward = "s3cr@t/pa:ss%41"
    site = msgspec.structs.replace(Site(URL), account=AccountLogin("netrc", "reader", awkward))

    assert (awkward,) == site.secrets
    assert ("reader", quote(awkward, safe="")) == credentials(site)
    assert (None, None) == credentials(Site(URL))


@pytest.mark.parametrize(("wanted", "status", "needed"), [(f"reader:{PASSWORD}", 401, True), (None, 404, False)])
def test_the_index_is_asked_as_by_a_stranger(wanted: str | None, status: int, needed: bool) -> None:
    """Only so it shows whether the login is what opens it. (This index has pages of projects, and none of its own.)"""
    with static_index(*DEMO, credentials=wanted) as index:
        site = Site(index.url, account=AccountLogin("netrc", "reader", PASSWORD))
        stranger = probe_account(site)
        user, password = credentials(site)
        with Http(15, user=user, password=password) as door:
            mine = door.get(index.url).status

    assert (status, needed, 404) == (stranger.status, stranger.needed, mine)
    assert PASSWORD not in msgspec.json.encode(stranger).decode()


def test_no_answer_to_a_stranger_is_not_taken_for_one() -> None:
    """Silence admits nobody."""
    site = Site(f"http://127.0.0.1:{closed_port()}/", account=AccountLogin("netrc", "reader", PASSWORD), timeout=5)
    with pytest.raises(CannotLook):
        probe_account(site)


def test_without_a_login_nobody_is_asked() -> None:
    """There is nothing to compare."""
    assert Account("") == probe_account(Site(URL))


def test_another_hosts_probe_sends_its_own_accounts_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the account is OMFlow's, and its pip sends it too."""
    for name, value in home_with(tmp_path, logins=LOCAL).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NETRC", str(tmp_path / "absent"))
    with static_index(*DEMO, credentials=f"reader:{PASSWORD}") as index:
        without = ask_index(index.url, 15)
        monkeypatch.setenv("NETRC", str(tmp_path / "logins"))
        told = ask_index(index.url, 15)

    assert (401, 404) == (without["status"], told["status"])
    assert PASSWORD not in str(told)


def test_pip_gets_it_and_nothing_else_of_the_account(tmp_path: Path) -> None:
    """The hermetic pip opens the index with that file, and without it does not."""
    (tmp_path / "logins").write_text(LOCAL, encoding="utf-8")
    with static_index(*DEMO, credentials=f"reader:{PASSWORD}") as index:
        asked = [Group("demo", ("demo",))]
        given = offline_pip(index.url, tmp_path / "given", netrc=str(tmp_path / "logins")).install(asked, imports=False)
        left = offline_pip(index.url, tmp_path / "left").install(asked, imports=False)

    assert (True, False) == (given.ok, left.ok)
    assert PASSWORD not in msgspec.json.encode(given).decode()


@pytest.mark.thorough
def test_a_run_is_accepted_with_it_and_tells_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under either engine the same advised finding; the password stands in no file and no output."""
    (tmp_path / "logins").write_text(LOCAL, encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("NETRC", str(tmp_path / "logins"))
    with static_index(*DEMO, credentials=f"reader:{PASSWORD}") as index:
        ours = airproof("check", index.url, "-p", "demo", "--verbose", cwd=work)
        found = {check.id: check.findings for check in record(work).checks if check.findings}
        theirs = own_pytest(index.url, "--airproof-package", "demo", "-p", "no:cacheprovider", cwd=work)
    shown = [path.read_bytes() for path in work.rglob("*") if path.is_file()]

    assert (0, 0) == (ours.returncode, theirs.returncode), ours.stdout + theirs.stdout
    assert ["login-of-account"] == [finding.cause for finding in found["PIP09"]]
    assert str(tmp_path / "logins") in found["PIP09"][0].says.en
    assert PASSWORD not in ours.stdout + ours.stderr + theirs.stdout + theirs.stderr
    assert [] == [text for text in shown if PASSWORD.encode() in text]


def test_pip_itself_finds_the_same_file(tmp_path: Path) -> None:
    """Its own HTTP library is asked where this reads a file of an account's home."""
    around = home_with(tmp_path, _netrc=ENTRY, dot_netrc=ENTRY.replace("reader", "dotted"))
    code = "from pip._vendor.requests.utils import get_netrc_auth as get; print(get('http://192.0.2.10:3141/x'))"
    ran = run([sys.executable, "-c", code], timeout=60, env=around)

    assert netrc_login("192.0.2.10", around) == (str(tmp_path / ".netrc"), "dotted", PASSWORD)
    assert str(("dotted", PASSWORD)) == ran.stdout.strip()
