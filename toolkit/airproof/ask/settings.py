"""airproof.toml: every option that is always the same at a site. The command line wins.

The file of the current folder is used wherever a command is typed, so the command says first that it is used and for
what, and it alone sends no password: that takes a word on the command line.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from airproof.ask.site_of import Asked, AskedHost
from airproof.errors import BadInput
from airproof.site.site import Form
from airproof.system.output import complain
from airproof.words import load_texts

FILE = "airproof.toml"
WORDS = Path(__file__).with_name("settings.toml")
T = TypeVar("T")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the file; unknown keys are refused, since a misspelt one would be a wish that nobody hears."""


class Index(_Table, frozen=True):
    url: str | None = None
    form: Form | None = None
    ca: str | None = None
    allow_hosts: tuple[str, ...] = ()
    timeout: float | None = None
    login: bool | None = None


class Packages(_Table, frozen=True):
    requirements: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    wheelhouse: str | None = None
    server_options: tuple[str, ...] = ()
    """Of a rehearsal: further options of devpi-server."""
    imports: bool | None = None


class HostTable(_Table, frozen=True):
    name: str | None = None
    python: str | None = None
    """An interpreter on this machine."""
    facts: str | None = None
    """The answer of the probe, carried back from another host; a file that is not there yet is not forgotten."""
    ssh: str | None = None
    """Another host that is asked at once, as `--hosts` takes it."""
    collector: bool = False


class OMFlowTable(_Table, frozen=True):
    source: str | None = None
    """Its database, or the address of its REST interface."""
    setting: str | None = None


class TargetTable(_Table, frozen=True):
    name: str
    """As `--target` takes it."""


class ReportTable(_Table, frozen=True):
    dir: str = "airproof-report"
    strict: bool | None = None
    checks: tuple[str, ...] = ()


class Settings(_Table, frozen=True):
    """The whole file."""

    index: Index = Index()
    packages: Packages = Packages()
    host: tuple[HostTable, ...] = ()
    target: tuple[TargetTable, ...] = ()
    omflow: OMFlowTable = OMFlowTable()
    report: ReportTable = ReportTable()
    waive: dict[str, str] = {}
    """Check, or CHECK:SUBJECT, to the reason."""
    pip_command: str | None = None
    hosts_at_once: int | None = None
    """How many other hosts are asked at the same time."""

    def asked(self, command: str, given: dict[str, Any]) -> Asked:
        """The options, what was `given` on the command line first; a wheelhouse is for rehearse, a URL for check."""
        values: dict[str, Any] = {
            "url": self.index.url if command != "rehearse" else None,
            "wheelhouse": self.packages.wheelhouse if command == "rehearse" else None,
            "packages": self.packages.requirements,
            "requirements": self.packages.files,
            "targets": tuple(one.name for one in self.target),
            "flows": self.packages.flows,
            "omflow": self.omflow.source if command != "rehearse" else None,
            "omflow_confirmed": given.get("omflow", self.omflow.source) != self.omflow.source or "omflow" in given,
            "omflow_setting": self.omflow.setting if command != "rehearse" else None,
            "hosts": tuple(self._hosts(command)),
            "fleet": tuple(_spec(one) for one in self.host if one.ssh is not None) if command == "check" else (),
            "hosts_at_once": self.hosts_at_once if command == "check" else None,
            "pip_command": self.pip_command,
            "form": self.index.form,
            "timeout": self.index.timeout,
            "ca": self.index.ca,
            "further": self.index.allow_hosts,
            "server_options": self.packages.server_options if command == "rehearse" else (),
            "login": self.index.login,
            "imports": self.packages.imports,
            "waive": tuple(f"{what}={reason.strip()} ({FILE})" for what, reason in self.waive.items()),
            "strict": self.report.strict,
            "checks": self.report.checks,
        } | given
        return Asked(**{name: value for name, value in values.items() if value not in (None, ())})

    def _hosts(self, command: str) -> Iterator[AskedHost]:
        """Other hosts are for check alone: a rehearsal is on this machine."""
        for one in self.host:
            if one.python is None and one.facts is None and one.ssh is None:
                raise BadInput("host-empty", path="airproof.toml")
            if one.python is not None or (one.facts is not None and command == "check"):
                yield AskedHost(one.name or "", one.python, one.facts, one.collector)


def _spec(host: HostTable) -> str:
    """The table's host with its name, in one specification."""
    told = {"name": host.name or "", "collector": "1" if host.collector else ""}
    more = urlencode({key: value for key, value in told.items() if value})
    spec = host.ssh or ""
    return f"{spec}{'&' if '?' in spec else '?'}{more}" if more else spec


def read_settings(path: Path = Path(FILE)) -> Settings:
    """The file's settings, or none where there is no file. Raises BadInput for one that cannot be used."""
    return _read(path, Settings) or Settings()


def announce(options: argparse.Namespace, path: Path = Path(FILE)) -> None:
    """Say on standard error that the file is used, and which of its keys; nothing where there is none, or `--quiet`."""
    found = _read(path, dict[str, Any])
    if found and not getattr(options, "quiet", False):
        keys = ", ".join(_keys(found))
        complain(load_texts(WORDS)["used"].fill({"path": path.resolve(), "keys": keys}).of(options.lang))


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
        return msgspec.toml.decode(raw, type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadInput("settings", path=path, reason=error) from error
