"""Interpreters, of the options that name executables, hosts and carried facts."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

from airproof.ask.typedoptions import AskedHost, TypedOptions
from airproof.printable import naturally
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.targets import covers
from airproof.probes.remote.carried import read_carried
from airproof.site.hosts import Interpreter, Target


def interpreters_of(asked: TypedOptions, targets: tuple[Target, ...], known: AskedOnce) -> tuple[Interpreter, ...]:
    """The hosts that were named, else the interpreter that runs airproof; labels told apart where two are alike.

    On the command line an interpreter takes the place of those in airproof.toml; facts come to them. Where targets are
    named, the interpreter that runs airproof is asked only if it stands for one of them.
    """
    hosts = [AskedHost(python=python) for python in dict.fromkeys(asked.pythons)]
    hosts += [host for host in asked.hosts if host.python is None or not asked.pythons]
    found: dict[str, Interpreter] = {}
    carried = sorted(map(_carried, dict.fromkeys(asked.facts)), key=lambda host: naturally(host.label))
    named = [*(_interpreter(host, known) for host in hosts), *carried]
    if not named and not asked.fleet:
        if targets and not any(covers(known.host(sys.executable), wanted_target) for wanted_target in targets):
            return ()
        named = [known.interpreter(sys.executable)]
    for interpreter in named:
        label, number = interpreter.label, 2
        while label in found:
            label, number = f"{interpreter.label}-{number}", number + 1
        found[label] = msgspec.structs.replace(interpreter, label=label)
    return tuple(found.values())


def _interpreter(host: AskedHost, known: AskedOnce) -> Interpreter:
    called, collector, name = host.collector_name, bool(host.collector), host.name
    if host.python is not None:
        asked = known.interpreter(host.python)
        label = _label(name, asked.label) if name else asked.label
        return Interpreter(asked.executable, label, collector, collector_name=called, host_name=name, named=True)
    file = Path(host.facts or "")
    path = str(file.resolve())
    if not file.is_file():
        name = name or file.stem
        return Interpreter("", _label(name), collector, collector_name=called, host_name=name, facts=path)
    carried = _carried(str(file))
    return msgspec.structs.replace(
        carried,
        label=_label(name, carried.label.rpartition("--")[2]) if name else carried.label,
        collector=collector or carried.collector,
        collector_name=called or carried.collector_name,
        host_name=name or carried.host_name,
    )


def _carried(path: str) -> Interpreter:
    """Raises BadInput for an answer that cannot be used."""
    facts = read_carried(Path(path))
    return Interpreter(
        "",
        _label(facts.name, facts.host.label),
        facts.collector,
        collector_name=facts.collector_name,
        host_name=facts.name,
        facts=str(Path(path).resolve()),
    )


def _label(*parts: str) -> str:
    """Return a word that can name a file, made of a host's name and its interpreter's label."""
    return "--".join(re.sub(r"[^\w.]+", "-", part).strip("-.") or "host" for part in parts)[:100]
