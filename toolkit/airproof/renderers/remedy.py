"""A remedy taken apart: sentences for people, and commands to paste."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from airproof.renderers.printable import lines

_PROGRAM = "|".join(
    (
        r"airproof (?:check|rehearse|carry|drill|probe|report|explain)",
        r"devpi (?:use|login|logoff|user|passwd|index|upload|push|list|remove)",
        r"devpi-(?:server|init|export|import|passwd) -",
        r"pip3? (?:install|download|wheel|config|index|check|cache|list|show|uninstall) ",
        r"(?:python[\d.]*|py) -",
        r"(?:curl|ping|nslookup|netsh|firewall-cmd|systemctl|sudo|setx?|export) [^ ]",
    )
)
_COMMAND = rf"(?:\S*[/\\])?(?:{_PROGRAM})(?!.*[:：] )(?!.*\w[)）]?[.。]$).*"
"""A known program and a known word after it, up to the end, and no full stop: a sentence about pip is no command."""
_AFTER_COLON = re.compile(rf"^(?P<prose>.*?[:：])\s*(?P<command>{_COMMAND})$")
_WHOLE = re.compile(rf"^{_COMMAND}$")
_INDENTED = re.compile(r"^(?: {2,}|\$ )(?P<command>\S.*)$")
_GAP = re.compile(r"(?<=\S) {3,}(?=\S)")
"""Three blanks stand for a new line, where a remedy is written on one."""
_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Part:
    """One printable line of a remedy."""

    text: str
    is_command: bool


def parts_of(remedy: str) -> Iterator[Part]:
    """Commands are lines that are indented or begin with `$ `, and known programs that are a line or follow a colon."""
    for line in lines(remedy.strip("\n")):
        indented = _INDENTED.match(line)
        if indented:
            yield Part(indented["command"], True)
            continue
        for piece in _GAP.split(line.strip()):
            after = _AFTER_COLON.match(piece)
            if _WHOLE.match(piece):
                yield Part(piece, True)
            elif after:
                yield Part(after["prose"], False)
                yield Part(after["command"], True)
            elif piece:
                yield Part(piece, False)


def script_of(steps: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """One script of many remedies: `(heading, remedies)` in order; what is no command becomes a comment."""
    for number, (heading, remedies) in enumerate(steps, 1):
        yield f"# {number}. {' '.join(lines(heading))}"
        for remedy in remedies:
            for part in parts_of(remedy):
                if part.is_command:
                    yield part.text
                else:
                    yield f"#    {part.text}"
                    yield from (quoted for quoted in _QUOTED.findall(part.text) if _WHOLE.match(quoted))
