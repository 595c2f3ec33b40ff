"""The fixtures as a test gets them: a clean view each time."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pytest_airproof.packages import Packages, Wheel
from pytest_airproof.servers.client import DevpiRefused
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.stage import Mirror, Stage, fresh_mirror, fresh_stage


def get(url: str) -> httpx.Response:
    headers = {"accept": "application/vnd.pypi.simple.v1+json"}
    return httpx.get(url, trust_env=False, timeout=30, headers=headers)


def projects(stage: Stage) -> list[str]:
    return [item["name"] for item in get(stage.simple_url).json()["projects"]]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_index(airproof_index: Stage, turn: int) -> None:
    """Whatever another test uploaded is not there, and what this one uploads is."""
    before = projects(airproof_index)
    airproof_index.upload(Wheel("demo"))

    assert (before, projects(airproof_index)) == ([], ["demo"])


def test_an_index_is_gone_after_its_test(airproof_server: DevpiServer) -> None:
    """An index lives as long as its test; two at once do not see each other."""
    with fresh_stage(airproof_server) as one, fresh_stage(airproof_server) as other:
        one.upload(Wheel("demo"))
        seen = (projects(one), projects(other))

    assert seen == (["demo"], [])
    for stage in (one, other):
        with pytest.raises(DevpiRefused, match="404"):
            airproof_server.client.index(stage.name)


def test_an_index_has_both_forms_of_the_url(airproof_index: Stage) -> None:
    """Both URL forms list the index's projects to an installer."""
    airproof_index.upload(Wheel("demo"))
    bare, simple = get(airproof_index.url), get(airproof_index.simple_url)

    assert [{"name": "demo"}] == bare.json()["projects"] == simple.json()["projects"]
    assert airproof_index.url == str(airproof_index) == simple.url.join("..")


def test_a_mirror_serves_what_its_upstream_has(airproof_mirror: Mirror) -> None:
    """A file uploaded to the upstream comes through the mirror, byte for byte; what is not upstream does not."""
    wheel = Wheel("demo")
    airproof_mirror.upstream.upload(wheel)

    file = get(f"{airproof_mirror.simple_url}demo/").json()["files"][0]
    served = get(str(httpx.URL(f"{airproof_mirror.simple_url}demo/").join(file["url"])))

    assert wheel.content() == served.content
    assert get(f"{airproof_mirror.simple_url}absent/").status_code == 404
    assert airproof_mirror.server.uuid != airproof_mirror.upstream.server.uuid


def test_a_mirror_keeps_its_list_unless_told_otherwise(
    airproof_server: DevpiServer, airproof_upstream: DevpiServer
) -> None:
    """A mirror is devpi's own: what comes upstream after its first look is seen at once only without its cache."""
    with (
        fresh_stage(airproof_upstream) as upstream,
        fresh_mirror(airproof_server, upstream) as caching,
        fresh_mirror(airproof_server, upstream, mirror_cache_expiry=0) as eager,
    ):
        before = (projects(caching), projects(eager))
        upstream.upload(Wheel("late"))

        assert (before, projects(caching), projects(eager)) == (([], []), [], ["late"])


def test_packages_lie_in_a_folder_of_the_test(airproof_packages: Packages, tmp_path: Path) -> None:
    """The factory writes into the test's own folder and says where."""
    made = airproof_packages.wheel("demo", "2.0", requires=("base",))

    assert tmp_path / "airproof-packages" / "demo-2.0-py3-none-any.whl" == made
    assert made.is_file()
    assert len(airproof_packages.sample()) == 6
