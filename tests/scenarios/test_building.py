"""Parts of scenarios: names in text, an index that is no devpi, and a proxy that hides or prefixes."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from airproof.errors import BadInput
from airproof.probes.interpreters.targets import target_of
from airproof.site.group import Group
from pytest_airproof.drill.carrying import carried_medium
from pytest_airproof.drill.making import AnyFile, made
from pytest_airproof.drill.names import SiteNames
from pytest_airproof.drill.scenario import Carry, Damage, PackageTable
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.static import StaticIndex


def got(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def test_known_names_are_filled_and_other_braces_stay() -> None:
    """Text of JSON and of pip's command goes through unchanged."""
    names = SiteNames({"local": "http://host/root/local/"})

    assert 'http://host/root/local/+simple/ {url} {"a": {}}' == names.fill('{local}+simple/ {url} {"a": {}}')


@pytest.mark.parametrize(("hashes", "mark"), [("sha256", "#sha256="), ("md5", "#md5="), ("none", '.whl">')])
def test_a_static_index_publishes_the_hashes_that_it_is_told_to(hashes: str, mark: str, tmp_path: Path) -> None:
    """Its pages list the files with that hash, or with none; filler is listed too."""
    file = made(PackageTable("alpha"), native_tag="", closed_port=0)

    with StaticIndex(tmp_path, [file], hashes=hashes, filler=3) as index:
        root, page = got(f"{index.origin}/simple/"), got(f"{index.origin}/simple/alpha/")

    assert 4 == root.count("<a href")
    assert mark in page


def test_an_item_may_be_half_a_file_or_any_file() -> None:
    """`keep` cuts, `content` replaces, `file` renames."""
    whole = made(PackageTable("alpha"), native_tag="", closed_port=0)
    half = made(PackageTable("alpha", keep=0.5), native_tag="", closed_port=0)
    note = made(PackageTable("alpha", file="alpha.txt", content="a note"), native_tag="", closed_port=0)

    assert len(whole.content()) // 2 == len(half.content())
    assert ("alpha.txt", b"a note") == (note.filename, note.content())


def test_a_proxy_takes_its_prefix_away_and_hides_the_client(tmp_path: Path) -> None:
    """The upstream is asked without the prefix and by another name; what has no prefix goes on as it is."""
    with (
        FaultyProxy(None, Rule("/simple/*", body=b"an index")) as upstream,
        FaultyProxy(upstream.url, Rule("/pip/*", strip="/pip", sends={"User-Agent": "gateway/1.0"})) as proxy,
    ):
        below, plain = got(f"{proxy.url}/pip/simple/"), got(f"{proxy.url}/simple/")

        seen = [(request.path, request.agent.partition("/")[0]) for request in upstream.requests]

    assert ("an index", "an index") == (below, plain)
    assert [("/simple/", "gateway"), ("/simple/", "Python-urllib")] == seen


def test_a_file_lies_where_its_name_says(tmp_path: Path) -> None:
    """A name with slashes makes folders."""
    assert tmp_path / "may" / "a.whl" == AnyFile("may/a.whl", b"x").write(tmp_path)


@pytest.mark.parametrize(
    ("carry", "asked", "said"),
    [
        (Carry(), "absent", "cannot be filled"),
        (Carry(damage=(Damage("wheels/other.whl", "delete"),)), "app", "no such file was carried"),
    ],
)
def test_a_medium_that_cannot_be_built_is_no_site(tmp_path: Path, carry: Carry, asked: str, said: str) -> None:
    """A file that was not carried cannot be damaged, and a medium that lacks a requirement would be another fault."""
    app = made(PackageTable("app"), native_tag="py3-none-any", closed_port=1)

    with pytest.raises(BadInput) as caught:
        carried_medium(carry, [app], (Group(asked, (asked,)),), (target_of("cp37-win32"),), tmp_path)

    assert said in caught.value.text.en
