"""What of its standard library an interpreter has, of the modules that flows import: asked by `hostlibrary.py`."""

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
"""Modules in a sentence."""


class Library(msgspec.Struct, frozen=True):
    """The standard library of one interpreter."""

    label: str
    modules: dict[str, str] = {}
    """Each module that was asked for, dotted as it is written, with the first part of its name that is not there; empty
    where all of it is.
    """


def imported_by(flows: Iterable[Flow]) -> tuple[str, ...]:
    """Every module that the flows' code asks for, dotted as it is written, each once."""
    items = [item for flow in flows for item in flow.items]
    lines = [one for item in items for one in item.lines]
    return tuple(dict.fromkeys([*lines, *(one.module for item in items for one in item.imports)]))


def probe_library(host: Host, flows: Iterable[Flow], *, env: Mapping[str, str] | None = None) -> Library:
    """Asks an interpreter of this machine for each module of its standard library that the flows import.

    `env`: the surroundings; None: this process's own. No process is started where there is nothing to ask.
    Raises CannotLook where it does not answer.
    """
    names = of_library(flows, host)
    if not names:
        return Library(host.label)
    command: list[str | Path] = [host.executable, "-B", HOSTLIBRARY]  # -B: leave no file behind
    ran = run(command, timeout=ANSWER_TIME, env=env, stdin=json.dumps(names))  # as ASCII, whatever it reads with
    if ran.exit_code is None:
        raise CannotLook("interpreter-hangs", interpreter=host.executable, seconds=f"{ANSWER_TIME:g}")
    try:
        told = msgspec.json.decode(ran.stdout.strip().rpartition("\n")[2], type=dict[str, str])
    except msgspec.DecodeError as error:
        reason = ran.stderr.strip().rpartition("\n")[2][:200] or f"exit code {ran.exit_code}"
        raise CannotLook("interpreter-not-python", interpreter=host.executable, reason=reason) from error
    return Library(host.label, told)


def library_of_carried(host: Host, flows: Iterable[Flow]) -> Library:
    """What another host said. Raises CannotLook where it was not asked for everything: silence proves nothing."""
    names = of_library(flows, host)
    silent = [one for one in names if one not in host.library]
    if silent:
        raise CannotLook("facts-not-asked", name=host.label, groups=", ".join(silent[:SHOWN]))
    return Library(host.label, {one: host.library[one] for one in names})


def of_library(flows: Iterable[Flow], host: Host) -> list[str]:
    """Those of the flows' modules that belong to the standard library of the interpreter."""
    return [one for one in imported_by(flows) if one.partition(".")[0] in host.stdlib]
