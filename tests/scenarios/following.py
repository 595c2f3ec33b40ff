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

from airproof.record.report import Report
from airproof.renderers import missing
from airproof.renderers.plan import CARRIED, blocks_of
from airproof.system.processes import Ran, run
from pytest_airproof.drill.interpreters import native_tag
from pytest_airproof.drill.making import made
from pytest_airproof.drill.scenario import PackageTable
from pytest_airproof.servers.devpi import DevpiServer
from pytest_airproof.servers.faulty import CERTIFICATE
from pytest_airproof.servers.world import World

TABLE = Path(__file__).with_name("remedies.toml")
LIMIT = 300.0
LOGIN = re.compile(r"devpi login \S+")
CANNOT_PROMPT = sys.platform == "win32"
"""devpi asks for a password on the console itself, into which only a person can type."""
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


class User:
    """Sits at a machine with pip, devpi and airproof, and knows root's password.

    Each block of a report is pasted into a fresh shell, whose devpi client knows neither a server nor a login.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def at_home(self, environment: Mapping[str, str], home: Path) -> dict[str, str]:
        """The environment with an account of its own, whose pip configuration lies in `home`."""
        places = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME"), str(home))
        return {name: value for name, value in environment.items() if name != "PIP_CONFIG_FILE"} | places

    def follow(
        self, report: Report, mending: Mending, *, server: DevpiServer | None, stage: str, folder: Path
    ) -> list[Ran]:
        """Types the commands of each place one after the other, each in the shell of this system."""
        serverdir = str(server.serverdir) if server is not None else ""
        names = {"certificate": str(CERTIFICATE), "serverdir": serverdir, "stage": stage}
        words = {word: value.format(**names) if "{" in value else value for word, value in mending.typed.items()}
        _write(mending, folder, on_medium=False)
        (folder / "missing.txt").write_text(missing.render(report, "en"), encoding="utf-8")
        password = server.password if server is not None else ""
        ran = []
        with self.connected(mending.connected) as index:
            environment = self.environment(folder, index)
            for number, block in enumerate(blocks_of(report)):
                environment["DEVPI_CLIENTDIR"] = str(folder / f"devpi-{number}")
                if block.place == CARRIED:
                    _write(mending, folder, on_medium=True)
                for command in block.commands:
                    prompted = f"{password}\n" if LOGIN.fullmatch(command) else mending.prompted
                    typed = (
                        f"{command} --password={password}" if LOGIN.fullmatch(command) and CANNOT_PROMPT else command
                    )
                    ran.append(self._type(filled(typed, words), folder, environment, prompted))
        return ran

    @contextmanager
    def connected(self, items: Iterable[PackageTable]) -> Iterator[str]:
        """The index of the connected side, on a devpi of its own."""
        server, name = self._world.server("upstream"), f"root/connected-{secrets.token_hex(4)}"
        server.client.create_index(name)
        try:
            for item in items:
                server.client.upload(name, made(item, native_tag=native_tag(), closed_port=0))
            yield f"{server.url}/{name}/+simple/"
        finally:
            server.client.delete_index(name)

    def environment(self, folder: Path, index: str) -> dict[str, str]:
        """A fresh home in the folder, and pip's configuration of the connected machine."""
        tools = Path(sys.executable).parent
        paths = {"PATH": os.pathsep.join([str(tools), os.environ.get("PATH", "")])}
        own = {"PIP_INDEX_URL": index, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}
        return self.at_home(self._world.surroundings(), folder / "home") | paths | own | {"PYTHONUTF8": "1"}

    def _type(self, command: str, folder: Path, environment: Mapping[str, str], prompted: str) -> Ran:
        return run([*SHELL, command], timeout=LIMIT, env=environment, cwd=folder, stdin=prompted)


def _write(mending: Mending, folder: Path, *, on_medium: bool) -> None:
    """Write the files that the user has; what somebody put on the medium is there once that was filled."""
    for item in mending.here:
        if on_medium is (item.file or "").startswith("MEDIUM/"):
            made(item, native_tag=native_tag(), closed_port=0).write(folder)


def filled(command: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        command = value.join(re.split(rf"\b{word}\b", command))
    return command
