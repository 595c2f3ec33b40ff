"""An interpreter and its surroundings, asked by `hostprobe.py`, a stand-alone file that runs under that interpreter."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from airproof.errors import BadInput, CannotLook
from airproof.probes.onhost import SCRIPTS
from airproof.site.indexurl import without_credentials
from airproof.system.processes import Ran, run

HOSTPROBE = SCRIPTS / "hostprobe.py"
ANSWER_TIME = 60.0
"""Seconds that an interpreter may take to answer: a cold start from a slow disk, with a virus scanner, is slow."""
INDEX_SETTINGS = (":env:.index-url", "install.index-url", "global.index-url")
"""Settings from which pip takes its index, in order of precedence."""
OLDEST = "3.6"
"""The oldest Python that can run the probe."""


class Setting(msgspec.Struct, frozen=True):
    """One setting of pip's effective configuration, credentials masked."""

    name: str
    """Such as `global.extra-index-url` or `:env:.index-url`."""
    value: str
    scope: Literal["global", "user", "site", "env", "variable", ""] = ""
    """The scope of the setting, in pip's words: every account, the account that was asked, this interpreter, or the
    file that PIP_CONFIG_FILE names; or a variable of that account's process. Empty: an older probe did not report it.
    """
    file: str = ""
    """The source of the setting: a file, or a variable's name."""

    @property
    def key(self) -> str:
        return self.name.rpartition(".")[2]


class Host(msgspec.Struct, frozen=True):
    """An interpreter's report on itself and its surroundings, not changed by airproof's hermetic settings."""

    executable: str
    python: str
    """Such as 3.11.7."""
    implementation: str
    label: str
    """Such as `cp311-linux`."""
    tags: tuple[str, ...]
    """Tags, best first, as its own pip orders them; empty if it has no pip."""
    markers: dict[str, str]
    """PEP 508 marker environment."""
    pip: str | None
    """pip's version; None if it has none."""
    pip_location: str | None
    """The folder that holds the `pip` package."""
    settings: tuple[Setting, ...]
    """The output of `pip config list`."""
    proxies: dict[str, str]
    """Proxy variables as the process sees them, credentials masked, names as they are written."""
    externally_managed: bool
    user: str
    """The account that was asked."""
    stdlib: tuple[str, ...] = ()
    """Top-level modules of its standard library, private ones too: `__future__` is imported everywhere."""
    library: dict[str, str] = {}
    """Modules of its standard library that flows import, dotted as they are written, each with the first part of the
    name that is missing; empty if all parts are there.
    """
    parts: dict[str, str] = {}
    """On another host: the same for modules outside that library that flows import, as far as their files show it."""
    installed: dict[str, str] = {}
    """Installed distributions, names as their folders spell them, with their versions."""
    requires: dict[str, tuple[str, ...]] = {}
    """Requires-Dist of those that state their requirements, by the same names."""
    modules: tuple[str, ...] = ()
    """Top-level modules that it can import beside the standard library."""
    packages_folder: str = ""
    """The folder to which its pip would install."""
    writable: bool = True
    """The account that was asked may write there, as far as the system reports it."""
    free: int | None = None
    """Free space there, in bytes."""
    encoding: str = ""
    """Encoding of its locale, in which its pip reads files that do not say theirs. Empty: an older probe did not ask.
    """
    time: str = ""
    """UTC, by its own clock, such as 2026-01-31T08:00:00Z."""

    @property
    def version(self) -> tuple[int, ...]:
        """Such as (3, 11)."""
        return _numbers(self.python)[:2]

    @property
    def configured_index(self) -> str | None:
        """Return the index that pip's own configuration names, without credentials; None if it names none."""
        settings = {setting.name: setting.value for setting in self.settings}
        index = next((settings[name] for name in INDEX_SETTINGS if settings.get(name)), None)
        return without_credentials(index) if index is not None else None


def probe_host(interpreter: str, *, timeout: float = ANSWER_TIME, env: Mapping[str, str] | None = None) -> Host:
    """Ask an interpreter, given by its path or its name on PATH, in its real surroundings.

    `env`: the surroundings; None: this process's own. Raises BadInput if it is not a Python, CannotLook if it does not
    answer in time.
    """
    executable = shutil.which(interpreter)
    if executable is None:
        raise BadInput(
            "interpreter-forbidden" if _lies_there(interpreter) else "interpreter-missing", interpreter=interpreter
        )
    try:
        ran = run([executable, "-B", HOSTPROBE], timeout=timeout, env=env)  # -B: leave no file behind
    except CannotLook as error:
        raise BadInput("interpreter-not-python", interpreter=interpreter, reason=error.values["reason"]) from error
    if ran.exit_code is None:
        raise CannotLook("interpreter-hangs", interpreter=interpreter, seconds=f"{timeout:g}")
    answer = ran.stdout.strip().rpartition("\n")[2]
    try:
        return msgspec.json.decode(answer, type=Host)
    except msgspec.DecodeError as error:
        raise _why_not(interpreter, executable, ran, timeout) from error


def _lies_there(interpreter: str) -> bool:
    """Say whether a file of that path exists, or may exist, and cannot be started by this account."""
    try:
        return Path(interpreter).is_file()
    except PermissionError:  # A folder on the path cannot be entered.
        return True
    except (OSError, ValueError):
        return False


def _why_not(interpreter: str, executable: str, ran: Ran, timeout: float) -> BadInput:
    """Explain a failed probe: a Python that is too old to run it still states its version; anything else is not a
    Python.
    """
    asked = run([executable, "-c", "import sys; print('python %d.%d' % sys.version_info[:2])"], timeout=timeout)
    name, _, version = asked.stdout.strip().partition(" ")
    if asked.ok and name == "python" and _numbers(version) < _numbers(OLDEST):
        return BadInput("interpreter-too-old", interpreter=interpreter, version=version, oldest=OLDEST)
    last_line = (ran.stderr.strip() or ran.stdout.strip()).rpartition("\n")[2][:200]
    return BadInput("interpreter-not-python", interpreter=interpreter, reason=last_line or f"exit code {ran.exit_code}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
