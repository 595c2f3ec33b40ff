"""Broken sites, mended by pasting what `airproof check` prints, literally, into a fresh shell with a fresh home.

Nothing of the report but its text is used: the user knows root's password, and where the connected machine's index is.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from airproof.system.processes import run
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.planting import planted
from pytest_airproof.drill.scenario import PackageTable
from pytest_airproof.servers.world import World
from tests.scenarios.following import LIMIT, SHELL, Mending, User, read_remedies
from tests.thorough import variant

CONNECTED: dict[str, tuple[PackageTable, ...]] = {
    "requirement-missing": (PackageTable("telemetry", requires=("beacon",)), PackageTable("beacon")),
    "version-absent": (PackageTable("alpha"),),
    "file-truncated": (PackageTable("alpha"),),
    "dependency-missing": (PackageTable("fonts", version="2.0"),),
    "other-python": (PackageTable("native"),),
    "build-backend-absent": (PackageTable("buildkit", version="61.0"),),
}
"""The connected machine's index, where the table of remedies has none."""
SCENARIOS = {entry.name: entry for entry in read_scenarios()}
MENDINGS = read_remedies().scenario
SITES = (
    "requirement-missing",
    "version-absent",
    "uploaded-to-another-index",
    "index-empty",
    "damaged-wheel",
    "damaged-wheel-kept",
    "file-changed",
    "file-deleted",
    "file-truncated",
    "dependency-missing",
    "other-python",
    "build-backend-absent",
    "anonymous-upload",
    "mirror-in-bases",
    "requires-python-differs",
)
HEADINGS = ("Here, now", "On the connected machine, with missing.txt beside you", "After carrying in, on this side")


def blocks_in(text: str) -> list[list[str]]:
    """The commands under each heading that is printed, as they stand."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line in HEADINGS:
            blocks.append([])
        elif blocks and line.startswith("    "):
            blocks[-1].append(line.removeprefix("    "))
        elif blocks and blocks[-1]:
            break
    return blocks


@pytest.mark.skipif(sys.platform == "win32", reason="devpi asks for the password on the console itself")
@pytest.mark.parametrize("name", [variant(name, daily=False) for name in (*SITES, "two-spellings")])
def test_what_is_printed_is_pasted_and_the_site_is_accepted(name: str, world: World, tmp_path: Path) -> None:
    """The last command that is printed is the check, and it accepts."""
    spellings = name == "two-spellings"
    scenario = SCENARIOS["requirement-missing" if spellings else name]
    mending = MENDINGS.get(scenario.name, Mending(connected=CONNECTED.get(scenario.name, ())))
    asked = ("Telemetry", "telemetry>=1", "TELE.METRY") if spellings else scenario.ask
    user = User(world)
    with planted(scenario, world, tmp_path / "site") as built, user.connected(mending.connected) as index:
        here = tmp_path / "here"
        here.mkdir()
        words = [word for requirement in asked for word in ("-p", requirement)]
        check = ["airproof", "check", built.site.url, *words, "--lang", "en"]
        outside = user.environment(here, index)
        inside = {name: value for name, value in outside.items() if name != "PIP_INDEX_URL"}
        first = run([sys.executable, "-m", *check], timeout=LIMIT, env=inside, cwd=here)
        assert 1 == first.exit_code, first.stdout + first.stderr
        shutil.copyfile(here / "airproof-report" / "missing.txt", here / "missing.txt")
        assert built.server is not None
        serverdir, password = str(built.server.serverdir), f"{built.server.password}\n"
        ran = []
        for number, commands in enumerate(blocks_in(first.stdout)):
            for command in commands:
                environment = outside if command.startswith(("airproof carry", "pip ")) else inside
                environment = {**environment, "DEVPI_CLIENTDIR": str(here / f"client-{number}")}
                typed = re.sub(r"\bDIR\b", serverdir, command)
                ran.append(run([*SHELL, typed], timeout=LIMIT, env=environment, cwd=here, stdin=password))

    assert [] == [f"{one.command[-1]}: {one.stdout[-900:]}{one.stderr[-900:]}" for one in ran if not one.ok]
    assert "ACCEPTED" in ran[-1].stdout
