"""50 requirements through pip: the probe, hermetic and guarded, against one bare `pip install` of the same file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from airproof.probes.installs.pip import OfflinePip
from airproof.probes.installs.together import probe_pip
from airproof.probes.interpreters.host import probe_host
from airproof.probes.pip import environment
from airproof.probes.pip.environment import PipCall
from airproof.site.group import Group
from airproof.site.site import COMMERCIAL
from airproof.system.processes import Ran, run
from pytest_airproof.servers.client import DevpiClient
from pytest_airproof.servers.devpi import DevpiServer
from tests.bench.measure import Part, Row, Timed, by_turns, ratio, spread, timed
from tests.bench.wheelhouse import make_wheelhouse

REACH = 2.0


def through_pip(folder: Path, runs: int, size: int = 50) -> tuple[Row, list[Part]]:
    """Each requirement in a group of its own, as they are asked for on the command line."""
    names = make_wheelhouse(folder / "wheels", size)
    file = folder / "requirements.txt"
    file.write_text("\n".join(names) + "\n", encoding="utf-8")
    with DevpiServer(folder / "serverdir", rundir=folder / "run", password="of-the-benchmark-only") as server:
        client: DevpiClient = server.client
        client.create_index("root/local")
        for wheel in sorted((folder / "wheels").iterdir()):
            client.upload("root/local", wheel)
        return _compare(folder, f"{server.url}/root/local/", names, runs)


def _compare(folder: Path, url: str, names: Sequence[str], runs: int) -> tuple[Row, list[Part]]:
    host = probe_host(sys.executable)
    groups = [Group(name, (name,)) for name in names]
    installs: list[int] = []
    of_pip: list[float] = []

    def probe() -> float:
        started_pips = 0

        def counting(command: Sequence[str | Path], **settings: Any) -> Ran:
            nonlocal started_pips
            ran = run(command, **settings)
            if "install" in command:
                started_pips += 1
                of_pip.append(ran.seconds)
            return ran

        started = perf_counter()
        with patch.object(environment, "run", counting):
            pip = OfflinePip(host, PipCall(url=url, pip_command=COMMERCIAL, timeout=15), folder / "pip")
            facts = probe_pip(pip, groups, same=lambda *_: True, imports=True)
        seconds = perf_counter() - started
        if not all(run_.ok for run_ in facts.runs) or any(len(run_.imports) != len(names) for run_ in facts.runs):
            raise SystemExit(f"pip did not install and import everything:\n{facts.runs[0].ran.stderr}")
        installs.append(started_pips)
        shutil.rmtree(folder / "pip")
        return seconds

    taken = by_turns(runs, {"airproof": probe, "bare": lambda: bare(folder, url)})
    times = ratio(taken["airproof"], taken["bare"])
    row = Row(
        f"{len(names)} requirements through pip, checked and imported / one bare `pip install -r`",
        taken["airproof"],
        taken["bare"],
        "≤ 2 ×, one pip install",
        times <= REACH and set(installs) == {1},
        spread(taken["airproof"], taken["bare"]),
        f"{max(installs)} pip install process" + ("es" if max(installs) > 1 else ""),
    )
    return row, [Part("pip", "pip install itself, guarded, with a report", Timed(tuple(of_pip)).median)]


def bare(folder: Path, url: str) -> float:
    """Into an environment that was made before, and is not counted."""
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith("PIP_")}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    empty = folder / "env"
    timed([sys.executable, "-m", "venv", "--without-pip", empty], cwd=folder)
    python = empty / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--index-url", url]
    seconds = timed([*pip, "-r", folder / "requirements.txt"], cwd=folder, env=env)
    shutil.rmtree(empty)
    return seconds
