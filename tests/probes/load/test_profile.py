"""The requests of a host under load are those of a real pip, against a real devpi, in its order."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest
from packaging.version import Version

from airproof.net.http import Http
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.interpreters.host import probe_host
from airproof.probes.interpreters.pipbehaviour import PipBehaviour
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.load.profile import LoadProfile, profile_of, target_of
from airproof.site.choosing import PLAIN
from airproof.site.group import Group
from airproof.site.site import DEFAULT_ROUNDS
from airproof.system.processes import run
from pytest_airproof import Index, ServerSettings, Wheel
from pytest_airproof.servers.faulty import FaultyProxy, Request, Rule
from pytest_airproof.servers.makers import ServerMaker
from pytest_airproof.servers.stage import fresh_stage
from tests.probes.pythons import each_python, host_of

CORPUS = (
    Wheel("app", requires=("lib-b", "lib-c>=1")),
    Wheel("lib-b", requires=("deep",)),
    Wheel("lib-c", version="1.5", requires=("deep<2", "other[x]")),
    Wheel("deep", version="2.0"),
    Wheel("deep", version="1.0"),
    Wheel("other", extras={"x": ("extra-dep",)}),
    Wheel("extra-dep"),
    Wheel("second", requires=("lib-b", "tail; python_version>'3'", "never; python_version<'3'")),
    Wheel("tail"),
    Wheel("picky", version="2.0", requires=("deep>=3",)),
    Wheel("picky", version="1.0", requires=("deep",)),
)
ORDERED_SINCE = Version("23.1")
"""Older pips that read packages by pkg_resources hold requirements in a set (measured, 20.3.4 to 23.0.1)."""
HEADERS = ("accept", "accept-encoding", "connection", "cache-control")
"""Those that a server, or a cache on the way, may heed."""


@pytest.fixture(scope="module", params=[(), ("--enable-core-metadata",)], ids=["plain", "core-metadata"])
def corpus(request: pytest.FixtureRequest, airproof_server_maker: ServerMaker) -> Iterator[Index]:
    """The corpus on a devpi; with the option, METADATA is announced beside each wheel."""
    server = airproof_server_maker(f"load-{len(request.param)}", ServerSettings(args=request.param))
    with fresh_stage(server) as stage:
        stage.upload(*CORPUS)
        yield stage


@contextmanager
def logged(index: Index) -> Iterator[tuple[FaultyProxy, str]]:
    """A proxy that writes down what is asked, and the index's URL behind it."""
    with FaultyProxy(index.server.url) as proxy:
        yield proxy, index.simple_url.replace(index.server.url, proxy.url)


