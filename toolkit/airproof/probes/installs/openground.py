"""The interpreter in which an item of the open edition is tried, what surrounds it, and its answer to the lines."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec
from packaging.utils import canonicalize_name

from airproof.probes.interpreters.host import Host
from airproof.probes.omflow.modules import load_names
from airproof.probes.onhost import SCRIPTS, joined
from airproof.probes.pip.importing import IMPORT_TIME
from airproof.system.processes import Ran

IMPORTER = tuple(SCRIPTS / f"{name}.py" for name in ("openreader", "pthfiles", "openimporter"))
"""The scripts that an interpreter runs as one text."""
READS = "import json, sys; exec(json.loads(sys.stdin.readline()))"
"""Runs the text that is the first line of standard input: that is about as long as a command line of Windows may be."""
NAMED = "No module named "
AIRPROOFS = sys.version_info[:2]
"""The Python that reads the flows' code."""
SAID = 500
"""Characters that are kept of an exception, or of the end of pip's output."""


class Surroundings(msgspec.Struct, frozen=True):
    """The interpreter's modules and distributions before anything is installed."""

    own: str = ""
    """OMFlow's folder; empty if it is not known."""
    folders: tuple[str, ...] = ()
    """Folders of the packages of OMFlow's interpreter."""
    assumed: tuple[str, ...] = ()
    """Top-level modules that are assumed to be there."""
    had: frozenset[str] = frozenset()
    """Installed distributions: pip asks no index for them."""
    stdlib: frozenset[str] = frozenset()
    """Top-level modules of Python's own library."""
    executes: bool = True
    """True: modules are imported; False: they are only looked up."""
    alone: bool = False
    """True: modules are looked up only in the folders of the environment, because the interpreter is on another
    machine.
    """
    absent: dict[str, str] = {}
    """Dotted modules of Python's own library of which a part is known to be missing, with that part."""
    python: tuple[int, ...] = AIRPROOFS
    """The interpreter's version, such as (3, 11)."""
    unsure: tuple[str, ...] = ()
    """Dotted modules of which it is not known whether all parts are there."""


Stage = tuple[str, tuple[str, ...]]
"""Imports that were run, and the names that pip had installed by then."""


class Ground(Protocol):
    """The environment in which one flow is played, while it is open."""

    folders: tuple[str, ...]
    """Folders that are searched for modules besides the interpreter's own path."""
    filled: str
    """The folder into which pip installs; empty if modules are only looked up."""
    earlier: list[Stage]
    """The imports that the process has run, in their order."""

    def importing(self, arguments: Sequence[str], seconds: float, stdin: str) -> Ran:
        """Run an interpreter with these arguments and this standard input."""

    def install(self, name: str) -> Ran:
        """Ask pip for one name, and returns the result."""


class ImportAnswer(msgspec.Struct, frozen=True):
    ended: Literal["well", "missing", "raised", "raises", "syntax"]
    said: str
    at: int
    module: str
    line: str
    untold: str = ""
    server: bool = False

    @property
    def missing(self) -> str:
        """The missing module as the exception names it; empty for another failure."""
        return self.said[len(NAMED) + 1 : -1] if self.ended == "missing" else ""


def surroundings_of(host: Host, own: str | None, *, named: bool, executes: bool) -> Surroundings:
    """`own`: OMFlow's folder, if known.

    `named`: the user said that OMFlow runs that interpreter; otherwise it is assumed to have what OMFlow's interpreter
    normally has.
    """
    names = load_names().omflow
    assumed = () if own else tuple(names.opened)
    stdlib = frozenset(host.stdlib)
    if not named:
        assumed = (*assumed, *names.preinstalled)
        return Surroundings(own or "", (), assumed, frozenset(), stdlib, executes, python=host.version)
    folders = (host.packages_folder,) if host.packages_folder else ()
    had = frozenset(canonicalize_name(name) for name in host.installed)
    return Surroundings(own or "", folders, assumed, had, stdlib, executes, python=host.version)


def importer_stdin(mark: str, asked: Mapping[str, object]) -> str:
    """Return the standard input of a process of `READS`: the scripts, the secret mark and the question, a line each."""
    scripts = joined(*IMPORTER) + "\n\nmain()\n"
    return "\n".join([json.dumps(scripts), mark, json.dumps(asked)])


def tried(
    ground: Ground, text: str, after: Sequence[str], given: Surroundings, *, restarted: bool = False
) -> ImportAnswer:
    """Run the imports in a new process. `restarted`: as an OMFlow would that begins only now; else as the one that was
    running when pip installed the packages.
    """
    mark = secrets.token_hex(8)
    asked = {
        "text": text,
        "after": after,
        "executes": given.executes,
        "own": given.own,
        "folders": ground.folders,
        "assumed": given.assumed,
        "alone": given.alone,
        "absent": given.absent,
        "unsure": given.unsure,
        "filled": ground.filled,
        "loaded": load_names().omflow.loaded if given.folders and not restarted else (),
        "earlier": () if restarted else ground.earlier,
        "restarted": restarted,
    }
    ran = ground.importing(["-c", READS], IMPORT_TIME, importer_stdin(mark, asked))
    for line in ran.stderr.splitlines():
        word, _, detail = line.partition(" ")
        if word == mark:
            return msgspec.json.decode(detail, type=ImportAnswer)
    last_words = ran.stderr.strip().rpartition("\n")[2][-SAID:] or f"exit code {ran.exit_code}"
    return ImportAnswer("raised", last_words, 0, "", text.partition("\n")[0])
