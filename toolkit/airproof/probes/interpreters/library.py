"""Ask an interpreter which of the standard library modules that flows import it has, by means of `hostlibrary.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from airproof.errors import CannotLook
from airproof.probes.interpreters.host import ANSWER_TIME, Host
from airproof.probes.onhost import SCRIPTS
from airproof.site.flows import Flow
from airproof.system.processes import run

HOSTLIBRARY = SCRIPTS / "hostlibrary.py"
SHOWN = 10
"""Most modules that a sentence lists."""


class Library(msgspec.Struct, frozen=True):
    """Standard library modules of one interpreter."""

    label: str
    modules: dict[str, str] = {}
    """Each requested module, dotted as it is written, with the first part of its name that is missing; empty if all
    parts are there.
    """


def imported_by(flows: Iterable[Flow]) -> tuple[str, ...]:
    """Return every module that the flows' code imports, dotted as it is written, each once."""
    items = [item for flow in flows for item in flow.items]
    lines = [line for item in items for line in item.lines]
    return tuple(dict.fromkeys([*lines, *(imported.module for item in items for imported in item.imports)]))


def probe_library(host: Host, flows: Iterable[Flow], *, env: Mapping[str, str] | None = None) -> Library:
    """Ask an interpreter of this machine for each standard library module that the flows import.

    `env`: the surroundings; None: this process's own. No process is started if there is nothing to ask. Raises
    CannotLook if it does not answer.
    """
    names = of_library(flows, host)
    if not names:
        return Library(host.label)
    command: list[str | Path] = [host.executable, "-B", HOSTLIBRARY]  # -B: leave no file behind
    # The input is ASCII, so the interpreter's encoding does not matter.
    ran = run(command, timeout=ANSWER_TIME, env=env, stdin=json.dumps(names))
    if ran.exit_code is None:
        raise CannotLook("interpreter-hangs", interpreter=host.executable, seconds=f"{ANSWER_TIME:g}")
    try:
        parts = msgspec.json.decode(ran.stdout.strip().rpartition("\n")[2], type=dict[str, str])
    except msgspec.DecodeError as error:
        reason = ran.stderr.strip().rpartition("\n")[2][:200] or f"exit code {ran.exit_code}"
        raise CannotLook("interpreter-not-python", interpreter=host.executable, reason=reason) from error
    return Library(host.label, parts)


def library_of_carried(host: Host, flows: Iterable[Flow]) -> Library:
    """Return another host's answers. Raises CannotLook if it was not asked for everything: silence proves nothing."""
    names = of_library(flows, host)
    silent = [name for name in names if name not in host.library]
    if silent:
        raise CannotLook("facts-not-asked", name=host.label, groups=", ".join(silent[:SHOWN]))
    return Library(host.label, {name: host.library[name] for name in names})


def of_library(flows: Iterable[Flow], host: Host) -> list[str]:
    """Return the flows' modules that belong to the standard library of the interpreter."""
    return [module for module in imported_by(flows) if module.partition(".")[0] in host.stdlib]
