"""`airproof drill`: every known fault is planted on real devpi servers, and shown to be caught; nothing else is."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TextIO

from airproof.ask.site_of import at_once
from airproof.commands.run import interruptible
from airproof.printable import one_line, pad, width
from airproof.words import Lang, Text, load_texts

WORDS = Path(__file__).with_name("drill.toml")
DRILL = "pytest_airproof.drill.run"
"""Fixtures build sites: this side only names them."""
NAME_COLUMNS = 34
CAUSE_COLUMNS = 46
MISSED, NOT_RUN = 1, 3
"""Exit codes."""


class DrilledScenario(Protocol):
    """One scenario after its run, as the drill hands it over."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> Text: ...
    @property
    def is_healthy(self) -> bool: ...
    @property
    def expected(self) -> str: ...
    @property
    def observed(self) -> str: ...
    @property
    def missed(self) -> tuple[str, ...]: ...
    @property
    def false_alarms(self) -> tuple[str, ...]: ...
    @property
    def trouble(self) -> str: ...
    @property
    def left_out(self) -> str: ...
    @property
    def seconds(self) -> float: ...


class Tally(NamedTuple):
    """Totals of a drill."""

    faults: int
    caught: int
    healthy: int
    accepted: int
    false_alarms: int
    not_run: int
    left_out: int
    """Not run on purpose; in none of the others."""

    @property
    def exit_code(self) -> int:
        """0 only if every scenario was run, every fault caught for its own cause, and nothing else was said."""
        ran = self.faults + self.healthy - self.not_run
        if self.false_alarms or self.caught + self.accepted < ran:
            return MISSED
        return NOT_RUN if self.not_run or not ran else 0


def run(options: argparse.Namespace) -> int:
    """Returns 0 where every fault was caught and nothing else, 1 where not, 3 where something could not be run."""
    interruptible()
    module: Any = importlib.import_module(DRILL)
    drill = module.Drill(only=tuple(options.only), python=options.python, jobs=at_once(options.jobs))
    return show(drill.results(), options.lang, sys.stdout)


def show(results: Iterable[DrilledScenario], lang: Lang, out: TextIO) -> int:
    """Writes the table as the results come, then what they amount to; returns the exit code."""
    started = time.monotonic()
    say = _Words(lang)
    out.write(_row(say("scenario"), say("expected"), say("seen"), say("seconds")))
    done = []
    for result in results:
        out.write(row(result, lang))
        out.flush()
        done.append(result)
    total = tally(done)
    spent = time.monotonic() - started
    out.write("\n" + say("healthy", accepted=total.accepted, healthy=total.healthy) + "\n")
    out.write(say("pace", scenarios=len(done), seconds=f"{spent:.1f}", each=f"{spent / max(1, len(done)):.1f}") + "\n")
    out.write(last_line(total, lang) + "\n")
    out.flush()
    return total.exit_code


def tally(results: Iterable[DrilledScenario]) -> Tally:
    every = list(results)
    done = [scenario for scenario in every if not scenario.left_out]
    faults = [result for result in done if not result.is_healthy]
    healthy = [result for result in done if result.is_healthy]
    return Tally(
        faults=len(faults),
        caught=sum(not fault.missed and not fault.trouble for fault in faults),
        healthy=len(healthy),
        accepted=sum(not (result.missed or result.false_alarms or result.trouble) for result in healthy),
        false_alarms=sum(len(result.false_alarms) for result in done),
        not_run=sum(bool(result.trouble) for result in done),
        left_out=len(every) - len(done),
    )


def last_line(total: Tally, lang: Lang) -> str:
    """Such as `60 of 60 faults caught, 0 false alarms`; what was not run is added where there is any."""
    say = _Words(lang)
    line = say("last", caught=total.caught, faults=total.faults, alarms=total.false_alarms)
    line += say("not-run", not_run=total.not_run) if total.not_run else ""
    return line + (say("left-out", left_out=total.left_out) if total.left_out else "")


def row(one: DrilledScenario, lang: Lang) -> str:
    """One line where all is as expected; else what differs stands below, under the scenario's title."""
    say = _Words(lang)
    good = not (one.missed or one.false_alarms or one.trouble or one.left_out)
    unseen = one.trouble or one.left_out
    seen = say("as-expected") if good else say("could-not-run") if unseen else one.observed
    text = _row(one.name, one.expected or say("nothing"), seen or say("nothing"), f"{one.seconds:.1f}")
    if good:
        return text
    below = [one.title.of(lang)]
    below += [say("missed", what=what) for what in one.missed]
    below += [say("false-alarm", what=what) for what in one.false_alarms]
    below += [say("trouble", what=one.trouble)] if one.trouble else []
    below += [say("why-left-out", what=one.left_out)] if one.left_out else []
    return text + "".join(f"    {one_line(line)}\n" for line in below)


def _row(name: str, expected: str, seen: str, seconds: str) -> str:
    shown = [pad(one_line(name), NAME_COLUMNS), pad(one_line(expected), CAUSE_COLUMNS), pad(one_line(seen), 12)]
    return "  ".join([*shown, " " * max(0, 7 - width(seconds)) + seconds]) + "\n"


class _Words:
    def __init__(self, lang: Lang) -> None:
        self._lang: Lang = lang

    def __call__(self, key: str, **values: object) -> str:
        return load_texts(WORDS)[key].fill(values).of(self._lang)
