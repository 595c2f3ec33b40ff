"""The administrator: what it does on a devpi, and what it refuses to do to anybody."""

from __future__ import annotations

import secrets
from pathlib import Path

import httpx
import pytest

from airproof.errors import BadInput
from pytest_airproof.packages import Packages, Sdist, Wheel
from pytest_airproof.servers.client import DevpiClient, DevpiRefused
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.stage import Stage

OUTSIDE = [
    "https://packages.example/simple/",
    "http://192.0.2.1:3141/root/pub/+simple/",
    "http://127.0.0.1@packages.example/",
    "http://packages.example\\@127.0.0.1/",
    "http://localhost.example/",
    "ftp://127.0.0.1/",
    "//127.0.0.1/",
    "",
]


def links(stage: Stage) -> list[str]:
    """File names on all project pages of an index."""
    headers = {"accept": "application/vnd.pypi.simple.v1+json"}
    with httpx.Client(trust_env=False, headers=headers, timeout=30) as http:
        projects = [item["name"] for item in http.get(stage.simple_url).json()["projects"]]
        pages = [http.get(f"{stage.simple_url}{name}/").json() for name in projects]
    return sorted(file["filename"] for page in pages for file in page["files"])


@pytest.mark.parametrize("url", OUTSIDE)
def test_a_mirror_of_the_outside_is_refused(airproof_server: DevpiServer, airproof_index: Stage, url: str) -> None:
    """No mirror is made of a public host, nor turned to one later, nor of a URL that can be read in two ways."""
    client = airproof_server.client

    with pytest.raises(BadInput, match="may only mirror a server on loopback"):
        client.create_index("root/outside", type="mirror", mirror_url=url)
    with pytest.raises(BadInput, match="may only mirror a server on loopback"):
        client.modify_index(airproof_index.name, mirror_url=url)
    with pytest.raises(DevpiRefused, match="404"):
        client.index("root/outside")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "[::1]:1", "localhost:1", "192.0.2.10:3141"])
def test_a_mirror_of_loopback_or_a_known_server_is_made(airproof_server: DevpiServer, host: str) -> None:
    """Loopback may be mirrored, and so may an address that another airproof server has."""
    url = f"http://{host}/root/pub/+simple/"
    with DevpiClient(airproof_server.url, upstreams={"http://192.0.2.10:3141"}) as client:
        client.login("root", airproof_server.password or "")
        made = client.create_index("root/inside", type="mirror", mirror_url=url)
        client.delete_index("root/inside")

    assert url == made["mirror_url"]


def test_a_wrong_password_is_refused(airproof_server: DevpiServer) -> None:
    """A refusal carries devpi's own words, and no server of a test has an empty password by chance."""
    with DevpiClient(airproof_server.url) as client, pytest.raises(DevpiRefused) as caught:
        client.login("root", "")

    assert caught.value.values["status"] == 401
    assert "could not be authenticated" in str(caught.value)


def test_users_and_their_passwords_are_kept(airproof_server: DevpiServer) -> None:
    """A new user logs in with the password that was set last."""
    user = f"tester-{secrets.token_hex(4)}"
    airproof_server.client.create_user(user, "first")
    airproof_server.client.change_password(user, "second")
    with DevpiClient(airproof_server.url) as client:
        with pytest.raises(DevpiRefused, match="401"):
            client.login(user, "first")
        client.login(user, "second")


def test_files_go_up_and_come_down(airproof_index: Stage, tmp_path: Path) -> None:
    """Wheels, sdists, paths and folders are uploaded, and one file can be removed."""
    packages = Packages(tmp_path / "folder")
    packages.wheel("in-folder")
    path = Wheel("as-path").write(tmp_path)

    names = airproof_index.upload(Wheel("a.wheel"), Sdist("an-sdist"), path, packages.folder)
    airproof_index.server.client.remove(airproof_index.name, path.name)

    assert sorted(set(names) - {path.name}) == links(airproof_index)
    with pytest.raises(DevpiRefused, match="404"):
        airproof_index.server.client.remove(airproof_index.name, path.name)


def test_files_that_lie_go_up_as_they_are(airproof_index: Stage, tmp_path: Path) -> None:
    """The upload goes by the file name, so what devpi never opens can be planted."""
    packages = Packages(tmp_path)
    lying = Wheel("lying", metadata_name="other", metadata_version="9")

    airproof_index.upload(lying, packages.truncated_wheel("cut"), packages.wheel_without_metadata("bare"))

    wanted = ["bare-1.0-py3-none-any.whl", "cut-1.0-py3-none-any.whl", "lying-1.0-py3-none-any.whl"]
    assert wanted == links(airproof_index)


@pytest.mark.parametrize("package", [Wheel("demo", requires_python=">=3.9"), Sdist("demo", requires_python=">=3.9")])
def test_requires_python_is_read_from_the_file_or_planted(airproof_index: Stage, package: Wheel | Sdist) -> None:
    """The index publishes what the file says, unless the test says otherwise."""
    client = airproof_index.server.client
    page = f"{airproof_index.simple_url}demo/"

    client.upload(airproof_index.name, package)
    true = httpx.get(page, trust_env=False).text
    client.upload(airproof_index.name, package, requires_python="<3")
    planted = httpx.get(page, trust_env=False).text

    assert ("&gt;=3.9" in true, "&lt;3" in planted) == (True, True)


def test_an_empty_folder_is_no_upload(airproof_index: Stage, tmp_path: Path) -> None:
    """Nothing to upload is an error: devpi's own client would succeed."""
    with pytest.raises(BadInput, match="nothing to upload"):
        airproof_index.upload(tmp_path)


def test_a_non_volatile_index_is_deleted_too(airproof_server: DevpiServer) -> None:
    """An index that a test made unchangeable does not stay behind."""
    client = airproof_server.client
    client.create_index("root/fixed")

    assert client.modify_index("root/fixed", volatile=False, acl_upload=["root", ":ANONYMOUS:"])["volatile"] is False

    client.upload("root/fixed", Wheel("demo"))
    client.delete_index("root/fixed")
    with pytest.raises(DevpiRefused, match="404"):
        client.index("root/fixed")


def test_an_index_without_a_user_is_refused_by_name(airproof_server: DevpiServer) -> None:
    """devpi would take the name as that of a user, and ask for a password."""
    with pytest.raises(ValueError, match=r"create_index\('local'\): an index is named user/index"):
        airproof_server.client.create_index("local")


def test_an_index_that_is_not_there_cannot_be_deleted(airproof_server: DevpiServer) -> None:
    """devpi's own answer to the request that would delete it is that access was denied."""
    with pytest.raises(DevpiRefused, match="404 The stage root/none could not be found"):
        airproof_server.client.delete_index("root/none")
