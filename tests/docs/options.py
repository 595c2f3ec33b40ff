"""Writes docs/options.md in both languages, and the presets into docs/trip.md: `python -m tests.docs.options`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from airproof.ask.options import COMMANDS, OPTIONS, WORDS, Option
from airproof.probes.interpreters.targets import names
from airproof.words import LANGS, Lang, load_texts
from tests.docs.pages import ROOT

PAGES: Mapping[Lang, str] = {"en": "options.md", "zh-TW": "options.zh-TW.md"}
TRIPS = ("trip.md", "trip.zh-TW.md")
BEGIN, END = "<!-- presets: begin -->\n", "<!-- presets: end -->\n"
AROUND = Path(__file__).with_name("options.toml")
EXAMPLE = """
```toml
[index]
url = "http://192.0.2.10:3141/root/local/"

[packages]
requirements = ["psutil", "paramiko"]
files = ["flow-packages.txt"]

[omflow]
source = "C:/OMFLOW Server/db.omflow"

[[host]]
python = "C:/OMFLOW Server/Python/python.exe"

[[host]]
name = "Collector 2"
facts = "collector-2.json"
collector = true

[waive]
SRV03 = "lab network only"
```
"""


def page(lang: Lang) -> str:
    """One row for each option: its names, the commands that take it, its key and its meaning."""
    rows = "".join(_row(option, lang) for option in OPTIONS if not option.positional)
    around = load_texts(AROUND)
    return f"{around['head'].of(lang)}{rows}{around['tail'].of(lang)}{EXAMPLE}"


def with_presets(text: str) -> str:
    """The page with its list of presets written anew."""
    head, rest = text.split(BEGIN)
    rows = "".join(f"| `{name}` | `{preset.target}` | {preset.source} |\n" for name, preset in names().preset.items())
    return f"{head}{BEGIN}{rows}{END}{rest.split(END)[1]}"


def _row(option: Option, lang: Lang) -> str:
    spelled = ", ".join(f"`{name}`" for name in option.names)
    value = (option.value or "/".join(option.choices)).replace("|", "/")
    commands = {"en": "all", "zh-TW": "全部"}[lang] if option.commands == COMMANDS else ", ".join(option.commands)
    key = f"`{option.key}`" if option.key else ""
    meaning = load_texts(WORDS)[option.text]
    return f"| {f'{spelled} {value}'.strip()} | {commands} | {key} | {meaning.of(lang)} |\n"


if __name__ == "__main__":
    for lang in LANGS:
        (ROOT / "docs" / PAGES[lang]).write_text(page(lang), encoding="utf-8", newline="\n")
    for name in TRIPS:
        path = ROOT / "docs" / name
        path.write_text(with_presets(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
