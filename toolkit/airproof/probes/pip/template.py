"""The site's pip command: a line such as `{python} -m pip install --index-url {url} {requirement}`, to be filled in."""

from __future__ import annotations

import ast
import shlex
import string
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from airproof.errors import BadInput
from airproof.probes.interpreters.host import Host
from airproof.site.choosing import PLAIN, Choosing

SECTIONS = ("global", "install", ":env:")
"""Sections of pip's configuration that an installation heeds; the later one takes precedence."""
PLACEHOLDERS = {"python", "url", "host", "requirement"}
OPEN_EDITION = "{python} -m pip install {requirement}"
"""Command of OMFlow's open edition: pip's own configuration names the index."""
OPEN_EDITION_TYPED = "{python} -m pip install --index-url {url} {requirement}"
"""The same for an index that the configuration does not name; the configuration still decides whether pip trusts it."""

_START = ["{python}", "-m", "pip", "install"]
_PLACES = {"-t", "--target", "--prefix", "--root"}
"""Options with a value that name an install location: airproof installs into an environment of its own and nowhere
else.
"""
_IDLE = {"--dry-run", "-h", "--help", "-V", "--version"}
"""Options with which pip succeeds without installing anything."""
_PLAIN = {"-m", "-i", "--index-url", "--trusted-host"}
REQUIRE_HASHES = "--require-hashes"
TIMES = ("timeout", "default-timeout", "retries", "resume-retries")
PIPS_TIMEOUT = 15.0
"""pip's default timeout for one answer, in seconds."""
PIPS_RETRIES = 5
"""How often pip repeats a request, unless it is told another number."""


class PipCommand(msgspec.Struct, frozen=True):
    """A template, split into arguments."""

    words: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    """Options that name an install location; airproof drops them."""

    @property
    def names_index(self) -> bool:
        """Say whether the command names the index; otherwise pip's own configuration does."""
        return any("{url}" in word for word in self.words)

    @property
    def has_own_place(self) -> bool:
        """Say whether the command names an install location other than the interpreter's own folder."""
        return any(option.partition("=")[0] in _PLACES for option in self.dropped)

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options that not every pip has: all but those that name the index."""
        return tuple(word for word in self.words if word.startswith("-") and word.partition("=")[0] not in _PLAIN)

    @property
    def requires_hashes(self) -> bool:
        """Say whether pip installs only what has a hash."""
        return REQUIRE_HASHES in self.words

    @property
    def choosing(self) -> Choosing:
        """Return the command's options about kinds of files: `--pre`, `--only-binary` and the like."""
        return PLAIN.more(self.words)

    def fill(self, *, python: Sequence[str], url: str, host: str, requirements: Sequence[str]) -> list[str]:
        """Build the arguments of one call; `{requirement}` becomes one argument for each requirement.

        `python`: the words that start the interpreter, with which the command begins.
        """
        filled: list[str] = [*python]
        for word in self.words[1:]:
            if word == "{requirement}":
                filled += requirements
            else:
                # One pass: a value that looks like a placeholder is not filled again.
                filled.append(word.format(python=python[0], url=url, host=host))
        return filled


def parse_template(text: str) -> PipCommand:
    """Split the command; a backslash is no escape, since Windows paths contain it. Raises BadInput("pip-command")."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.escape, lexer.commenters = True, "", ""
    try:
        words = list(lexer)
        names = {name for word in words for _, name, _, _ in string.Formatter().parse(word) if name is not None}
    except ValueError as error:
        raise BadInput("pip-command", template=text, reason=error) from error
    if unknown := names - PLACEHOLDERS:
        raise BadInput("pip-command", template=text, reason=", ".join(f"{{{name}}}" for name in sorted(unknown)))
    if words[: len(_START)] != _START:
        raise BadInput("pip-command", template=text, reason=" ".join(_START))
    if words.count("{requirement}") != 1 or sum("{requirement}" in word for word in words) != 1:
        raise BadInput("pip-command", template=text, reason="{requirement}")
    if idle := next((word for word in words if word in _IDLE), None):
        raise BadInput("pip-command", template=text, reason=idle)
    return _without_places(words)


def _without_places(words: list[str]) -> PipCommand:
    kept: list[str] = []
    dropped: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name = word.partition("=")[0]
        if name in _PLACES or word == "--user":
            dropped.append(word)
            if name in _PLACES and "=" not in word and waiting:
                dropped.append(waiting.pop(0))
        else:
            kept.append(word)
    return PipCommand(tuple(kept), tuple(dropped))


def times_of(host: Host) -> dict[str, str]:
    """Return the timeout and the retries of that pip's configuration, as variables of pip."""
    variables: dict[str, str] = {}
    for section in SECTIONS:
        for setting in host.settings:
            name, _, key = setting.name.rpartition(".")
            if name == section and key in TIMES:
                variables["PIP_" + key.upper().replace("-", "_")] = setting.value
    return variables


def patience_of(command: PipCommand, host: Host | None) -> float:
    """Return the seconds that this pip, called in this way, waits for one answer. None: a host that is not known."""
    timeouts = _given(command, host, "--timeout", "--default-timeout")
    return next((float(timeout) for timeout in timeouts if timeout.replace(".", "", 1).isdigit()), PIPS_TIMEOUT)


def retries_of(command: PipCommand, host: Host | None) -> int:
    """Return how often this pip, called in this way, repeats a request."""
    return next((int(retries) for retries in _given(command, host, "--retries") if retries.isdigit()), PIPS_RETRIES)


def resumes_of(command: PipCommand, host: Host | None) -> int | None:
    """Return how often this pip, called in this way, asks for the rest of a file that breaks off; None: as often as its
    version does by itself.
    """
    resumes = _given(command, host, "--resume-retries")
    return next((int(number) for number in resumes if number.isdigit()), None)


def _given(command: PipCommand, host: Host | None, *options: str) -> list[str]:
    """Return the values of an option: those of the command, then that of the host's configuration."""
    words = [word for word in command.words for word in word.split("=", 1)]
    configured = times_of(host) if host is not None else {}
    variables = ["PIP_" + option[2:].upper().replace("-", "_") for option in options]
    return [after for word, after in pairwise(words) if word in options] + [
        configured[name] for name in variables if name in configured
    ]


def index_settings(listed: str) -> dict[str, str]:
    """Return the index that `pip config list` names, as variables of pip.

    `install` takes precedence over `global`, and the environment over both, as in pip.
    """
    variables: dict[str, str] = {}
    for section in SECTIONS:
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            option = name.removeprefix(f"{section}.")
            if option != name and option in ("index-url", "extra-index-url", "trusted-host"):
                variables["PIP_" + option.upper().replace("-", "_")] = " ".join(str(ast.literal_eval(value)).split())
    return variables