def asked_by_pip(index: Index, python: str, requirements: Sequence[str], *, into: Path | None) -> list[Request]:
    """Let a real pip install, and return its requests. `into`: the folder; None: its own environment."""
    environment = {name: text for name, text in os.environ.items() if not name.upper().startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    place = ["--target", str(into)] if into is not None else []
    with logged(index) as (proxy, url):
        ran = run(
            [python, "-m", "pip", "install", "--no-compile", *place, "--index-url", url, *requirements],
            timeout=120.0,
            env=environment,
        )
        assert ran.ok, ran.stderr
        return list(proxy.requests)


def profiled(index: Index, python: str, groups: Sequence[Group]) -> LoadProfile:
    """The profile of that interpreter, read from the index itself."""
    with Http(15.0) as http, tempfile.TemporaryDirectory() as folder:
        source = IndexSource(http, index.simple_url, Path(folder))
        return profile_of(TargetMatcher.of(host_of(python)), groups, source, choosing=PLAIN, rounds=DEFAULT_ROUNDS)


def is_unordered(python: str) -> bool:
    """Say whether a pip comes to requirements in another order in each run."""
    host = host_of(python)
    ways = PipBehaviour.of(host.pip, host.markers["python_version"])
    return ways.compared_name == "file" and Version(host.pip or "0") < ORDERED_SINCE


def files_last(paths: Sequence[str]) -> tuple[list[str], set[str]]:
    """Split requests into those of the resolution, in order, and the wheels that are fetched together at its end."""
    end = len(paths)
    while end and paths[end - 1].endswith(".whl"):
        end -= 1
    return list(paths[: end + 1]), set(paths[end + 1 :])


@pytest.mark.parametrize("requirements", [("app", "second"), ("picky", "tail")], ids=["plain", "backtracking"])
@pytest.mark.parametrize("python", each_python())
def test_a_pip_asks_for_what_its_profile_says(
    corpus: Index, python: str, requirements: tuple[str, ...], tmp_path: Path
) -> None:
    """The same paths, in the same order, with the same headers; files after METADATA come in an order of pip's own."""
    real = asked_by_pip(corpus, python, requirements, into=tmp_path / "target")
    profile = profiled(corpus, python, [Group("all", requirements)])

    (process,) = profile.processes
    asked = [unquote(request.path) for request in real]
    played = [unquote(request.target) for request in process]
    if any(path.endswith(".metadata") for path in asked):
        assert sorted(asked) == sorted(played)
        assert [path for path in asked if not path.endswith(".whl")] == [
            path for path in played if not path.endswith(".whl")
        ]
        assert files_last(asked)[0][:-1] == files_last(played)[0][:-1]
    elif is_unordered(python):
        assert sorted(asked) == sorted(played)
    else:
        assert asked == played
    for request, own in zip(real, process, strict=True):
        headers = {name.lower(): text for name, text in profile.headers(own.kind).items()}
        if unquote(request.path) == unquote(own.target):
            assert {name: request.headers.get(name) for name in HEADERS} == {
                name: headers.get(name) for name in HEADERS
            }


@pytest.mark.thorough
def test_a_second_pip_does_not_ask_for_what_is_installed(airproof_index: Index, tmp_path: Path) -> None:
    """A flow installs one package after the other, each by a pip of its own, into one environment."""
    airproof_index.upload(*CORPUS)
    made = run([sys.executable, "-m", "venv", tmp_path / "env"], timeout=120.0)
    assert made.ok, made.stderr
    python = str(tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python")
    flow = Group("flow", ("app", "second"), items={"app": ("fetch",), "second": ("send",)})

    real = [
        [unquote(request.path) for request in asked_by_pip(airproof_index, python, (name,), into=None)]
        for name in flow.requirements
    ]
    with Http(15.0) as http:
        source = IndexSource(http, airproof_index.simple_url, tmp_path / "files")
        matcher = TargetMatcher.of(probe_host(python))
        profile = profile_of(matcher, [flow], source, choosing=PLAIN, rounds=DEFAULT_ROUNDS)

    played = [[unquote(request.target) for request in process] for process in profile.processes]
    assert real == played
    assert not any("lib-b" in path for path in played[1])


def test_files_elsewhere_are_left_out(airproof_index: Index, tmp_path: Path) -> None:
    """Only the index's own server is asked; what lies on another one is counted."""
    airproof_index.upload(Wheel("alpha"))
    with (
        FaultyProxy(airproof_index.server.url) as other,
        Http(15.0, further=("127.0.0.1",)) as http,
        FaultyProxy(
            airproof_index.server.url,
            Rule(
                "*/alpha/",
                rewrite=lambda body: body.replace(b"../../+f", f"{other.url}/{airproof_index.name}/+f".encode()),
            ),
        ) as proxy,
    ):
        url = airproof_index.simple_url.replace(airproof_index.server.url, proxy.url)
        source = IndexSource(http, url, tmp_path, off_host=True)
        matcher = TargetMatcher.of(host_of())
        profile = profile_of(matcher, [Group("alpha", ("alpha",))], source, choosing=PLAIN, rounds=DEFAULT_ROUNDS)

    assert (["page"], 1) == ([request.kind for request in profile.requests], profile.elsewhere)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://h/root/local/+f/12/a-1+local.whl", "/root/local/%2Bf/12/a-1%2Blocal.whl"),
        ("http://h/root/local/%2Bf/12/a.whl", "/root/local/%2Bf/12/a.whl"),
        ("http://h/a%2Fb/c d?x=1&y=%20", "/a%2Fb/c%20d?x=1&y=%20"),
        ("http://h", "/"),
        ("http://h/a?q=caf\u00e9 b&c=%41", "/a?q=caf%C3%A9%20b&c=%41"),
    ],
)
def test_a_path_is_quoted_as_pip_quotes_it(url: str, target: str) -> None:
    """A plus becomes `%2B`, a slash that was quoted stays so, and the query is left alone."""
    assert target == target_of(url)
