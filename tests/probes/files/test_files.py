"""Files as they are served: what arrived is what was published, and what it says of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from airproof.net.http import Http, NetworkFailure
from airproof.probes.files.files import ServedFile, probe_files
from airproof.probes.index.simple import Link, fetch_pages
from pytest_airproof.packages import Packages
from pytest_airproof.servers.faulty import FaultyProxy, Rule
from pytest_airproof.servers.stage import Stage

LONG = 30.0


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(LONG) as door:
        yield door


def served(http: Http, url: str, projects: list[str], folder: Path) -> tuple[ServedFile, ...]:
    pages = fetch_pages(http, url, projects)
    return probe_files(http, [(page.project, link) for page in pages for link in page.links], folder)


def one_served(
    http: Http, content: bytes, folder: Path, *, hashes: dict[str, str], name: str = "a-1.0.tar.gz"
) -> ServedFile:
    with FaultyProxy(None, Rule(body=content)) as proxy:
        (found,) = probe_files(http, [("a", Link(name, f"{proxy.url}/{name}", hashes))], folder)
    return found


def test_files_of_a_real_devpi_are_what_was_uploaded(
    http: Http, tmp_path: Path, airproof_index: Stage, airproof_packages: Packages
) -> None:
    """Hash, size and contents of a wheel and an sdist, in the order asked, written and read back."""
    paths = [airproof_packages.wheel("beta", requires=["alpha"]), airproof_packages.sdist("alpha")]
    airproof_index.upload(*paths)
    found = served(http, airproof_index.url, ["beta", "alpha"], tmp_path / "files")

    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths] == [item.sha256 for item in found]
    assert [path.stat().st_size for path in paths] == [item.size for item in found]
    assert [("beta", True, True, True, ("alpha",)), ("alpha", True, True, False, ())] == [
        (named.name, named.matches, named.agrees, named.is_wheel, named.requires) for named in found
    ]
    assert found == msgspec.json.decode(msgspec.json.encode(found), type=tuple[ServedFile, ...])


def test_tampering_on_the_way_does_not_match(
    http: Http, tmp_path: Path, airproof_index: Stage, airproof_packages: Packages
) -> None:
    """A file is listed with its old hash whatever the bytes are by now."""
    airproof_index.upload(airproof_packages.wheel("alpha"))
    tamper = Rule("*/+f/*", rewrite=lambda body: body.replace(b"PK", b"KP", 1))
    with FaultyProxy(airproof_index.server.url, tamper) as proxy:
        (found,) = served(http, f"{proxy.url}/{airproof_index.name}/", ["alpha"], tmp_path)

    assert (False, 200, None) == (found.matches, found.status, found.trouble)


@pytest.mark.parametrize(
    ("rule", "seen"),
    [(Rule(status=404, body=b""), (404, None)), (Rule(body=b"x" * 99, cut=50), (200, NetworkFailure.CUT))],
    ids=["gone", "cut"],
)
def test_a_file_that_does_not_come_is_told(
    http: Http, tmp_path: Path, rule: Rule, seen: tuple[int, NetworkFailure | None]
) -> None:
    """It has no hash, neither matches nor differs, and is not readable."""
    with FaultyProxy(None, rule) as proxy:
        (found,) = probe_files(http, [("a", Link("a-1.tar.gz", f"{proxy.url}/a-1.tar.gz", {"sha256": "00"}))], tmp_path)

    assert seen == (found.status, found.trouble)
    assert ("", None, False) == (found.sha256, found.matches, found.readable)


def test_links_off_the_host_are_not_followed(http: Http, tmp_path: Path) -> None:
    """They are told as such, in their place, and the stranger sees nobody."""
    with FaultyProxy(None, Rule(body=b"x")) as stranger, FaultyProxy(None, Rule(body=b"x")) as proxy:
        links = [
            ("a", Link("a-1.tar.gz", f"{proxy.url}/a-1.tar.gz")),
            ("b", Link("b-1.tar.gz", f"{stranger.url}/b-1.tar.gz", off_host=True)),
            ("c", Link("c-1.tar.gz", f"{proxy.url}/c-1.tar.gz")),
        ]
        found = probe_files(http, links, tmp_path)

        assert [("a", 200, None), ("b", None, NetworkFailure.OFF_HOST), ("c", 200, None)] == [
            (item.project, item.status, item.trouble) for item in found
        ]
        assert () == stranger.requests


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256", "sha512"])
def test_the_strongest_published_hash_counts(http: Http, tmp_path: Path, kind: str) -> None:
    """Whatever kind it is; a weaker one beside it is not asked."""
    digest = hashlib.new(kind, b"content", usedforsecurity=False).hexdigest()
    weaker = {"md5": "0"} if kind != "md5" else {}

    assert one_served(http, b"content", tmp_path, hashes={kind: digest, **weaker}).matches is True
    assert one_served(http, b"changed", tmp_path, hashes={kind: digest, **weaker}).matches is False


def test_without_a_hash_there_is_no_match_and_no_difference(http: Http, tmp_path: Path) -> None:
    """None is neither."""
    assert one_served(http, b"content", tmp_path, hashes={}).matches is None
    assert one_served(http, b"content", tmp_path, hashes={"blake9": "00"}).matches is None


@pytest.mark.parametrize(
    ("filename", "agrees"),
    [
        ("alpha-1.0-py3-none-any.whl", True),
        ("Alpha-1.0.0-py3-none-any.whl", True),
        ("beta-1.0-py3-none-any.whl", False),
        ("alpha-2.0-py3-none-any.whl", False),
        ("alpha.whl", False),
    ],
)
def test_a_name_that_differs_inside_does_not_agree(
    http: Http, tmp_path: Path, airproof_packages: Packages, filename: str, agrees: bool
) -> None:
    """Name and version are compared as packages are, not as texts."""
    content = airproof_packages.wheel("alpha").read_bytes()
    found = one_served(http, content, tmp_path, hashes={}, name=filename)

    assert (True, agrees) == (found.readable, found.agrees)


def test_a_version_as_older_pips_read_it_agrees() -> None:
    """`0.0.1_1` in a file name is 0.0.1-1 to pips before 25.3, which install such a wheel (20.3 to 23.2)."""
    fetched = {"url": "", "project": "under", "published": {}, "sha256": "", "size": 0, "status": 200, "seconds": 0.1}
    one = msgspec.convert(
        {
            **{"filename": "under-0.0.1_1-py3-none-any.whl", "name": "under", "version": "0.0.1-1"},
            **{"tags": ("py3-none-any",), "trouble": None, "matches": None, **fetched},
        },
        ServedFile,
    )

    assert (True, True) == (one.agrees, one.tags_agree)
    assert not msgspec.structs.replace(one, version="0.0.2").agrees


def test_tags_inside_are_compared_with_the_name(http: Http, tmp_path: Path, airproof_packages: Packages) -> None:
    """Several tags in one name are all meant."""
    content = airproof_packages.wheel("alpha").read_bytes()
    same, more = (
        one_served(http, content, tmp_path, hashes={}, name=f"alpha-1.0-{tags}-none-any.whl")
        for tags in ("py3", "py2.py3")
    )

    assert (True, False) == (same.tags_agree, more.tags_agree)


def test_files_are_kept_or_removed_as_wished(http: Http, tmp_path: Path, airproof_packages: Packages) -> None:
    """Two of one name do not overwrite each other."""
    content = airproof_packages.wheel("alpha").read_bytes()
    with FaultyProxy(None, Rule(body=content)) as proxy:
        links = [("alpha", Link("alpha-1.0-py3-none-any.whl", f"{proxy.url}/{n}")) for n in range(2)]
        probe_files(http, links, tmp_path / "kept")
        removed = probe_files(http, links, tmp_path / "removed", keep=False)

    assert [content] * 2 == [path.read_bytes() for path in (tmp_path / "kept").iterdir()]
    assert [] == list((tmp_path / "removed").iterdir())
    assert [True] * 2 == [file.readable for file in removed]
