"""Texts for operators: English and Traditional Chinese, side by side, in TOML beside the code that speaks them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import string
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

Lang = Literal["en", "zh-TW"]
LANGS: tuple[Lang, ...] = ("en", "zh-TW")

W = TypeVar("W")
PACKAGE = Path(__file__).parent


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence in each language."""

    en: str
    zh_tw: str = msgspec.field(name="zh-TW")

    def of(self, lang: Lang) -> str:
        return self.en if lang == "en" else self.zh_tw

    def fill(self, values: Mapping[str, object]) -> Text:
        """The text with its `{placeholders}` replaced; a missing value raises KeyError, so that no text goes out
        half-filled.
        """
        return Text(self.en.format_map(values), self.zh_tw.format_map(values))

    def placeholders(self) -> tuple[set[str], set[str]]:
        """The placeholder names of the English and of the Chinese text: a test holds them equal."""
        return _names(self.en), _names(self.zh_tw)


class Both(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same set of texts in each language, as a TOML table holds it: `[KEY.en]` and `[KEY.zh-TW]`."""

    en: dict[str, str]
    zh_tw: dict[str, str] = msgspec.field(name="zh-TW")

    def both(self) -> tuple[dict[str, str], dict[str, str]]:
        return self.en, self.zh_tw

    def text(self, field: str) -> Text:
        return Text(self.en[field], self.zh_tw[field])


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@cache
def load_texts(file: Path) -> dict[str, Text]:
    """A TOML file of `[key]` tables, each with `en` and `zh-TW`. Raises msgspec.ValidationError if one is missing."""
    return read_toml(file, dict[str, Text])


def read_toml(file: Path, kind: type[W]) -> W:
    """Read a TOML file. Raises OSError, msgspec.DecodeError or ValueError.

    To read all texts takes a tenth of a short run. So what a file of airproof's own holds is kept as JSON, as Python
    keeps its own modules: in `__pycache__` beside it. It is used only for the very same text.
    """
    raw = file.read_bytes()
    if PACKAGE not in file.parents:
        return msgspec.toml.decode(raw, type=kind)
    kept, head = file.parent / "__pycache__" / f"{file.name}.json", hashlib.sha256(raw).hexdigest().encode() + b"\n"
    with contextlib.suppress(OSError, msgspec.DecodeError):
        known = kept.read_bytes()
        if known.startswith(head):
            return msgspec.json.decode(known[len(head) :], type=kind)
    document = msgspec.toml.decode(raw)
    _keep(kept, head + msgspec.json.encode(document))
    return msgspec.convert(document, kind)


def _keep(path: Path, content: bytes) -> None:
    """Keep it if possible: a folder that cannot be written is no failure."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        if not sys.dont_write_bytecode:
            path.parent.mkdir(exist_ok=True)
            fresh.write_bytes(content)
            fresh.replace(path)
