"""Ways of the rows of the large index, each in a process of its own, so that memory and processor time are its own.

`python -m tests.bench.fetching WAY URL [SERVERDIR | REQUIREMENTS]` says what it took as one line of JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import httpx
import msgspec
import psutil  # type: ignore[import-untyped]  # its types are another distribution

from airproof.net.http import PIP_AGENT, SIDE_BY_SIDE, Fetched, Http
from airproof.probes.closure.closure import read_closure
from airproof.probes.closure.needed import list_projects, probe_each_project, warm
from airproof.probes.closure.sources.index import IndexSource
from airproof.probes.files.audit import audit_served, audit_stored
from airproof.probes.index.simple import Link, fetch_pages
from airproof.probes.interpreters.target import TargetMatcher
from airproof.probes.interpreters.targets import target_of
from tests.bench.laid import STAGE

TARGETS = ("cp37-win32-pip24.0", "cp311-win_amd64", "cp311-manylinux_2_28_x86_64")
"""The laid index has pages in JSON alone, which the oldest pips of Python 3.7 do not read."""


class Took(msgspec.Struct, frozen=True):
    """One run."""

    files: int
    seconds: float
    """Without the start of the process and the pages before it."""
    processor: float
    """Seconds of a processor, for the same, with its children's where the system tells them."""
    peak: int
    """Most memory that the process ever had, in bytes; 0 where the system does not tell."""
    troubled: int = 0
    """Files in which an audit found something; projects that do not resolve."""


def listed(http: Http, url: str) -> list[tuple[str, Link]]:
    """Project and link of every file."""
    projects = list_projects(http, url)
    return [(page.project, link) for page in fetch_pages(http, url, projects) for link in page.links]


def bare(links: Sequence[tuple[str, Link]]) -> int:
    """A plain parallel download with as many connections: GET, and nothing of it is looked at or kept."""
    left, lock = iter(links), threading.Lock()

    def work() -> None:
        with httpx.Client(trust_env=False, timeout=30, headers={"User-Agent": PIP_AGENT}) as client:
            while True:
                with lock:
                    one = next(left, None)
                if one is None:
                    return
                len(client.get(one[1].url).content)

    threads = [threading.Thread(target=work) for _ in range(SIDE_BY_SIDE)]
    for thread in threads:
        thread.start()
    for worker in threads:
        worker.join()
    return 0


def hashed(http: Http, links: Sequence[tuple[str, Link]], folder: Path) -> int:
    """The audit's GET and sha256, without a look inside; how many have another hash than their page says."""

    def look(link: Link) -> Callable[[Fetched, IO[bytes]], bool]:
        return lambda fetched, _: fetched.sha256 != link.hashes["sha256"]

    return sum(http.look_each(((link.url, look(link)) for _, link in links), folder))


def main(way: str, url: str, more: str = "") -> Took:
    """Runs one way and measures it."""
    with tempfile.TemporaryDirectory() as place, Http(60) as http:
        folder = Path(place)
        if way == "closure":
            return _measured(lambda: _closure(http, url, folder))
        if way in ("together", "judged"):
            asked = Path(more).read_text(encoding="utf-8").split()
            return _measured(lambda: _together(http, url, folder, asked, installs=way == "judged"))
        links = listed(http, url)
        everything = [link for _, link in links]

        def said(*_: int) -> None:
            """As cheap as it is in a run where nobody looks."""

        ways: dict[str, Callable[[], int]] = {
            "bare": lambda: bare(links),
            "hashed": lambda: hashed(http, links, folder),
            "audit": lambda: audit_served(http, links, folder, tell=said).troubled,
            "stored": lambda: audit_stored(Path(more), STAGE, links, listed=everything, tell=said).troubled,
        }
        return _measured(lambda: (len(links), ways[way]()))


def _closure(http: Http, url: str, folder: Path) -> tuple[int, int]:
    """Every project for three targets, with nothing kept from before."""
    source = IndexSource(http, url, folder)
    projects = list_projects(http, url)
    each = [probe_each_project(source, TargetMatcher.by(target_of(target)), projects) for target in TARGETS]
    return sum(len(page.links) for page in source.pages.values()), sum(
        result.projects - result.resolved for result in each
    )


def run(way: str, url: str, more: str | Path = "") -> Took:
    """`main` in a process of its own. Raises SystemExit where it fails: a time of nothing is no time."""
    command = [sys.executable, "-m", "tests.bench.fetching", way, url, str(more)]
    ran = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{way} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    return msgspec.json.decode(ran.stdout, type=Took)


def _together(
    http: Http, url: str, folder: Path, requirements: Sequence[str], *, installs: bool = False
) -> tuple[int, int]:
    """One closure of many requirements, for a target like this machine's own; with `installs`, each file that it takes
    is unpacked as pip unpacks it.
    """
    source = IndexSource(http, url, folder, installs=installs)
    target = TargetMatcher.by(target_of(TARGETS[-1]))
    warm(source, target, requirements)
    reading = read_closure(source, target, requirements)
    return len(reading.pins), len(reading.gaps) + len(reading.conflicts)


def _measured(work: Callable[[], tuple[int, int]]) -> Took:
    started, processor = time.perf_counter(), sum(os.times()[:4])
    files, troubled = work()
    seconds, processor = time.perf_counter() - started, sum(os.times()[:4]) - processor
    return Took(files, seconds, processor, _peak(), troubled)


def _peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # of this program alone: what `resource` says begins with the process it was forked from
        return next(int(line.split()[1]) << 10 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(getattr(psutil.Process().memory_info(), "peak_wset", 0))


if __name__ == "__main__":
    print(msgspec.json.encode(main(*sys.argv[1:])).decode())
