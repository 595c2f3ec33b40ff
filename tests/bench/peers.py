"""The tools that others use for the same, each in an environment of its own: they are compared, and not required."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.bench.fetching import TARGETS, Took, run
from tests.bench.laid import STAGE, Laid, lay
from tests.bench.measure import Row, Timed, by_turns, spread, timed
from tests.bench.static import serving
from tests.bench.synthetic import Synthetic
from tests.bench.wheelhouse import Size, make_wheelhouse

PROJECTS = 400
CARRIED = 50
DEVPI_PROCESS = """
import pathlib, sys, time
from devpi_process import IndexServer
started = time.perf_counter()
with IndexServer(pathlib.Path(sys.argv[1])) as server:
    server.create_index("fresh", "volatile=True")
    print("took", time.perf_counter() - started, flush=True)
"""
PYTEST_DEVPI_SERVER = """
import sys, time
from _pytest_devpi_server import DevpiServer
started = time.perf_counter()
with DevpiServer(data=sys.argv[1], offline=True) as server:
    server.start()
    print("took", time.perf_counter() - started, flush=True)
"""
"""`data`: a serverdir that was made with `--no-root-pypi`. By itself it makes one that mirrors the public index."""
SETTINGS = """[mirror]
directory = {folder}
master = https://127.0.0.1:9
timeout = 10
workers = 3
stop-on-error = true
storage-backend = filesystem
hash-index = false
json = true
compare-method = hash
"""


def install(place: Path, *packages: str) -> Path | None:
    """The folder of programs of an environment with those packages, by pip as it is configured; None where they are not
    to be had.
    """
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", place],
        [place / BIN / "python", "-m", "pip", "install", "--quiet", *packages],
    ]
    ran = (subprocess.run(command, check=False, capture_output=True).returncode for command in commands)
    return place / BIN if not any(ran) else None


BIN = "Scripts" if os.name == "nt" else "bin"


def absent(what: str) -> Row:
    """A row that says that a peer could not be installed."""
    return Row(what, Timed((0.0,)), None, "beside it", True, "not to be had here")


def servers(folder: Path, runs: int, own: Callable[[], float]) -> list[Row]:
    """A server with an index of its own. `own`: what the fixtures take for both, in seconds."""
    process, plugin = (install(folder / name, name) for name in ("devpi-process", "pytest-devpi-server"))
    ways: dict[str, Callable[[], float]] = {}
    if process is not None:
        ways["devpi-process"] = lambda: _told(process, DEVPI_PROCESS, _emptied(folder / "server"))
    if plugin is not None:
        data = _serverdir(plugin, folder)
        ways["pytest-devpi-server"] = lambda: _told(plugin, PYTEST_DEVPI_SERVER, data)
    taken = by_turns(runs, {"own": own, **ways}) if ways else {}
    names = ("devpi-process", "pytest-devpi-server")
    return [_beside(f"a devpi with an index, ready / {name}", taken, name) for name in names]


def audited(folder: Path, runs: int) -> Row:
    """The files of an index without a fault on the disk: airproof unpacks each, bandersnatch hashes each."""
    what = "`--deep --serverdir`, each file hashed and unpacked / `bandersnatch verify`, each file hashed"
    peer = install(folder / "bandersnatch", "bandersnatch")
    if peer is None:
        return absent(what)
    laid = lay(folder / "index", Synthetic(PROJECTS, faults=0))
    settings = _mirror(folder / "mirror", laid)
    verify: list[str | Path] = [peer / "bandersnatch", "--config", settings, "verify", "--dry-run"]
    with serving(laid.folder) as url:

        def own() -> float:
            took: Took = run("stored", url, laid.folder)
            if took.troubled or took.files != laid.files:
                raise SystemExit(f"the audit read {took.files} of {laid.files} files")
            return took.seconds

        taken = by_turns(runs, {"own": own, "peer": lambda: timed(verify, cwd=folder, env=_plain())})
    return _beside(f"{what}, {laid.files:,} files", taken, "peer")


def carried(folder: Path, runs: int) -> Row:
    """A medium with manifest and sums for one target, against the files alone; they are pure wheels."""
    names = make_wheelhouse(folder / "wheels", CARRIED, Size.ORDINARY)
    (folder / "requirements.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    (folder / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {folder / 'wheels'}\n", encoding="utf-8")
    env = {**_plain(), "PIP_CONFIG_FILE": str(folder / "pip.conf"), "PIP_NO_CACHE_DIR": "1"}
    needs = ("-r", folder / "requirements.txt")

    def fill(name: str, *words: str | Path) -> float:
        seconds = timed([sys.executable, "-m", *words, *needs], cwd=folder, env=env)
        found = len(list((folder / name).rglob("*.whl")))
        if found != CARRIED:
            raise SystemExit(f"{words[0]} fetched {found} of {CARRIED} wheels")
        shutil.rmtree(folder / name)
        return seconds

    ways = {
        "own": lambda: fill("medium", "airproof", "carry", folder / "medium", "--no-tools", "--target", TARGETS[-1]),
        "peer": lambda: fill("files", "pip", "download", "--quiet", "--dest", folder / "files"),
    }
    what = f"`carry` of {CARRIED} ordinary wheels, resolved, fetched and summed / `pip download`"
    return _beside(what, by_turns(runs, ways), "peer")


def _beside(what: str, taken: Mapping[str, Timed], peer: str) -> Row:
    if peer not in taken:
        return absent(what)
    return Row(what, taken["own"], taken[peer], "beside it", True, spread(taken["own"], taken[peer]))


def _told(programs: Path, script: str, *words: str | Path) -> float:
    """The seconds that a script says that its own part took."""
    command = [str(word) for word in (programs / "python", "-c", script, *words)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=_plain())
    if ran.returncode:
        raise SystemExit(f"{command[0]} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    return next(float(line.split()[1]) for line in ran.stdout.splitlines() if line.startswith("took "))


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _serverdir(programs: Path, folder: Path) -> Path:
    """A zip archive of a serverdir without a mirror."""
    made = folder / "made"
    timed([programs / "devpi-init", "--serverdir", made, "--no-root-pypi"], cwd=folder, env=_plain())
    with zipfile.ZipFile(folder / "made.zip", "w") as archive:
        for path in made.rglob("*"):
            archive.write(path, path.relative_to(made))
    return folder / "made.zip"


def _mirror(folder: Path, laid: Laid) -> Path:
    """The same files as a mirror of bandersnatch: its settings, with JSON for each project and the files beside."""
    (folder / "web" / "json").mkdir(parents=True)
    shutil.copytree(laid.folder / "+files" / STAGE / "+f", folder / "web" / "packages", copy_function=os.link)
    for page in (laid.folder / "pages" / "simple").glob("*.json"):
        project = json.loads(page.read_bytes())
        files = [
            {"url": f"https://127.0.0.1:9/packages/{file['url'].partition('/+f/')[2]}", "digests": file["hashes"]}
            for file in project["files"]
        ]
        told = {"info": {"name": project["name"]}, "releases": {"1": files}}
        (folder / "web" / "json" / project["name"]).write_text(json.dumps(told), encoding="utf-8")
    settings = folder / "bandersnatch.conf"
    settings.write_text(SETTINGS.format(folder=folder), encoding="utf-8")
    return settings


def _plain() -> dict[str, str]:
    """Without settings of pip's or devpi's, and without a proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("PIP_", "DEVPI"))}
    return {name: value for name, value in kept.items() if not name.upper().endswith("_PROXY")}
