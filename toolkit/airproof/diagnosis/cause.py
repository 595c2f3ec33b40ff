"""A cause of the closed list: what it says and what to do about it, in both languages, and the commands to paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from airproof.diagnosis.remedies.paste import filled
from airproof.words import Text


class Sentences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a cause in one language."""

    says: str
    remedy: str
    """Action to take and its place, in a sentence or two; no command inside."""


class CauseDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As a TOML table holds it: `[cause.ID]` with its commands, `[cause.ID.en]` and `[cause.ID.zh-TW]`."""

    en: Sentences
    zh_tw: Sentences = msgspec.field(name="zh-TW")
    plain: Text | None = None
    """The remedy where the index is not devpi; None: the same, without the commands of devpi."""
    rehearsed: Text | None = None
    """A sentence more for a rehearsal."""
    commands: tuple[str, ...] = ()
    """To run here and now, in order. Words in capitals are for the reader to replace; placeholders stand bare."""
    fetches: str = ""
    """The requirement that `missing.txt` lists, such as `{requirement}`: `airproof carry` fetches it with all that it
    needs.
    """
    outside: tuple[str, ...] = ()
    """To run on the connected machine after `airproof carry`; they put further files into `MEDIUM/wheels`."""
    inside: tuple[str, ...] = ()
    """To run on the closed side, after what was carried in is uploaded. The upload itself follows from `fetches` and
    `outside`.
    """
    again: str = ""
    """An option that the check needs afterwards, such as a certificate that only pip has been told of."""
    changes: Literal["", "adds", "replaces", "removes"] = ""
    """Effect of the remedy on the index: it uploads an absent file, uploads a file in place of another, or takes a file
    out. Not every index admits that: see `uploads`.
    """

    @property
    def says(self) -> Text:
        return Text(self.en.says, self.zh_tw.says)

    @property
    def remedy(self) -> Text:
        return Text(self.en.remedy, self.zh_tw.remedy)

    @property
    def adds(self) -> bool:
        """Say whether what is missing is not in the index at all, and not there wrongly."""
        return self.changes == "adds"

    @property
    def pasted(self) -> tuple[str, ...]:
        """All commands that the definition itself has, wherever they are run."""
        return (*self.commands, *self.outside, *self.inside)

    @property
    def can_be_followed(self) -> bool:
        """Say whether the remedy has anything to paste: commands, or a file that `airproof carry` fetches."""
        return bool(self.pasted or self.fetches)


def fill_each(commands: tuple[str, ...], values: Mapping[str, object]) -> tuple[str, ...]:
    """The commands with their values; one whose values cannot be pasted safely is left out."""
    found = (filled(command, values) for command in commands)
    return tuple(pasted for pasted in found if pasted is not None)
