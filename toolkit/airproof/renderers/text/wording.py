"""The words that renderers add to a record: headings, outcome words, number forms, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from airproof.check import Level
from airproof.record.outcome import Outcome, Verdict
from airproof.words import Lang, Text, load_texts

SEPARATOR = " · "
"""Between the parts of one line."""
FILE = Path(__file__).with_name("wording.toml")


class Wording:
    """`wording.toml` in one language: `say("next", step=...)`. Raises KeyError for an unknown key or value."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self._texts = load_texts(FILE)

    def __call__(self, key: str, **values: object) -> str:
        return self._texts[key].of(self.lang).format_map(values)

    def text(self, text: Text) -> str:
        """A text of the record, in this language."""
        return text.of(self.lang)

    def count(self, noun: str, n: int, **values: object) -> str:
        """A number with its noun: "1 requirement", "2 requirements"."""
        return self(f"{noun}-one" if n == 1 else f"{noun}-many", n=f"{n:,}", **values)

    def verdict(self, verdict: Verdict) -> str:
        """As the last line shouts it: ACCEPTED."""
        return self(f"verdict-{verdict.value}").upper()

    def outcome(self, outcome: Outcome) -> str:
        return self(f"outcome-{outcome.value.replace(' ', '-')}")

    def level(self, level: Level) -> str:
        return self(f"level-{level.value}")

    def kind(self, kind: str) -> str:
        """A site's kind; one that a later record brings along stands for itself."""
        key = f"kind-{kind}"
        return self(key) if key in self._texts else kind

    def family(self, family: str) -> str:
        """A family's name; empty for a family of the site's own checks, whose id must do."""
        key = f"family-{family}"
        return self(key) if key in self._texts else ""

    def listed(self, names: Iterable[str]) -> str:
        return ("、" if self.lang == "zh-TW" else ", ").join(names)

    def some(self, names: Iterable[str], most: int) -> str:
        """At most `most` names, then how many more there are."""
        names = list(names)
        left = len(names) - most
        return self.listed(names if left <= 0 else [*names[:most], self.count("more", left)])
