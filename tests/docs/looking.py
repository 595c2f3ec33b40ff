"""Holds a line that is not run against what it relies on."""

from __future__ import annotations

import ast
import re
import shlex
from itertools import pairwise

import msgspec
from packaging.requirements import Requirement

from airproof.cli import parser
from tests.docs.pages import ROOT, Line, Table

_REASON = re.compile(r"=[^=]+$")


def look(line: Line, table: Table) -> list[str]:
    """Return the problems of a line, as sentences."""
    words = shlex.split(line.line)
    match line.instead:
        case "sessions":
            return [f"no session {word}" for word in words[words.index("-s") + 1 :] if word not in _sessions()]
        case "groups":
            named = [after for word, after in pairwise(words) if word == "--group"]
            return [f"no group {item}" for item in named or ["at all"] if item not in _groups()]
        case "knows-groups":
            pip = Requirement(words[-1])
            return [] if pip.name == "pip" and not pip.specifier.contains("25.0.1") else ["that pip has no --group"]
        case "parsed":
            return [] if words[0] == "airproof" and understood(words[1:]) else [f"{line.line} is not understood"]
        case "workers":
            held = any(text.startswith("pytest-xdist") for text in _groups()["test"])
            return [] if held and "-n" in words else ["-n needs pytest-xdist"]
        case "alike":
            run = [shlex.split(text.line) for text in table.lines if not text.instead]
            return [] if _plain(words) in map(_plain, run) else [f"no line that is run is like {line.line}"]
    return [f"{line.line}: nobody knows how to look at {line.instead!r}"]


def understood(words: list[str]) -> bool:
    """Say whether airproof's command line takes the words."""
    try:
        parser("en").parse_args(words)
    except SystemExit as end:
        return not end.code
    return True


def _plain(words: list[str]) -> list[str]:
    """Without the reason of a waiver."""
    return [_REASON.sub("=", word) for word in words]


def _sessions() -> set[str]:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {named.name for named in tree.body if isinstance(named, ast.FunctionDef) and named.decorator_list}


def _groups() -> dict[str, list[str]]:
    held: dict[str, list[str]] = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())["dependency-groups"]
    return held
