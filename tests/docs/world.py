"""A reader's surroundings: a folder, a public index on loopback, and the server that the pages set up."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pytest_airproof.packages import Package, Sdist, Wheel
from pytest_airproof.servers.client import DevpiClient
from pytest_airproof.servers.devpi import CHEAP_FLAGS, DevpiServer
from tests.docs.pages import Line
from tests.docs.site import BROKEN, HEALTHY, REQUIREMENTS
from tests.engine.running import environment
from tests.probes.exported import application, flow, item, write
from tests.probes.indexserver import StaticIndex
from tests.probes.omflowserver import OPEN_ROWS, write_database

POSIX = os.name == "posix"
WAIT = 300
"""Seconds that one line may take; only to catch a hang."""
SCRIPTS = Path(sysconfig.get_path("scripts"))
TOOLS = (Wheel("devpi-server"), Wheel("devpi-client"))
RECORDS = Path(__file__).parents[1] / "data" / "records" / "0.1.0"
FLEET = {
    "server.json": "fleet-server-tuesday.json",
    "collector-1.json": "fleet-collector-tuesday.json",
    "collector-2.json": "fleet-server-monday.json",
}
OWN = Wheel(
    "airproof", modules=(), files={"airproof/__init__.py": b"", "airproof/cli.py": b"def main(words):\n    return 0\n"}
)
"""Stands for airproof's own wheel."""
FETCH = item(text="fetch", packages=["paramiko", "psutil"], code="import paramiko, psutil\n")


@dataclass
class Ended:
    """End of a line: its exit code and its output."""

    code: int
    output: str


@dataclass
class World:
    folder: Path
    fill: Mapping[str, str]
    public: StaticIndex
    stack: ExitStack
    servers: list[DevpiServer] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server's; before it runs, an address at which nobody is."""
        return self.servers[0].url if self.servers else "http://127.0.0.1:9"

    def run(self, line: Line) -> Ended:
        """One line as a shell would: words, and a redirection of its output into a file."""
        words, _, into = line.line.partition(" > ")
        command = [*map(self._filled, shlex.split(words)), *line.more]
        if "--baseline" in command:  # a reader has one of an earlier day
            shutil.copy(self.folder / "airproof-report" / "record.json", self.folder / command[-1])
        if line.index == "root/broken":
            self._break()
            command = [word.replace("/root/local/", "/root/broken/") for word in command]
        ended = subprocess.run(
            [*self._program(command[0]), *command[1:]],
            cwd=self.folder,
            env=self._environment(),
            input="".join(f"{answer}\n" for answer in line.typed),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if into else subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # no terminal of its own: a question is answered from standard input
            timeout=WAIT,
            check=False,
        )
        if into:
            (self.folder / into).write_text(ended.stdout, encoding="utf-8")
        if command[:2] == ["airproof", "carry"]:  # the folder of wheels that a reader has is what was carried
            shutil.copytree(self.folder / "MEDIUM" / "wheels", self.folder / "wheels", dirs_exist_ok=True)
        return Ended(ended.returncode, ended.stdout + (ended.stderr or ""))

    def serve(self, flags: list[str]) -> None:
        """Starts the server of the pages on the folder that they made, and lets OMFlow's database name it."""
        server = DevpiServer(
            self.folder / self.fill["SERVERDIR"],
            rundir=self.folder / "run",
            flags=(*CHEAP_FLAGS, *flags),
        )
        self.servers.append(self.stack.enter_context(server))
        write_database(self.folder / "db.omflow", {**OPEN_ROWS, "pip_server_location": f"{self.url}/root/local/"})

    def _filled(self, word: str) -> str:
        if word in self.fill:
            return sys.executable if self.fill[word] == "EXE" else self.fill[word]
        for name, value in self.fill.items():
            word = word.replace(f"={name}", f"={value}")
        for address in ("http://HOST:3141", "http://192.0.2.10:3141"):
            word = word.replace(address, self.url)
        return word

    def _program(self, name: str) -> list[str]:
        """airproof and devpi are those under test; pip is that of the environment that the pages make."""
        match name:
            case "python" | "python3":
                return [sys.executable]
            case "pytest":
                return [sys.executable, "-m", "pytest"]
            case "pip":
                return [str(self.folder / ".venv" / "bin" / "python"), "-m", "pip"]
        return [shutil.which(name, path=str(SCRIPTS)) or name]

    def _environment(self) -> dict[str, str]:
        return environment(
            HOME=str(self.folder),
            PIP_CONFIG_FILE=str(self.folder / "pip.conf"),
            PYTHON=str(self.folder / ".venv" / "bin" / "python"),
            XDG_CACHE_HOME=str(self.folder / "cache"),
        )

    def _break(self) -> None:
        with DevpiClient(self.url) as client:
            client.login("root", "made-up-one")
            client.create_index("root/broken")
            for package in BROKEN:
                client.upload("root/broken", package)


@contextmanager
def made_world(folder: Path, fill: Mapping[str, str]) -> Iterator[World]:
    """Ends every server at its end."""
    projects: dict[str, list[Package]] = {named.name: [named] for named in (*HEALTHY, *TOOLS)}
    with ExitStack() as stack:
        public = stack.enter_context(StaticIndex(projects))
        (folder / "pip.conf").write_text(f"[global]\nindex-url = {public.url}\n")
        (folder / "requirements.txt").write_text(REQUIREMENTS)
        (folder / "exports").mkdir()
        write(folder / "exports" / "one.omf", [application("One", flow("nightly", FETCH))])
        shutil.copy(folder / "exports" / "one.omf", folder / "export.omf")
        for name, record in FLEET.items():
            shutil.copy(RECORDS / record, folder / name)
        OWN.write(folder)
        with tarfile.open(Sdist("airproof").write(folder)) as source:
            source.extractall(folder / "unpacked", filter="data")
        next((folder / "unpacked").iterdir()).rename(folder / fill["."])
        yield World(folder, fill, public, stack)
