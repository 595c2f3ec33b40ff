"""`airproof check` of 50 requirements: against pip alone where all is well, and with five that fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from airproof.system.processes import run
from pytest_airproof.packages import Wheel
from pytest_airproof.servers.devpi import DevpiServer
from tests.bench.installing import bare
from tests.bench.measure import Row, Timed, by_turns, ratio, spread
from tests.bench.wheelhouse import Size, make_wheelhouse

REACH = {Size.TINY: 1.8, Size.ORDINARY: 1.25}
MORE = 10.0
"""Seconds that five failures may cost."""
FAILING = (
    Wheel("needs-gone", requires=["nowhere-to-be-had"]),
    Wheel("needs-newer", requires=["bare-dependency>=9"]),
    Wheel("bare-dependency"),
    Wheel("of-the-future", requires_python=">=3.99"),
    Wheel("of-another-system", tag="cp37-cp37m-win32"),
)
WANTED = ("absent", "needs-gone", "needs-newer", "of-the-future", "of-another-system")


def failing(folder: Path, runs: int, of: Size, size: int = 50) -> list[Row]:
    """Both rows on one server: the whole command, its engine, canary and imports with it."""
    names = make_wheelhouse(folder / "wheels", size, of)
    few = names[: max(1, size - len(WANTED))]
    (folder / "requirements.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    with DevpiServer(folder / "serverdir", rundir=folder / "run", password="of-the-benchmark-only") as server:
        server.client.create_index("root/local")
        packages: list[Path | Wheel] = [*sorted((folder / "wheels").iterdir()), *FAILING]
        for package in packages:
            server.client.upload("root/local", package)
        url = f"{server.url}/root/local/"
        ways = {
            "healthy": lambda: check_seconds(folder, url, asked(names), 0),
            "failing": lambda: check_seconds(folder, url, asked([*few, *WANTED]), 1),
            "bare": lambda: bare(folder, url),
        }
        taken = by_turns(runs, ways)
    well, ill, pip = taken["healthy"], taken["failing"], taken["bare"]
    more = Timed(tuple(one - other for one, other in zip(ill.seconds, well.seconds, strict=True)))
    return [
        Row(
            f"`check` of {size} requirements ({of.name.lower()} wheels), all well / one bare `pip install -r`",
            well,
            pip,
            f"≤ {REACH[of]} ×",
            ratio(well, pip) <= REACH[of],
            spread(well, pip),
        ),
        Row(
            f"the same, {len(WANTED)} of them failing for different reasons, over all well",
            ill,
            well,
            "≤ +10 s",
            more.median <= MORE,
            f"{more.median:+.1f} s",
        ),
    ]


def asked(names: Sequence[str]) -> list[str]:
    """Each requirement by itself, as on the command line."""
    return [word for name in names for word in ("-p", name)]


def check_seconds(folder: Path, url: str, words: Sequence[str], wanted: int) -> float:
    """The command's seconds. Raises SystemExit where it judges otherwise than `wanted`."""
    env = {name: value for name, value in os.environ.items() if not name.upper().startswith("PIP_")}
    command = [
        sys.executable,
        "-m",
        "airproof",
        "check",
        url,
        *words,
        "--quiet",
        "--report-dir",
        str(folder / "report"),
    ]
    ran = run(command, timeout=1800, env=env | {"PIP_CONFIG_FILE": os.devnull}, cwd=folder)
    if ran.exit_code != wanted:
        raise SystemExit(f"airproof check ended with {ran.exit_code}, not {wanted}:\n{ran.stdout}{ran.stderr}")
    return ran.seconds
