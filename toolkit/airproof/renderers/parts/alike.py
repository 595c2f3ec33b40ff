"""Hosts that have something in common are shown together: entries that say the same of several subjects are one."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from airproof.printable import gathered
from airproof.record.report import Entry

_DURATION = re.compile(r"\d(?<!\w\d)\d*(?:\.\d+)?(?= (?:s\b|秒))")
"""Begins with the digit itself, so that the places without one are passed over quickly: records have megabytes."""
_NAME = "\x00"
"""Stands for the subject's own name; JSON never holds it."""


def alike(entries: Iterable[Entry]) -> list[Entry]:
    """The entries in their order; those that differ only in their subject and in durations are one, which has all
    subjects in its name and in its texts.
    """
    entries = list(entries)
    if len(entries) < 2:
        return entries
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        commands = tuple(command for finding in entry.findings for command in finding.commands)
        key = (commands, bool(entry.subject), _DURATION.sub("…", _raw(entry)))
        groups.setdefault(key, []).append(entry)
    return [group[0] if len(group) == 1 else _together(group) for group in groups.values()]


def unnamed(text: str, subject: str) -> str:
    """The text with a mark in the places of the subject's name, with or without its tag: those of several can be
    compared.
    """
    name, _, tag = subject.partition("--")
    if not name:
        return text
    literal, tagged = re.escape(name), f"(?:--{re.escape(tag)})?" if tag else ""
    return re.sub(rf"{literal}(?<![\w.-]{literal}){tagged}(?![\w-]|\.\w)", _NAME, text)


def named(text: str, names: str) -> str:
    """The text with these names in the places of the mark."""
    return text.replace(_NAME, names)


def _together(entries: list[Entry]) -> Entry:
    names = gathered(entry.subject for entry in entries)
    raws = {_raw(entry) for entry in entries}
    raw = _raw(entries[0]) if len(raws) == 1 else _DURATION.sub("…", _raw(entries[0]))
    told = msgspec.json.decode(named(raw, _escaped(names)), type=Entry)
    return msgspec.structs.replace(told, subject=names, seconds=max(entry.seconds for entry in entries))


def _raw(entry: Entry) -> str:
    raw = msgspec.json.encode(msgspec.structs.replace(entry, subject="", seconds=0.0)).decode()
    return unnamed(raw, _escaped(entry.subject))


def _escaped(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]
