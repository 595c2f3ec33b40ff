"""The site's own scanner of malware, run over what is carried. airproof knows none of them: the exit code decides."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path, PurePath

import msgspec

from airproof.errors import BadInput, CannotLook
from airproof.system.processes import run, without_python_settings

FOLDER = "{folder}"
"""Stands in the command for the folder that is scanned."""
SCAN_TIME = 3600.0
"""Seconds for one folder. clamscan takes about a minute to load its signatures, and then some 20 MB a second."""
VERSION_TIME = 60.0
LAST_LINES = 20
LONGEST_OUTPUT = 4000
"""Characters kept of the last lines."""
_SECRET = re.compile(r"(?:pass|passwd|password|pwd|secret|token|credential|auth|api-?key|key)$", re.IGNORECASE)
"""The end of an option's name whose value no report may show."""

_GIVES = re.compile("[=:]")
"""Separator between an option's name and its value within one word."""


class Scan(msgspec.Struct, frozen=True):
    """One folder that was scanned."""

    folder: str
    exit_code: int
    seconds: float
    output: str
    """The last lines of what the scanner printed."""


class Scanned(msgspec.Struct, frozen=True):
    """The answers of the site's scanner."""

    name: str
    """The program, without its folder and its arguments, which may hold secrets."""
    version: str
    """The first line that it prints for `--version`; many name the date of their signatures there. Empty: none."""
    scans: tuple[Scan, ...]


def split_command(text: str) -> tuple[str, ...]:
    """Split a scanner's command into words, as the pip command is split: quotation marks hold a word together, and a
    backslash is no escape, since paths of Windows contain it. No shell reads it.

    Raises BadInput for one that names no program or has no word with `{folder}`.
    """
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    try:
        words = tuple(lexer)
    except ValueError as error:
        raise BadInput("scanner-command", given=_shown(text), reason=str(error)) from error
    if not words or FOLDER in words[0] or "\0" in text:
        raise BadInput("scanner-command", given=_shown(text), reason="no program")
    if not any(FOLDER in word for word in words[1:]):
        raise BadInput("scanner-command", given=words[0], reason=f"no {FOLDER}")
    return words


def secrets_of(words: Sequence[str]) -> Iterator[str]:
    """Yield the values of a command's options that are called like a password, a token or a key."""
    for word, after in zip_longest(words, words[1:], fillvalue=""):
        name, *value = _GIVES.split(word, maxsplit=1)
        if name.startswith(("-", "/")) and _SECRET.search(name):
            yield value[0] if value else after


def probe_scanned(command: str, folders: Sequence[Path]) -> Scanned:
    """Run the scanner over each folder. Raises CannotLook where it cannot be started, or does not come to its end."""
    words = split_command(command)
    environment = without_python_settings(os.environ)
    name = PurePath(words[0].replace("\\", "/")).name
    scans = []
    for folder in folders:
        ran = run([word.replace(FOLDER, str(folder)) for word in words], timeout=SCAN_TIME, env=environment)
        if ran.exit_code is None:
            raise CannotLook("scanner-late", name=name, seconds=f"{SCAN_TIME:.0f}")
        scans.append(Scan(str(folder), ran.exit_code, ran.seconds, _last(ran.stdout, ran.stderr)))
    asked = run([words[0], "--version"], timeout=VERSION_TIME, env=environment)
    version = next((line.strip() for line in asked.stdout.splitlines() if line.strip()), "") if asked.ok else ""
    return Scanned(name, version[:200], tuple(scans))


def _last(stdout: str, stderr: str) -> str:
    lines = [line.rstrip() for text in (stderr, stdout) for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])[-LONGEST_OUTPUT:]


def _shown(text: str) -> str:
    """The beginning of a command that cannot be split, up to its first argument."""
    return text.split(maxsplit=1)[0][:200] if text.split() else '""'
