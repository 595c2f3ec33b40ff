"""Ways to a host: how the probe's program comes to a Python there, through a backend of pytest-testinfra.

Where a backend hands standard input on, the program goes that way: nothing lies on the host, and nobody reads it in a
list of processes. Where it does not, the program goes in pieces that fit on any command line (Windows takes 8191
characters) into a file that is removed before it runs.
"""

from __future__ import annotations

import base64
import secrets
import shlex
import zlib
from typing import Any

import msgspec

from airproof.errors import CannotLook
from airproof.probes.interpreters.host import OLDEST
from airproof.system.processes import run

HANDS_INPUT_ON = ("local", "ssh", "safe-ssh")
PIECE = 5000
"""Characters of one piece: with the words around it far below 8191."""
TOO_OLD = "airproof-python-too-old"
"""Begins what a Python says that cannot run the probe; its version follows."""
ENDED_ITSELF = 124
"""Exit code of a probe that took too long on its host, as `timeout` of the coreutils has it."""
NO_QUESTIONS = "-o BatchMode=yes"
"""ssh asks neither for a password nor whether a host's key may be trusted: what it does not know it refuses."""


class RemoteResult(msgspec.Struct, frozen=True):
    """Result of a command on a host."""

    exit_code: int
    stdout: str
    stderr: str


def tell(backend: Any, python: str, program: str, *, timeout: float) -> RemoteResult:
    """Runs `program` under `python` on the backend's host.

    Raises CannotLook where it did not end in time; whatever else the backend raises is its own.
    """
    if backend.get_connection_type() in HANDS_INPUT_ON:
        backend.run_local = _Door(backend, started(program, timeout), timeout)
        return _told(backend.run(f"{_word(python)} -B -"))
    return _in_pieces(backend, python, program)


def started(program: str, timeout: float) -> str:
    """The program behind a few lines that any Python can read, also one that is too old for the rest."""
    return (
        f"import sys\n{_held()}\n{_ending(timeout)}\n"
        "sys.path[:] = [one for one in sys.path if one]\nimport base64, zlib\n"
        f"exec(zlib.decompress(base64.b64decode('{_packed(program)}')))\n"
    )


def _in_pieces(backend: Any, python: str, program: str) -> RemoteResult:
    exe, name = _word(python), f"airproof-{secrets.token_hex(8)}"
    place = f"p=os.path.join(t.gettempdir(),'{name}')"
    packed = _packed(program)
    for at in range(0, len(packed), PIECE):
        new = "os.O_EXCL" if at == 0 else "0"
        code = f"f=os.open(p,os.O_WRONLY|os.O_CREAT|os.O_APPEND|{new},384);os.write(f,b'{packed[at : at + PIECE]}')"
        told = _told(backend.run(f'{exe} -B -c "import os,tempfile as t;{place};{code}"'))
        if told.exit_code != 0:
            if at:
                backend.run(f'{exe} -B -c "import os,tempfile as t;{place};os.remove(p)"')
            return told
    code = "s=open(p,'rb').read();os.remove(p);import base64,zlib;exec(zlib.decompress(base64.b64decode(s)))"
    return _told(backend.run(f'{exe} -B -c "import os,sys,tempfile as t;{place};{_held()};{code}"'))


def _held() -> str:
    oldest = ", ".join(OLDEST.split("."))
    return f"sys.version_info[:2] >= ({oldest}) or sys.exit('{TOO_OLD} %d.%d' % sys.version_info[:2])"


def _ending(seconds: float) -> str:
    """Lines that end the process on the host by itself: a way in that is closed does not reach it."""
    start = f"_end = threading.Timer({seconds:.0f}, lambda: os._exit({ENDED_ITSELF}))"
    return f"import os, threading\n{start}\n_end.daemon = True\n_end.start()"


def _packed(program: str) -> str:
    return base64.b64encode(zlib.compress(program.encode(), 9)).decode()


def _word(text: str) -> str:
    """As sh, cmd.exe and PowerShell all read it: in double quotes, which keep a backslash, or bare."""
    return f'"{text}"' if set(text) & set(" \\()&;'") else text


def _told(result: Any) -> RemoteResult:
    # Not `.stdout`: testinfra would ask the host for its encoding, with another command.
    out, err = (output.decode("utf-8", "replace") for output in (result.stdout_bytes, result.stderr_bytes))
    return RemoteResult(result.rc, out, err)


class _Door:
    """In place of a backend's own way to start processes: no shell, an end, and the program as input."""

    def __init__(self, backend: Any, program: str, timeout: float) -> None:
        self._backend, self._program, self._timeout = backend, program, timeout

    def __call__(self, command: str, *args: str) -> Any:
        line = self._backend.quote(command, *args)
        ran = run(shlex.split(line), timeout=self._timeout, stdin=self._program)
        if ran.exit_code is None:
            raise CannotLook("interpreter-hangs", interpreter="python", seconds=f"{self._timeout:g}")
        return self._backend.result(ran.exit_code, line.encode(), ran.stdout.encode(), ran.stderr.encode())
