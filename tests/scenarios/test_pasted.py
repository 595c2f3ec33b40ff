"""Broken sites, mended by pasting what `airproof check` prints, literally, into a fresh shell with a fresh home.

Nothing of the report but its text is used: the user knows root's password, and where the connected machine's index is.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from airproof.system.processes import run
from pytest_airproof.drill.corpus import read_scenarios
from pytest_airproof.drill.planting import planted
from pytest_airproof.drill.scenario import PackageTable
from pytest_airproof.servers.faulty import CERTIFICATE, closed_port
from pytest_airproof.servers.world import World
from tests.scenarios.following import LIMIT, SHELL, Mending, User, filled, read_remedies
from tests.thorough import variant

CONNECTED: dict[str, tuple[PackageTable, ...]] = {
    "requirement-missing": (PackageTable("telemetry", requires=("beacon",)), PackageTable("beacon")),
    "version-absent": (PackageTable("alpha"),),
    "file-truncated": (PackageTable("alpha"),),
    "dependency-missing": (PackageTable("fonts", version="2.0"),),
    "other-python": (PackageTable("native"),),
    "build-backend-absent": (PackageTable("buildkit", version="61.0"),),
    "requires-python": (PackageTable("modern", version="0.9"),),
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


class Site(msgspec.Struct, frozen=True):
    """A site whose user types more than the packages, and has or knows more than root's password."""

    scenario: str
    words: tuple[str, ...] = ()
    """Further words of the check; `{python}` is the scenario's own interpreter."""
    before: tuple[str, ...] = ()
    """Commands that were typed long ago; `{closed}` is a port of loopback on which nobody listens."""
    typed: dict[str, str] = {}
    """Words in capitals to what takes their place."""
    files: dict[str, str] = {}
    """Files in the user's folder, and what they hold."""
    new_password: str = ""
    """Typed twice where a command asks for a new one."""


INSTALL = "{python} -m pip install{more} --index-url {url} {requirement}"
FURTHER = {
    "http on another host": Site("host-not-trusted", ("--pip-command", INSTALL.replace("{more}", ""))),
    "unknown certificate": Site(
        "certificate-unknown", ("--pip-command", INSTALL.replace("{more}", "")), typed={"FILE": str(CERTIFICATE)}
    ),
    "root without a password": Site("empty-root-password", new_password="a long new password"),
    "locked requirements file": Site(
        "hash-not-admitted",
        ("-r", "requirements.txt"),
        files={"requirements.txt": SCENARIOS["hash-not-admitted"].together or ""},
    ),
    "another Python": Site("requires-python"),
    "nothing can be built": Site("sdist-only", ("--pip-command", INSTALL.replace("{more}", " --only-binary :all:"))),
    "no pip": Site("pip-absent", ("--python", "{python}")),
    "proxy of pip": Site(
        "proxy-setting", ("--strict",), before=("pip config set global.proxy http://127.0.0.1:{closed}",)
    ),
}
"""Other kinds: settings of pip, a certificate, a password, a file of requirements, another Python, a package that has
to be built elsewhere, an interpreter without pip.
"""
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


@pytest.fixture
def no_password(world: World) -> Iterator[None]:
    """The server that has none has none again afterwards."""
    yield
    world.server("no-password").cheapen_logins()


@pytest.mark.usefixtures("no_password")
@pytest.mark.skipif(sys.platform == "win32", reason="devpi asks for the password on the console itself")
@pytest.mark.parametrize("name", [variant(name, daily=False) for name in (*SITES, "two-spellings", *FURTHER)])
def test_what_is_printed_is_pasted_and_the_site_is_accepted(name: str, world: World, tmp_path: Path) -> None:
    """The last command that is printed is the check, and it accepts."""
    spellings = name == "two-spellings"
    site = FURTHER.get(name, Site("requirement-missing" if spellings else name))
    scenario = SCENARIOS[site.scenario]
    mending = MENDINGS.get(scenario.name, Mending(connected=CONNECTED.get(scenario.name, ())))
    asked = ("Telemetry", "telemetry>=1", "TELEMETRY") if spellings else scenario.ask
    user = User(world)
    (tmp_path / "site").mkdir()
    with planted(scenario, world, tmp_path / "site") as built, user.connected(mending.connected) as index:
        here = tmp_path / "here"
        here.mkdir()
        for file, content in site.files.items():
            (here / file).write_text(content, encoding="utf-8")
        words = [word for requirement in asked for word in ("-p", requirement)]
        (python, *_) = (interpreter.executable for interpreter in built.site.interpreters)
        words += [word.replace("{python}", python) if word == "{python}" else word for word in site.words]
        check = ["airproof", "check", built.site.url, *words, "--lang", "en"]
        outside = user.environment(here, index)
        inside = {name: value for name, value in outside.items() if name != "PIP_INDEX_URL"}
        for command in site.before:
            assert run([*SHELL, command.format(closed=closed_port())], timeout=LIMIT, env=inside, cwd=here).ok
        first = run([sys.executable, "-m", *check], timeout=LIMIT, env=inside, cwd=here)
        assert 1 == first.exit_code, first.stdout + first.stderr
        shutil.copyfile(here / "airproof-report" / "missing.txt", here / "missing.txt")
        assert built.server is not None
        typed = {"DIR": str(built.server.serverdir), **site.typed}
        ran = []
        for number, commands in enumerate(blocks_in(first.stdout)):
            for command in commands:
                environment = outside if command.startswith(("airproof carry", "pip ")) else inside
                environment = {**environment, "DEVPI_CLIENTDIR": str(here / f"client-{number}")}
                asks = command.startswith("devpi passwd")
                answer = f"{site.new_password}\n" * 2 if asks else f"{built.server.password}\n"
                line = filled(command, typed)
                ran.append(run([*SHELL, line], timeout=LIMIT, env=environment, cwd=here, stdin=answer))

    assert [] == [f"{one.command[-1]}: {one.stdout[-900:]}{one.stderr[-900:]}" for one in ran if not one.ok]
    assert "ACCEPTED" in ran[-1].stdout, first.stdout
