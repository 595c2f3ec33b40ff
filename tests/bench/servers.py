"""A devpi for a test session, and a fresh index on it for each test."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from pytest_airproof.ladder import ServerSettings
from pytest_airproof.servers.devpi import CHEAP_FLAGS
from pytest_airproof.servers.starter import SERVING
from tests.bench import peers
from tests.bench.measure import Row, Timed, by_turns, ratio, spread, timed

SERVER_REACH, INDEX_REACH = 1.5, 0.030
TESTS = 21
"""How many tests ask for an index; the first also logs in, once for the session."""
TIMES = "times.json"
CONFTEST = f"""
import json, time
import pytest

times = {{}}

@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    started = time.perf_counter()
    result = yield
    times.setdefault(fixturedef.argname, []).append(time.perf_counter() - started)
    return result

@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    started = time.perf_counter()
    result = yield
    times.setdefault("teardown", []).append(time.perf_counter() - started)
    return result

def pytest_unconfigure():
    with open({TIMES!r}, "w") as file:
        json.dump(times, file)
"""
TEST = f"""
import pytest

def test_server(airproof_server):
    assert airproof_server.url

@pytest.mark.parametrize("number", range({TESTS}))
def test_index(airproof_index, number):
    assert airproof_index.url
"""


def servers(folder: Path, runs: int) -> list[Row]:
    """All rows, from the same sessions: each starts a server by its fixture, and then asks for index after index."""
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_servers.py").write_text(TEST, encoding="utf-8")
    template = folder / "template"
    init = "import sys; from devpi_server.init import init; sys.exit(init())"
    timed([sys.executable, "-c", init, "--serverdir", template, "--no-root-pypi"], cwd=folder)
    indexes: list[float] = []
    first: list[float] = []

    def by_fixture() -> float:
        session = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_servers.py"]
        timed(session, cwd=folder)
        times: dict[str, list[float]] = json.loads((folder / TIMES).read_text(encoding="utf-8"))
        # The last teardown also stops the server.
        each = [a + b for a, b in zip(times["airproof_index"], times["teardown"][1:], strict=True)][1:-1]
        indexes.append(statistics.median(each))
        first.append(times["airproof_index"][0])
        return times["airproof_server_maker"][0] + times["airproof_server"][0]

    taken = by_turns(runs, {"airproof": by_fixture, "bare": lambda: _bare(template, folder / "bare")})
    times_bare = ratio(taken["airproof"], taken["bare"])
    fresh = Timed(tuple(indexes))
    return [
        Row(
            "real devpi, fixture to ready / bare devpi-server on a copied template",
            taken["airproof"],
            taken["bare"],
            "≤ 1.5 ×",
            times_bare <= SERVER_REACH,
            spread(taken["airproof"], taken["bare"]),
        ),
        Row(
            "fresh index on it, made and deleted, per test",
            fresh,
            None,
            "≤ 30 ms",
            fresh.median <= INDEX_REACH,
            f"{fresh.median * 1000:.0f} ms",
        ),
        *peers.servers(folder, runs, lambda: by_fixture() + first[-1]),
    ]


def serve(serverdir: Path, log: Path, flags: Sequence[str]) -> tuple[subprocess.Popen[bytes], str]:
    """Starts a devpi-server as a script would; returns it and its URL once it has answered a request."""
    main = "import sys; from devpi_server.main import main; sys.exit(main())"
    command = [sys.executable, "-c", main, "--serverdir", str(serverdir), "--port", "0", *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=_plain())
    while not (found := SERVING.findall(log.read_text(encoding="utf-8", errors="replace"))):
        if process.poll() is not None:
            raise SystemExit(f"devpi-server ended:\n{log.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.01)
    url = str(found[-1])
    httpx.get(f"{url}/+api", trust_env=False).raise_for_status()
    return process, url


def _bare(template: Path, serverdir: Path) -> float:
    started = time.perf_counter()
    shutil.copytree(template, serverdir)
    process, _ = serve(serverdir, serverdir.with_suffix(".log"), ServerSettings().flags)
    seconds = time.perf_counter() - started
    process.kill()
    process.wait()
    shutil.rmtree(serverdir)
    return seconds


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}


__all__ = ["CHEAP_FLAGS", "serve", "servers"]
