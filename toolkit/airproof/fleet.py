"""Many hosts at once, through the backends of pytest-testinfra: each runs the stand-alone probe and answers like any.

What a host must have is a way in (ssh, for instance) and the Python that OMFlow uses there; nothing is written on it.
"""

from __future__ import annotations

import base64
import importlib
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from airproof.errors import BadInput
from airproof.probes.carried import parse_carried
from airproof.probes.standalone import standalone
from airproof.site import Interpreter, Site, masked

BOUND = 900.0
"""Seconds that all hosts together may take; pip on each has a bound of its own."""
PYTHON = "python3"
"""On the host, where the specification names none with `?python=`."""
TROUBLE = ".trouble"
"""Ends the name of the file that says why a host gave no answer."""
LONGEST_REASON = 300


class HostSpec(msgspec.Struct, frozen=True):
    """One host, such as `ssh://root@192.0.2.20?python=/opt/omflow/python/bin/python&collector=1`."""

    spec: str
    """What testinfra is given."""
    name: str
    python: str
    collector: bool

    @classmethod
    def of(cls, text: str) -> HostSpec:
        """Raises BadInput for what is no specification of a host."""
        try:
            parts = urlsplit(text)
        except ValueError as error:
            raise BadInput("hosts-spec", given=masked(text)) from error
        if not parts.scheme or "://" not in text:
            raise BadInput("hosts-spec", given=masked(text))
        asked = dict(parse_qsl(parts.query))
        python, collector = asked.pop("python", PYTHON), asked.pop("collector", "") not in ("", "0", "no", "false")
        name = asked.pop("name", "") or parts.hostname or parts.scheme
        rest = f"?{urlencode(asked)}" if asked else ""
        return cls(text.partition("?")[0] + rest, name, python, collector)


def ask_fleet(site: Site, specs: Sequence[str], folder: Path) -> tuple[Interpreter, ...]:
    """Asks all hosts side by side; each becomes an interpreter whose facts lie in `folder`, or the reason why not.

    Raises BadInput where pytest-testinfra is not installed, or a specification is none.
    """
    hosts = [HostSpec.of(one.strip()) for text in specs for one in text.split(",") if one.strip()]
    connect = _backends()
    program = standalone(site)
    folder.mkdir(parents=True, exist_ok=True)
    labels = _labels(hosts)
    threads = []
    for host, label in zip(hosts, labels, strict=True):
        file = folder / f"{label}.json"
        file.with_name(file.name + TROUBLE).write_text("no answer in time", encoding="utf-8")
        # A daemon: a way in that hangs must not keep airproof from its end.
        threads.append(threading.Thread(target=_ask, args=(connect, host, program, file), daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    return tuple(
        Interpreter("", label, host.collector, str(folder / f"{label}.json"))
        for host, label in zip(hosts, labels, strict=True)
    )


def _backends() -> Any:
    try:
        return importlib.import_module("testinfra").get_host
    except ImportError as error:
        raise BadInput("hosts-extra") from error


def _labels(hosts: Sequence[HostSpec]) -> list[str]:
    labels: list[str] = []
    for host in hosts:
        plain = "".join(char if char.isalnum() or char in "._" else "-" for char in host.name).strip("-.") or "host"
        label, number = plain, 2
        while label in labels:
            label, number = f"{plain}-{number}", number + 1
        labels.append(label)
    return labels


def _ask(connect: Any, host: HostSpec, program: str, file: Path) -> None:
    """Leaves the answer in `file`, or the reason beside it."""
    trouble = file.with_name(file.name + TROUBLE)
    try:
        packed = base64.b64encode(zlib.compress(program.encode(), 9)).decode()
        code = f"import base64,zlib;exec(zlib.decompress(base64.b64decode('{packed}')))"
        words = ["--name", host.name] + ["--collector"] * host.collector
        ran = connect(host.spec).run("%s -B -c %s " + " ".join(["%s"] * len(words)), host.python, code, *words)
        if ran.rc != 0:
            said = [line for line in ran.stderr.strip().splitlines() if line.strip()]
            raise RuntimeError(said[-1] if said else f"exit code {ran.rc}")
        parse_carried(ran.stdout, host.name)
        part = file.with_suffix(".part")
        part.write_text(ran.stdout, encoding="utf-8")
        part.replace(file)
        trouble.unlink()
    except BaseException as error:  # a stranger's library: whatever it raises is this host's trouble, and no other's
        trouble.write_text(_said(error), encoding="utf-8")


def _said(error: BaseException) -> str:
    """The last line of what the way in said, where the library hands it on as a result; else the error's own words."""
    told = getattr(error.args[0], "stderr", "") if error.args else ""
    said = str(told).strip() or str(error).strip() or type(error).__name__
    return masked(said.splitlines()[-1])[:LONGEST_REASON]
