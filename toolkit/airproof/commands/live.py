"""What a person sees while a run goes on: one line that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType

import airproof.engine
from airproof.record.fold import Event, Progress, Result, Start
from airproof.record.outcome import Outcome
from airproof.renderers.printable import clip, one_line
from airproof.words import Lang, load_texts

STEPS = Path(airproof.engine.__file__).with_name("steps.toml")
WIDTH = 100


class Follower:
    """Follows the events of a run, on standard error; a context manager that leaves no half line behind."""

    def __init__(self, lang: Lang, *, quiet: bool) -> None:
        self.lang, self.quiet = lang, quiet
        self.changing = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.checks = 0
        self.done: set[str] = set()
        self.failed = 0
        self.at = ""

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.changing and not self.quiet:
            with contextlib.suppress(OSError):
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def event(self, event: Event) -> None:
        """Shows where the run is; where nobody can read it any more, the run goes on without."""
        if not self.quiet:
            try:
                self._show(event)
            except OSError:
                self.quiet = True

    def _show(self, event: Event) -> None:
        match event:
            case Start(catalog=catalog):
                self.checks = len(catalog)
            case Progress(name=name, values=values):
                self.at = load_texts(STEPS)[name].fill(values).of(self.lang)
                if not self.changing:
                    sys.stderr.write(f"  {self.at}\n")
            case Result(id=id, outcome=outcome):
                self.done.add(id)
                self.failed += outcome is Outcome.FAILED
                self.at = id
            case _:
                return
        if self.changing:
            count = f"{len(self.done)}/{self.checks}" if self.checks else "..."
            failed = f"  {self.failed} !" if self.failed else ""
            line = clip(one_line(f"{count}{failed}  {self.at}", WIDTH), WIDTH - 1)
            sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()
