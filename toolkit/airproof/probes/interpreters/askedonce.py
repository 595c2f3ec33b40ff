"""Ask each interpreter once for a whole run: a command hands its answers to its engine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import msgspec

from airproof.probes.interpreters.host import Host, probe_host
from airproof.probes.interpreters.library import probe_library
from airproof.site.flows import Flow
from airproof.site.hosts import Interpreter
from airproof.system.processes import without_python_settings


class AskedOnce:
    """Asks each interpreter once, in the environment variables that the engine's child will have.

    An answer takes 0.3 to 0.5 s, since that interpreter's own pip states which tags it accepts.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment`: the variables; None: those of this process."""
        self._environment = without_python_settings(os.environ if environment is None else environment)
        self._asked: dict[str, Host] = {}

    def host(self, executable: str) -> Host:
        """Ask the interpreter, or return its earlier answer. Raises as `probe_host` does."""
        if executable not in self._asked:
            host = probe_host(executable, env=self._environment)
            self._asked[executable] = self._asked[host.executable] = host
        return self._asked[executable]

    def with_library(self, host: Host, flows: Iterable[Flow]) -> Host:
        """Add the availability of the flows' standard library modules to the host. Raises as `probe_library` does."""
        return msgspec.structs.replace(host, library=probe_library(host, flows, env=self._environment).modules)

    def interpreter(self, executable: str) -> Interpreter:
        """Return the interpreter of that path, labelled. Raises as `probe_host` does."""
        host = self.host(executable)
        return Interpreter(host.executable, host.label)

    def known(self, executable: str) -> Host | None:
        """Return the answer, if the interpreter has been asked."""
        return self._asked.get(executable)
