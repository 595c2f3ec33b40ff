"""The state of a run that goes on, as lines: a row for each family that has begun, and the step that runs now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import airproof.engine
from airproof.printable import one_line, pad
from airproof.record.fold import Event, Progress, Result, RunStart
from airproof.record.outcome import WORST_FIRST, Outcome
from airproof.renderers.terminal import COLOURS
from airproof.renderers.text.wording import SEPARATOR, Wording
from airproof.words import Lang, load_texts

STEPS = Path(airproof.engine.__file__).with_name("steps.toml")
MOST = 300
"""Characters of the text of one step."""


class Board:
    """Takes events and gives lines."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.say = Wording(lang)
        self.at = ""
        """The step that runs now."""
        self._families: dict[str, str] = {}
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    def take(self, event: Event) -> None:
        match event:
            case RunStart(catalog=catalog):
                self._families = {check.id: check.family for check in catalog}
            case Progress(name=name, values=values):
                self.at = one_line(load_texts(STEPS)[name].fill(values).of(self.lang), MOST)
            case Result(id=id, subject=subject, outcome=outcome):
                before = self._outcomes.get((id, subject), outcome)
                self._outcomes[id, subject] = min(before, outcome, key=WORST_FIRST.index)

    def now(self, seconds: float) -> str:
        """Such as `0:35  12/68 · pip resolves and installs under cp311-linux`."""
        done = len({id for id, _ in self._outcomes})
        counted = f"{done}/{len(self._families)}" if self._families else ""
        minutes, left = divmod(int(seconds), 60)
        return f"{minutes}:{left:02}  {SEPARATOR.join(part for part in (counted, self.at) if part)}"

    def families(self) -> Iterator[list[tuple[str, str]]]:
        """Yield the row of each family that has begun, in the catalogue's order: pieces of text with their colours."""
        order = dict.fromkeys(self._families.values())
        found: dict[str, Counter[Outcome]] = {}
        for (id, _), outcome in self._outcomes.items():
            found.setdefault(self._families.get(id, ""), Counter())[outcome] += 1
        for family in order:
            if family in found:
                head = f"  {pad(one_line(family, 8), 5)} {pad(self.say.family(family), 19)} "
                yield [(head, ""), *self._counts(found[family])]

    def _counts(self, counts: Counter[Outcome]) -> Iterator[tuple[str, str]]:
        comma = self.say.listed(["", ""])
        shown = [outcome for outcome in (Outcome.PASSED, *WORST_FIRST) if counts[outcome]]
        for number, outcome in enumerate(dict.fromkeys(shown)):
            if number:
                yield comma, ""
            yield f"{counts[outcome]} {self.say.outcome(outcome)}", COLOURS[outcome]
