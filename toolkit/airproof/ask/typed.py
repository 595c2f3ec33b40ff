"""The words of a command line before they are parsed, and the environment variables that stand in for options."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence

from airproof.ask.options import COMMANDS, Option, options_of
from airproof.errors import BadInput

TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE = frozenset({"", "0", "false", "f", "no", "n", "off"})
"""Values of a switch, as pip reads them in its own variables."""
OWN = ("-h", "--help")
"""Options of each command that argparse itself adds."""
TOP = (*OWN, "-V", "--version", "--lang", "--print-completion")


def refuse_unknown(words: Sequence[str]) -> None:
    """Raises BadInput for a command or an option that there is not, with the one that was probably meant."""
    at = _place_of_command(words)
    if at is None:
        return
    command = words[at]
    if command not in COMMANDS:
        if "://" in command:
            raise BadInput("command-is-url", url=command)
        near = difflib.get_close_matches(command.lower(), COMMANDS, n=1)
        if near:
            raise BadInput("command-near", given=command, near=near[0])
        raise BadInput("command-unknown", given=command, known=", ".join(COMMANDS))
    known = {name: option for option in options_of(command) for name in option.names if name.startswith("-")}
    for name in _option_names(words[at + 1 :], known):
        others = [other for other in COMMANDS for option in options_of(other) if name in option.names]
        if others:
            raise BadInput("option-elsewhere", given=name, others=", ".join(others), command=command)
        near = difflib.get_close_matches(name, (*known, *OWN), n=1)
        if near:
            raise BadInput("option-near", given=name, near=near[0], command=command)
        raise BadInput("option-unknown", given=name, command=command)


def _place_of_command(words: Sequence[str]) -> int | None:
    """Return the position of the command; None if there is none, or if argparse has to judge the words before it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        if words[at] != "--lang" and words[at].partition("=")[0] != "--lang":
            return None
        at += 2 if words[at] == "--lang" else 1
    return at if at < len(words) else None


def _option_names(words: Sequence[str], known: Mapping[str, Option]) -> Iterator[str]:
    """Yield the names of options that are not known. A value is none of them, whatever it begins with."""
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return
        if not word.startswith("-") or word == "-" or word in OWN:
            continue
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        if name not in known:
            yield word.partition("=")[0]
        elif not known[name].is_switch and word == name and waiting:
            waiting.pop(0)


def take_variables(options: argparse.Namespace, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Fill in what nobody typed from the variables `AIRPROOF_…`, and return the names of those that change what is
    asked. Raises BadInput for a value that cannot be used.
    """
    used = []
    for option in options_of(options.command):
        name = option.field or option.name.replace("-", "_")
        if option.variable not in environ or name == "lang":
            continue
        typed = getattr(options, name, None)
        if typed is None or typed is False or typed in ([], option.default):  # 0 is a value that was typed
            value = _value(option, environ[option.variable])
            if value is not None:
                setattr(options, name, value)
                used += [option.variable] if option.field not in ("", "report_dir") else []
    return tuple(used)


def _value(option: Option, text: str) -> object:
    """The value as argparse would have it; None: the variable says that the option is not given."""
    if option.is_switch:
        if text.strip().lower() not in TRUE | FALSE:
            raise BadInput("variable-switch", variable=option.variable, given=text)
        return option.sets if text.strip().lower() in TRUE else None
    if not text.strip():
        return None
    if option.many:
        lines = text.splitlines()
        return lines if len(lines) > 1 or option.name == "waive" else text.split()
    if option.choices and text not in option.choices:
        raise BadInput("variable-choice", variable=option.variable, given=text, known=", ".join(option.choices))
    try:
        return option.kind(text)
    except ValueError as error:
        raise BadInput("variable-number", variable=option.variable, given=text) from error
