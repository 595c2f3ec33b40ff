"""`airproof rehearse` against a plain script: the manual's commands in turn, and one resolve and install."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from airproof.probes.installs.pip import OfflinePip
from airproof.probes.interpreters.host import probe_host
from airproof.probes.pip.environment import PipCall
from airproof.site.site import COMMERCIAL, DEFAULT_TIMEOUT
from pytest_airproof.servers.devpi import CHEAP_FLAGS
from tests.bench.measure import Part, Row, Timed, by_turns, ratio, spread, timed
from tests.bench.servers import serve
from tests.bench.wheelhouse import Size, make_wheelhouse

REACH = {Size.TINY: 1.5, Size.ORDINARY: 1.15}
PASSWORD = "of-the-benchmark-only"
INIT = "import sys; from devpi_server.init import init; sys.exit(init())"
CLIENT = "import sys; from devpi.main import main; sys.exit(main())"


def rehearsal(folder: Path, runs: int, engine: float, of: Size, size: int = 50) -> tuple[Row, list[Part]]:
    """`engine`: seconds that the engine takes by itself, counted apart as the canary is."""
    wheels = folder / "wheels"
    names = make_wheelhouse(wheels, size, of)
    parts: dict[str, list[float]] = {}

    def rehearse() -> float:
        report = folder / "report"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "airproof",
            "rehearse",
            wheels,
            "--quiet",
            "--report-dir",
            report,
        ]
        seconds = timed(command, cwd=folder)
        record = json.loads((report / "record.json").read_text(encoding="utf-8"))
        checks: dict[str, float] = {entry["id"]: entry["seconds"] for entry in record["checks"]}
        canary = _canary(folder / "canary")
        parts.setdefault("whole run", []).append(seconds)
        parts.setdefault("canary, by itself, not counted", []).append(canary)
        for step in record["steps"]:
            parts.setdefault(f"step {step['step']}, {step['title']['en']}", []).append(float(step["seconds"]))
        in_pip = sum(taken for id, taken in checks.items() if id.startswith("PIP"))
        parts.setdefault("pip, pip check, imports and canary, beside the online form", []).append(in_pip)
        parts.setdefault("then waited for the online form", []).append(checks["MAN08"])
        return seconds - engine - canary

    ways = {"airproof": rehearse, "script": lambda: script(folder / "script", wheels, names)}
    taken = by_turns(runs, ways)
    times = ratio(taken["airproof"], taken["script"])
    row = Row(
        f"`rehearse` of {size} {of.name.lower()} wheels / the manual's commands and one `pip install` as a script",
        taken["airproof"],
        taken["script"],
        f"≤ {REACH[of]} ×",
        times <= REACH[of],
        spread(taken["airproof"], taken["script"]),
        "without engine and canary",
    )
    title = f"rehearse, {of.name.lower()}"
    return row, [Part(title, name, Timed(tuple(seconds)).median) for name, seconds in parts.items()]


def _canary(work: Path) -> float:
    call = PipCall(url="http://127.0.0.1:9/", pip_command=COMMERCIAL, timeout=DEFAULT_TIMEOUT)
    pip = OfflinePip(probe_host(sys.executable), call, work)
    started = time.perf_counter()
    if not pip.canary().refused:
        raise SystemExit("the canary was not refused")
    return time.perf_counter() - started


def script(folder: Path, wheels: Path, names: Sequence[str]) -> float:
    """Steps 2 to 5, the offline form, with the password that the manual has lost; the seconds that they took."""
    folder.mkdir()
    try:
        started = time.perf_counter()
        _walk(folder, wheels, names)
        return time.perf_counter() - started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _walk(folder: Path, wheels: Path, names: Sequence[str]) -> None:
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith(("PIP_", "DEVPI"))}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def devpi(command: str, *arguments: str | Path) -> None:
        client: list[str | Path] = ["--clientdir", folder / "client", *arguments]
        timed([sys.executable, "-c", CLIENT, command, *client], cwd=folder, env=env)

    timed([sys.executable, "-c", INIT, "--serverdir", folder / "serverdir", "--no-root-pypi"], cwd=folder, env=env)
    flags = ("--restrict-modify=root", "--host", "127.0.0.1", *CHEAP_FLAGS)
    process, url = serve(folder / "serverdir", folder / "server.log", flags)
    try:
        devpi("use", url)
        devpi("login", "root", "--password=")
        devpi("user", "-m", "root", f"password={PASSWORD}")
        devpi("login", "root", f"--password={PASSWORD}")
        devpi("index", "-c", "local")
        devpi("use", "root/local")
        devpi("upload", "--from-dir", wheels)
        install(folder / "env", f"{url}/root/local/", names, env)
    finally:
        process.kill()
        process.wait()


def install(place: Path, url: str, names: Sequence[str], env: dict[str, str]) -> None:
    """One resolve and install into a fresh, empty environment."""
    timed([sys.executable, "-m", "venv", "--without-pip", place], cwd=place.parent, env=env)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--index-url", url]
    timed([*pip, "--retries", "0", *names], cwd=place.parent, env=env)
