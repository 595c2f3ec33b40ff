"""Writes the rows of README.md's table of options: `python -m tests.docs.options`."""

from __future__ import annotations

from airproof.ask.options import COMMANDS, OPTIONS, WORDS, Option
from airproof.words import load_texts
from tests.docs.pages import ROOT

README = ROOT / "README.md"


def rows() -> str:
    """One row for each option: its names, the commands that take it, its key in airproof.toml and its meaning."""
    return "".join(_row(option) for option in OPTIONS if not option.positional)


def is_row(line: str) -> bool:
    return line.startswith("| `-")


def _row(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.names)
    value = (option.value or "/".join(option.choices)).replace("|", "/")
    commands = "all" if option.commands == COMMANDS else ", ".join(option.commands)
    key = f"`{option.key}`" if option.key else ""
    return f"| {f'{names} {value}'.strip()} | {commands} | {key} | {load_texts(WORDS)[option.text].en} |\n"


def written(text: str) -> str:
    """The page with its rows written anew."""
    lines = text.splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if is_row(line))
    return "".join([*lines[:first], rows(), *(line for line in lines[first:] if not is_row(line))])


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
