"""An offline pip for a test, in short."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from airproof.probes.installs.pip import OfflinePip
from airproof.probes.pip.decoy import Decoy
from airproof.probes.pip.environment import PipCall
from airproof.probes.pip.facts import PipRun
from airproof.site.group import Group
from tests.probes.pythons import host_of

PLAIN = "{python} -m pip install --index-url {url} {requirement}"
TIMEOUT = 5.0


def alike(_: Group, __: PipRun) -> bool:
    """Every group of a joint run came to what it would be given alone."""
    return True


def offline_pip(
    url: str, workdir: Path, *, executable: str = sys.executable, decoy: Decoy | None = None, **details: Any
) -> OfflinePip:
    """`details` are fields of PipCall."""
    call = PipCall(**{"url": url, "pip_command": PLAIN, "timeout": TIMEOUT, **details})
    return OfflinePip(host_of(executable), call, workdir, decoy)


def group(*requirements: str, constraints: tuple[str, ...] = ()) -> Group:
    """A group named after its first requirement."""
    return Group(requirements[0] if requirements else "empty", requirements, constraints)
