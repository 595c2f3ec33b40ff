"""Keys of OpenSSH that are made for a test, and plain `ssh-keygen` as an auditor types it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SIGNER = "carrier@connected.example"
NEEDS_KEYGEN = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="absent: ssh-keygen")
TIME = 30.0


class Keys:
    """Keys in a folder, by their names; each is made when it is asked for first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def private(self, name: str = "id", passphrase: str = "") -> str:
        path = self.folder / name
        if not path.exists():
            keygen("-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(path))
        return str(path)

    def public(self, name: str = "id") -> str:
        return Path(f"{self.private(name)}.pub").read_text(encoding="utf-8").strip()

    def signers(self, options: str = "", name: str = "id") -> str:
        """A file of allowed signers with one line."""
        path = self.folder / f"signers-{name}-{abs(hash(options))}"
        path.write_text(f"# who may sign\n{SIGNER} {options} {self.public(name)}\n", encoding="utf-8")
        return str(path)


def keygen(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *words], input=stdin, capture_output=True, check=False, timeout=TIME)


def verified_by_hand(file: Path, signers: str) -> bool:
    """As an auditor does without airproof."""
    words = ("-Y", "verify", "-n", "airproof", "-f", signers, "-I", SIGNER, "-s", f"{file}.sig")
    return keygen(*words, stdin=file.read_bytes()).returncode == 0
