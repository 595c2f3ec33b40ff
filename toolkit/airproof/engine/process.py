"""The process in which the engine runs. It holds a lifeline to its parent: if the parent ends, in whatever way, the
process ends as well, and so do its servers.

It is begun before there is a plan, and loads its modules while the parent still reads what is asked for: that is half a
second for each of the two processes, side by side on two processors.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from airproof.errors import BadInput, CannotLook
from airproof.system.lifeline import Lifeline
from airproof.system.processes import without_python_settings

BEGIN = "import sys; del sys.path[0]; from airproof.engine import child; child.begin()"
"""`sys.path` begins with the folder in which the parent runs: nothing there shadows a module."""


class EngineProcess:
    """A context manager: at its end the process is told to end, and awaited. One that got no plan ends at once."""

    def __init__(self, python: str | Path = sys.executable, environment: Mapping[str, str] | None = None) -> None:
        """`python`: the installation of airproof and devpi that walks and judges. `environment`: the surroundings that
        are judged; None: this process's own. Raises BadInput if there is no room for a temporary file.
        """
        self.environment = os.environ if environment is None else environment
        self._given = False
        try:
            self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        except OSError as error:
            raise BadInput("work-dir", reason=error.strerror or error) from error
        self._line = line = Lifeline()
        try:
            self._process = subprocess.Popen(
                [python, "-E", "-c", BEGIN],
                stdin=line.child_end,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env=without_python_settings(self.environment),
                start_new_session=True,  # Ctrl-C comes to the parent alone, which passes it on;
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
            )
        except OSError as error:
            line.cut()
            self._output.close()
            raise CannotLook("cannot-start", command=python, reason=error.strerror or error) from error
        line.handed_over()

    def give(self, plan: Path, key: str) -> None:
        """Say where the plan lies, and the key of the log of events: no argument, variable or file shows it."""
        self._given = True
        with contextlib.suppress(OSError):  # the process has ended already, and its output says why
            self._line.say(json.dumps(str(plan)))  # a path may hold whatever it likes, also the end of a line
            self._line.say(key)

    @property
    def exit_code(self) -> int | None:
        """Return the exit code of the process; None while it runs."""
        return self._process.poll()

    def interrupt(self, seconds: float) -> None:
        """Send SIGINT, and wait up to `seconds` for pytest to stop its servers; the rest ends with the lifeline.

        On Windows this does nothing: there `end`, which follows in any case, cuts the lifeline, and so ends the process
        and its servers.
        """
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired, KeyboardInterrupt):
                self._process.send_signal(signal.SIGINT)
                self._process.wait(seconds)

    def words(self) -> str:
        """Return the output of the process so far; secrets in it are not masked yet."""
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace")

    def end(self) -> None:
        """Cut the lifeline, and wait until the process has ended. May be called twice.

        A process without a plan has started no servers and made no files, so it is killed at once.
        """
        self._line.let_go()
        if not self._given:
            self._process.kill()
        self._process.wait()

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._output.close()
