"""A person who follows a report's remedies: pastes each command as it stands, and fills in what is left to them."""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from airproof.record.outcome import Outcome
from airproof.record.report import Report
from airproof.system.processes import Ran, run
from pytest_airproof.drill.interpreters import native_tag
from pytest_airproof.drill.making import made
from pytest_airproof.drill.scenario import PackageTable
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.faulty import CERTIFICATE
from pytest_airproof.servers.world import World

TABLE = Path(__file__).with_name("remedies.toml")
LIMIT = 300.0
SHELL = ("cmd", "/d", "/c") if sys.platform == "win32" else ("sh", "-c")


class Mending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Surroundings and typed words of a user who follows the remedies of one scenario."""

    connected: tuple[PackageTable, ...] = ()
    """What the index of the connected side has; pip's own configuration leads there."""
    here: tuple[PackageTable, ...] = ()
    """Files in the folder where the commands are typed."""
    typed: dict[str, str] = {}
    """Words in capitals to what takes their place; `{serverdir}`, `{certificate}` and `{stage}`, devpi's name of the
    tested index, are filled.
    """
    prompted: str = ""
    """What is typed where a command asks."""
    console: bool = False
    """A command asks on the console itself, which on Windows nobody but a person can type into."""
    moves: str = ""
    """The word of `typed` that names another stage, whose URL is then typed into PIP Server."""
    configures: bool = False
    """The remedy changes the account's pip configuration, with which the site is judged afterwards."""


class Remedies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table: scenarios whose remedies are followed, and causes whose remedies cannot be."""

    scenario: dict[str, Mending]
    excused: dict[str, str]
    """Cause to the reason."""


def read_remedies() -> Remedies:
    return msgspec.toml.decode(TABLE.read_bytes(), type=Remedies)


def remedies_of(report: Report) -> tuple[str, ...]:
    """All commands of a report in their order; one that several findings give is typed once, the last time."""
    failed = (check for check in report.checks if check.outcome is Outcome.FAILED)
    commands = [command for entry in failed for finding in entry.findings for command in finding.commands]
    return tuple(reversed(dict.fromkeys(reversed(commands))))


class User:
    """Sits at a machine with pip and devpi, logged in as root; one for all scenarios of a worker."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder
        self._known: set[str] = set()

    def at_home(self, environment: Mapping[str, str], home: Path) -> dict[str, str]:
        """The environment with an account of its own, whose pip configuration lies in `home`."""
        places = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"), str(home))
        return {name: value for name, value in environment.items() if name != "PIP_CONFIG_FILE"} | places

    def follow(
        self, commands: Iterable[str], mending: Mending, *, server: DevpiServer | None, stage: str, folder: Path
    ) -> list[Ran]:
        """Types the commands one after the other, each in the shell of this system."""
        serverdir = str(server.serverdir) if server is not None else ""
        names = {"certificate": str(CERTIFICATE), "serverdir": serverdir, "stage": stage}
        words = {word: value.format(**names) if "{" in value else value for word, value in mending.typed.items()}
        words["WHEELS"] = str(folder / "WHEELS")
        for item in mending.here:
            made(item, native_tag=native_tag(), closed_port=0).write(folder)
        with self._connected(mending.connected) as index:
            environment = self._environment(folder, index)
            if server is not None:
                self._use(server, stage, folder, environment)
            return [self._type(_filled(command, words), folder, environment, mending.prompted) for command in commands]

    @contextmanager
    def _connected(self, items: Iterable[PackageTable]) -> Iterator[str]:
        """The index of the connected side, on a devpi of its own."""
        server, name = self._world.server("upstream"), f"root/connected-{secrets.token_hex(4)}"
        server.client.create_index(name)
        try:
            for item in items:
                server.client.upload(name, made(item, native_tag=native_tag(), closed_port=0))
            yield f"{server.url}/{name}/+simple/"
        finally:
            server.client.delete_index(name)

    def _environment(self, folder: Path, index: str) -> dict[str, str]:
        tools = Path(sys.executable).parent
        paths = {"PATH": os.pathsep.join([str(tools), os.environ.get("PATH", "")])}
        own = {"PIP_INDEX_URL": index, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}
        devpi = {"DEVPI_CLIENTDIR": str(self._folder / "devpi"), "PYTHONUTF8": "1"}
        return self.at_home(self._world.surroundings(), folder / "home") | paths | own | devpi

    def _use(self, server: DevpiServer, stage: str, folder: Path, environment: Mapping[str, str]) -> None:
        commands = [f"devpi use {server.url}/{stage}"]
        if server.url not in self._known:
            commands += [f"devpi login root --password={server.password}"]
            self._known.add(server.url)
        for command in commands:
            assert self._type(command, folder, environment, "").ok

    def _type(self, command: str, folder: Path, environment: Mapping[str, str], prompted: str) -> Ran:
        return run([*SHELL, command], timeout=LIMIT, env=environment, cwd=folder, stdin=prompted)


def _filled(command: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        command = value.join(re.split(rf"\b{word}\b", command))
    return command
