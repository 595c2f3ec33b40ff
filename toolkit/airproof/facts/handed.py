"""Answers of interpreters that a command asked before its run: they are handed over as facts, and not asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from airproof.facts.keys import HOST
from airproof.facts.store import FactStore
from airproof.probes.interpreters.askedonce import AskedOnce
from airproof.probes.interpreters.host import Host
from airproof.site.hosts import Interpreter


def hand_over(asked: AskedOnce, facts: FactStore, interpreters: Iterable[Interpreter]) -> None:
    """Put what the interpreters on this machine have answered among the facts of a run that has not begun."""
    for interpreter in interpreters:
        host = None if interpreter.elsewhere else asked.known(interpreter.executable)
        if host is not None:
            keep_host(facts, interpreter, partial(asked.host, interpreter.executable))


def keep_host(facts: FactStore, interpreter: Interpreter, ask: Callable[[], Host]) -> Host:
    """The answer of an interpreter, under the label that it has in this run."""
    return facts.get(HOST.of(interpreter.label), lambda: msgspec.structs.replace(ask(), label=interpreter.label))
