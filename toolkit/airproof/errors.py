"""Errors outside the judgement, as one tree.

    AirproofError
    ├── BadInput       what the user gave cannot be used: exit 2, with a mend
    ├── CannotLook     a probe could not see; the checks that need it are broken
    └── ServerDied     a server that airproof started ended or never answered

An exception carries a key of `errors.toml` and values; only the command line turns it into a sentence of the
reader's language.
"""

from __future__ import annotations

from pathlib import Path

from airproof.words import Text, load_texts

ERRORS = Path(__file__).with_name("errors.toml")


class AirproofError(Exception):
    """Base of all: `key` names the sentence, `values` fill it."""

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(self.text.en)

    @property
    def text(self) -> Text:
        return load_texts(ERRORS)[self.key].fill(self.values)


class BadInput(AirproofError):
    """Something the user gave: names the input, the reason and the mend."""


class CannotLook(AirproofError):
    """A probe could not see what it was asked to see."""


class ServerDied(AirproofError):
    """A server that airproof started ended or never answered."""
