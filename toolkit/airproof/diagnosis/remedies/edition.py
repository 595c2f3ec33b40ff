"""A remedy that names the place of the index's URL, for OMFlow's open edition: that has no setting for it, and pip's
own configuration decides.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from airproof.diagnosis.cause import CauseDefinition, Sentences
from airproof.words import load_texts

WORDS = load_texts(Path(__file__).with_name("edition.toml"))
PLACES = ("setting-with-menu", "setting")
"""Keys of the names of the commercial edition's setting, the longest first."""


def in_open_edition(cause: CauseDefinition) -> CauseDefinition:
    """The cause with a remedy that OMFlow's open edition can follow."""
    english, chinese = cause.en.remedy, cause.zh_tw.remedy
    for key in PLACES:
        name, place = WORDS[key], WORDS["pip-configuration"]
        english, chinese = english.replace(name.en, place.en), chinese.replace(name.zh_tw, place.zh_tw)
    return msgspec.structs.replace(
        cause, en=Sentences(cause.en.says, english), zh_tw=Sentences(cause.zh_tw.says, chinese)
    )
