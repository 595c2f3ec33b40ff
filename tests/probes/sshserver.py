"""A real sshd on loopback, for the account that runs the tests: own keys, own configuration, a folder for all of it."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from pytest_airproof.servers.faulty import closed_port

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin") or ""
READY = 20.0
"""Seconds; only to catch a hang."""
SERVER = """
ListenAddress 127.0.0.1
HostKey {folder}/host-key
AuthorizedKeysFile {folder}/own-key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""
CLIENT = """
UserKnownHostsFile {folder}/known_hosts
GlobalKnownHostsFile /dev/null
IdentityFile {folder}/own-key
IdentitiesOnly yes
IdentityAgent none
"""


class SshServer:
    """Runs until it is left; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = closed_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SshServer:
        for name in ("host-key", "own-key", "strange-key"):
            file = self.folder / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)
        (self.folder / "sshd_config").write_text(SERVER.format(folder=self.folder), encoding="utf-8")
        if os.name == "posix" and os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as its service does: where root's sshd locks itself up
        command = [SSHD, "-D", "-e", "-p", str(self.port), "-f", str(self.folder / "sshd_config")]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        bound = time.monotonic() + READY
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > bound:
                self.__exit__(None, None, None)
                raise RuntimeError((self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def configuration(self, name: str, *, knows: str = "host-key", key: str = "own-key", more: str = "") -> Path:
        """A client's configuration; `knows`: the host's key that its known_hosts holds, or empty."""
        folder = self.folder / name
        folder.mkdir()
        public = (self.folder / f"{knows}.pub").read_text(encoding="ascii") if knows else ""
        known = f"[127.0.0.1]:{self.port} {public}" if knows else ""
        (folder / "known_hosts").write_text(known, encoding="ascii")
        for ending in ("", ".pub"):
            shutil.copy(self.folder / f"{key}{ending}", folder / f"own-key{ending}")
        file = folder / "config"
        file.write_text(CLIENT.format(folder=folder) + more, encoding="utf-8")
        return file

    def spec(self, configuration: Path, **asked: str) -> str:
        """As --hosts takes it."""
        words = "".join(f"&{name}={value}" for name, value in asked.items())
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}?ssh_config={configuration}{words}"

    def _answers(self) -> bool:
        with socket.socket() as one:
            one.settimeout(1)
            return one.connect_ex(("127.0.0.1", self.port)) == 0
