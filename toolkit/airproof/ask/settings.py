"""airproof.toml, or `[tool.airproof]` in pyproject.toml: every option that is always the same at a site. The command
line wins, then variables of the environment.

The file of the current folder is used wherever a command is typed, so the command says first that it is used and for
what, and it alone sends no password: that takes a word on the command line.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar, get_type_hints
from urllib.parse import urlencode

import msgspec

from airproof.ask.options import OPTIONS, given, options_of
from airproof.ask.typedoptions import AskedHost, TypedOptions
from airproof.errors import BadInput
from airproof.system.output import complain
from airproof.words import load_texts

FILE = "airproof.toml"
PROJECT = "pyproject.toml"
"""Its table `[tool.airproof]` is read where there is no airproof.toml."""
WORDS = Path(__file__).with_name("settings.toml")
T = TypeVar("T")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file; unknown keys are refused, since a misspelt one would be a wish that nobody hears."""


class HostTable(_Table, frozen=True):
    name: str | None = None
    python: str | None = None
    """An interpreter on this machine."""
    facts: str | None = None
    """The answer of the probe, carried back from another host; a file that is not there yet is not forgotten."""
    ssh: str | None = None
    """Another host that is asked at once, as `--hosts` takes it."""
    collector: bool | str = False
    """It runs a Collector's items; a text: those of the Collector that OMFlow calls so, and shared ones."""


class TargetTable(_Table, frozen=True):
    name: str
    """As `--target` takes it."""


class _Tool(msgspec.Struct, frozen=True):
    airproof: dict[str, Any] | None = None


class _Project(msgspec.Struct, frozen=True):
    """The part of a pyproject.toml that is airproof's own; the rest belongs to others."""

    tool: _Tool = _Tool()


def _type_of_file() -> type[Any]:
    """The whole file: the keys of the table of options, with the types of the fields that they fill, and the tables
    that are read by hand.
    """
    types = get_type_hints(TypedOptions)
    tables: dict[str, list[tuple[str, Any, Any]]] = {"": []}
    for option in OPTIONS:
        if option.key and not option.key.startswith("["):
            table, _, key = option.key.rpartition(".")
            tables.setdefault(table, []).append((key.replace("-", "_"), types[option.field] | None, None))
    own: list[tuple[str, Any, Any]] = [
        ("host", tuple[HostTable, ...], ()),
        ("target", tuple[TargetTable, ...], ()),
        ("waive", dict[str, str], msgspec.field(default_factory=dict)),
    ]
    named = [
        (name, made := msgspec.defstruct(name.capitalize(), fields, bases=(_Table,), frozen=True), made())
        for name, fields in tables.items()
        if name
    ]
    return msgspec.defstruct("Settings", [*own, *named, *tables[""]], bases=(_Table,), frozen=True)


def asked_of(options: argparse.Namespace, path: Path = Path(FILE)) -> TypedOptions:
    """The command line over airproof.toml over the defaults. Says on standard error that the file is used, and which of
    its keys; nothing where there is none, or with `--quiet`. Raises BadInput for a file that cannot be used.
    """
    path = path if path.exists() else path.with_name(PROJECT)
    settings = read_settings(path)
    found = _read(path, dict[str, Any])
    variables: tuple[str, ...] = getattr(options, "variables", ())
    if not getattr(options, "quiet", False):
        words = load_texts(WORDS)
        if found:
            keys = ", ".join(_keys(found))
            complain(words["used"].fill({"path": path.resolve(), "keys": keys}).of(options.lang))
        if variables:
            complain(words["variables"].fill({"variables": ", ".join(variables)}).of(options.lang))
    asked = merged(options.command, settings, given(vars(options), options_of(options.command)))
    # A variable, like the file, lies where a command is typed: it alone sends no password.
    return replace(asked, omflow_confirmed=asked.omflow_confirmed and "AIRPROOF_OMFLOW" not in variables)


def merged(command: str, settings: Any, typed: dict[str, Any]) -> TypedOptions:
    """The file's settings below what was `typed`. A key counts for the commands that take its option; `[[host]]` and
    `[[target]]` count for each command, as far as it asks hosts.
    """
    values: dict[str, Any] = {
        "targets": tuple(target.name for target in settings.target),
        "hosts": tuple(_hosts(settings.host, command)),
        "omflow_confirmed": "omflow" in typed,
    }
    for option in options_of(command):
        if option.key.startswith("[waive]"):
            waivers = settings.waive.items()
            values[option.field] = tuple(f"{check}={reason.strip()} ({FILE})" for check, reason in waivers)
        elif option.key == "[[host]] ssh":
            values[option.field] = tuple(_spec(host) for host in settings.host if host.ssh is not None)
        elif option.key and not option.key.startswith("["):
            value = attrgetter(option.key.replace("-", "_"))(settings)
            values |= {option.field: value} if value is not None else {}
    return msgspec.convert(values | typed, TypedOptions)


def _hosts(hosts: Sequence[HostTable], command: str) -> Iterator[dict[str, Any]]:
    """Other hosts are for `check` alone: a rehearsal is on this machine."""
    for host in hosts:
        if host.python is None and host.facts is None and host.ssh is None:
            raise BadInput("host-empty", path=FILE)
        if host.python is not None or (host.facts is not None and command == "check"):
            asked = AskedHost(host.name or "", host.python, host.facts, host.collector)
            yield asdict(asked)


def _spec(host: HostTable) -> str:
    """The table's host with its name, in one specification."""
    told = {"name": host.name or "", "collector": _collector(host)}
    more = urlencode({key: value for key, value in told.items() if value})
    spec = host.ssh or ""
    return f"{spec}{'&' if '?' in spec else '?'}{more}" if more else spec


def _collector(host: HostTable) -> str:
    """Return the value of `collector=` in a specification."""
    return host.collector.strip() if isinstance(host.collector, str) else "1" if host.collector else ""


def read_settings(path: Path = Path(FILE)) -> Any:
    """The file's settings, or the defaults where there is no file. Raises BadInput for one that cannot be used."""
    return _read(path, SETTINGS) or SETTINGS()


def _keys(found: dict[str, Any]) -> Iterator[str]:
    """Such as `index.url`, `waive.SRV03` or `host (2)`."""
    for key, value in found.items():
        if isinstance(value, dict):
            yield from (f"{key}.{below}" for below in value)
        else:
            yield f"{key} ({len(value)})" if isinstance(value, list) else key


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput("settings", path=path, reason=error.strerror or error) from error
    try:
        if path.name == PROJECT:
            own = msgspec.toml.decode(raw, type=_Project).tool.airproof
            return None if own is None else msgspec.convert(own, kind)
        return msgspec.toml.decode(raw, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadInput("settings", path=path, reason=error) from error


SETTINGS = _type_of_file()
